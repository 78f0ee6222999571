"""Who looked at a patient, and what stands in the way of treating them."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from ketacare.clinic import actions, queries, trail
from ketacare.clinic.forms import HoldForm, LiftForm
from ketacare.clinic.header import header_of
from ketacare.clinic.models import Course, Hold, Patient
from ketacare.clinic.permissions import fetch, may
from ketacare.clinic.web import Request, needs, shows, shows_refusals

EVENTS_A_PAGE = 60


@needs("access.view")
@require_safe
def patient_access(request: Request, pk: int) -> HttpResponse:
    """Everybody who saw or changed this record, newest first, and every hold there was."""
    patient = fetch(request.actor, "access.view", Patient.objects.all(), pk=pk)
    shows(request, patient)
    machines = "machines" in request.GET
    page = Paginator(queries.who_looked(patient, machines=machines), EVENTS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "header": header_of(patient, at=timezone.now()),
        "page": page,
        "machines": machines,
        "lines": trail.lines(page.object_list),
        "holds": queries.holds_of(patient),
        "grants": queries.grants_of(patient),
    }
    return render(request, "clinic/patient_access.html", context)


@needs("patient.view")
@shows_refusals
@require_http_methods(["GET", "HEAD", "POST"])
def course_holds(request: Request, pk: int) -> HttpResponse:
    """The holds of a course; the form places one more."""
    course = fetch(request.actor, "patient.view", Course.objects.select_related("patient"), pk=pk)
    form = HoldForm(request.POST or None)
    if form.is_valid():
        actions.place_hold(course=course, **form.cleaned_data, by=request.actor, at=timezone.now())
        return redirect("clinic:course-holds", pk=pk)
    shows(request, course.patient_id)
    context = {
        "header": header_of(course.patient, course=course, at=timezone.now()),
        "course": course,
        "holds": queries.holds_of(course.patient).filter(course=course),
        "form": form if may(request.actor, "hold.place", course) else None,
        "may_lift": may(request.actor, "hold.lift", course),
    }
    return render(request, "clinic/course_holds.html", context)


@needs("hold.lift")
@shows_refusals
@require_http_methods(["GET", "HEAD", "POST"])
def hold_lift(request: Request, pk: int) -> HttpResponse:
    """Lift a hold, with the reason."""
    hold = fetch(request.actor, "hold.lift", Hold.objects.select_related("course__patient"), pk=pk)
    form = LiftForm(request.POST or None)
    if form.is_valid():
        actions.lift_hold(hold_id=pk, **form.cleaned_data, by=request.actor, at=timezone.now())
        return redirect("clinic:course-holds", pk=hold.course_id)
    shows(request, hold.course.patient_id)
    header = header_of(hold.course.patient, course=hold.course, at=timezone.now())
    return render(request, "clinic/hold_lift.html", {"header": header, "hold": hold, "form": form})
