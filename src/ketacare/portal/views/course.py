"""What a course's patient is asked when, how they are reached, and what went wrong on the way."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ketacare.clinic.header import header_of
from ketacare.clinic.models import Course
from ketacare.clinic.permissions import fetch, may
from ketacare.clinic.web import Request, needs, shows, shows_refusals
from ketacare.portal import actions, asking
from ketacare.portal.course_page import course_page
from ketacare.portal.forms import WishesForm
from ketacare.science.checkins import plan as plans

VIEW, ARRANGE = "checkin.view", "checkin.arrange"


def open_course(request: Request, permission: str, course_id: int) -> Course:
    """The course of a page, for one who may."""
    rows = Course.objects.select_related("patient__contact_wishes", "site")
    found = fetch(request.actor, permission, rows, pk=course_id)
    shows(request, found.patient_id)
    return found


@needs(VIEW)
@require_GET
def course(request: Request, course_id: int) -> HttpResponse:
    """What is asked when, what was sent and answered, and why nothing is sent."""
    row, now = open_course(request, VIEW, course_id), timezone.now()
    context = {
        "course": row,
        "header": header_of(row.patient, course=row, at=now),
        "check_ins": course_page(row, at=now),
        "plan": plans.load(),
        "may": {"arrange": may(request.actor, ARRANGE, row), "record": may(request.actor, "outcome.record", row)},
    }
    return render(request, "portal/course.html", context)


@needs(ARRANGE)
@require_http_methods(["GET", "POST"])
@shows_refusals
def wishes(request: Request, course_id: int) -> HttpResponse:
    """How and when the patient wants to be written to."""
    row, now = open_course(request, ARRANGE, course_id), timezone.now()
    form = WishesForm(request.POST or None, initial=filled_in(row))
    if form.is_valid():
        actions.keep_wishes(course_id=course_id, wishes=form.value(), by=request.actor, at=now)
        return redirect("portal:course", course_id)
    context = {"course": row, "header": header_of(row.patient, course=row, at=now), "form": form}
    return render(
        request, "portal/wishes.html", context, status=HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else None
    )


def filled_in(row: Course) -> dict[str, object]:
    """What the form starts from: what was kept, or the patient's record and the plan's hours."""
    kept, times = asking.kept_wishes(row), asking.wishes_of(row)
    given = {"hour": times.hour, "quiet_from_h": times.quiet_from_h, "quiet_until_h": times.quiet_until_h}
    given |= {"time_zone": times.time_zone, "email": row.patient.email, "phone": row.patient.phone}
    given |= {"language": row.patient.language}
    if kept is None:
        return given
    return given | {
        "channel": kept.channel,
        "email": kept.email,
        "phone": kept.phone,
        "is_opted_out": kept.opted_out_at is not None,
    }


@needs(ARRANGE)
@require_POST
@shows_refusals
def send(request: Request, pk: int) -> HttpResponse:
    """A new link for a check-in."""
    made = actions.send_again(check_in_id=pk, by=request.actor, at=timezone.now())
    messages.success(request, "A new link is sent in the next minute.")
    return redirect("portal:course", made.check_in.course_id)


@needs(ARRANGE)
@require_POST
@shows_refusals
def seen(request: Request, pk: int) -> HttpResponse:
    """Somebody has seen what went wrong."""
    trouble = actions.mark_seen(trouble_id=pk, by=request.actor, at=timezone.now())
    return redirect("portal:course", trouble.check_in.course_id)
