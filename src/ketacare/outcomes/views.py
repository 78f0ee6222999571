"""Question lists, their results, and the alerts that wait."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ketacare.clinic.errors import NotAllowed
from ketacare.clinic.header import header_of
from ketacare.clinic.models import Course
from ketacare.clinic.permissions import fetch, may
from ketacare.clinic.web import Request, needs, shows, shows_refusals
from ketacare.outcomes import actions, queries
from ketacare.outcomes.forms import AnswersForm, CloseForm
from ketacare.science.scales import library


def open_course(request: Request, permission: str, course_id: int) -> Course:
    """The course of a page about its patient, for one who may."""
    course = fetch(request.actor, permission, Course.objects.select_related("patient", "site"), pk=course_id)
    shows(request, course.patient_id)
    return course


@needs("outcome.view")
@require_GET
def course(request: Request, course_id: int) -> HttpResponse:
    """What the patient answered so far, how it changed, and the alerts that wait."""
    row = open_course(request, "outcome.view", course_id)
    scales = queries.history(row)
    context = {
        "course": row,
        "header": header_of(row.patient, course=row, at=timezone.now()),
        "scales": scales,
        "others": queries.others(scales),
        "alerts": queries.alerts_of(row),
        "close_form": CloseForm(),
        "may": {act: may(request.actor, permission, row) for act, permission in queries.ACTS.items()},
    }
    return render(request, "outcomes/course.html", context)


@needs("outcome.record")
@require_http_methods(["GET", "POST"])
@shows_refusals
def answers_new(request: Request, course_id: int, instrument_id: str) -> HttpResponse:
    """Fill in a question list."""
    row, now = open_course(request, "outcome.record", course_id), timezone.now()
    if instrument_id not in library.shipped():
        raise NotAllowed("outcome.record", f"scale:{instrument_id}")
    instrument = library.load(instrument_id)
    form = AnswersForm(request.POST or None, instrument=instrument, now=now, zone=row.site.time_zone)
    if form.is_valid():
        made = actions.record_answers(course_id=course_id, **form.value(), by=request.actor, at=now)
        return redirect("outcomes:answers", course_id, made.pk)
    header = header_of(row.patient, course=row, at=now)
    context = {"course": row, "header": header, "instrument": instrument, "form": form}
    return render(request, "outcomes/answers_new.html", context, status=422 if form.is_bound else None)


@needs("outcome.view")
@require_GET
def answers(request: Request, course_id: int, pk: int) -> HttpResponse:
    """One sitting: score, band, what it means, each answer."""
    row = open_course(request, "outcome.view", course_id)
    found = fetch(request.actor, "outcome.view", queries.answer_sets().filter(course=row), pk=pk)
    context = {
        "course": row,
        "header": header_of(row.patient, course=row, at=timezone.now()),
        "result": queries.result(found),
        "alerts": queries.alerts_of(row, answer_set=found),
        "closed": queries.closed_alerts(found),
        "close_form": CloseForm(),
        "may": {act: may(request.actor, permission, row) for act, permission in queries.ACTS.items()},
    }
    return render(request, "outcomes/answers.html", context)


@needs("alert.own")
@require_GET
def alerts(request: Request) -> HttpResponse:
    """Who must be looked at, most urgent first."""
    rows = queries.waiting_alerts(request.actor)
    shows(request, *(row.alert.course.patient_id for row in rows))
    return render(request, "outcomes/alerts.html", {"alerts": rows, "close_form": CloseForm(), "may": {"own": True}})


@needs("alert.own")
@require_POST
@shows_refusals
def alert_take(request: Request, pk: int) -> HttpResponse:
    """Take an alert."""
    alert = actions.take_alert(alert_id=pk, by=request.actor, at=timezone.now())
    messages.success(request, "You have taken the alert.")
    return redirect("outcomes:course", alert.course_id)


@needs("alert.own")
@require_POST
@shows_refusals
def alert_close(request: Request, pk: int) -> HttpResponse:
    """Close an alert with what was done."""
    form = CloseForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    alert = actions.close_alert(alert_id=pk, reason=reason, by=request.actor, at=timezone.now())
    messages.success(request, "The alert is closed.")
    return redirect("outcomes:course", alert.course_id)
