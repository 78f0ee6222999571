"""A session that a forecast led to: asked for by the prescriber, booked by whoever finds the hour."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from ketacare.clinic.errors import ActionRefused
from ketacare.clinic.models import Course
from ketacare.clinic.permissions import fetch, may
from ketacare.clinic.web import Request, needs, shows, shows_refusals
from ketacare.followup import actions, forecasting
from ketacare.followup.forms import BookForm, ForecastForm, WantForm
from ketacare.followup.views import open_course, page
from ketacare.followup.wanted import Wanted, beyond_plan, next_number, wanted_sessions, what_it_rests_on
from ketacare.science.errors import ScienceError

WANT, BOOK = "plan.draft", "infusion.plan"
MORNING = time(9)  # where the form starts from; whoever books says the hour


@needs(WANT)
@require_POST
@shows_refusals
def want(request: Request, course_id: int) -> HttpResponse:
    """Ask the front desk for the session that was thought of."""
    found, now = open_course(request, WANT, course_id), timezone.now()
    wanted = asked_for(found, request, at=now)
    actions.want_session(course_id=course_id, wanted=wanted, by=request.actor, at=now)
    messages.success(request, "The front desk sees it under Today.")
    return redirect("followup:forecast", course_id)


def asked_for(course: Course, request: Request, *, at: datetime) -> Wanted:
    """What was asked, with the forecast as it stands now; or a refusal that says what is missing."""
    scales, planned = forecasting.scales_of(course), forecasting.planned_of(course, at=at)
    asked, why = ForecastForm(request.POST, scales=scales, planned=planned, now=at), WantForm(request.POST)
    if not (scales and asked.is_valid() and why.is_valid() and asked.cleaned_data["extra"]):
        raise ActionRefused("not-asked", ["Say for which day, and why."])
    thought = asked.value()["thought"]
    try:
        told = forecasting.forecast(course, **asked.value(), at=at)
    except ScienceError as error:
        raise ActionRefused("no-forecast", [problem.says for problem in error.problems]) from error
    return Wanted(
        on=thought.extra,
        instead_of=thought.without,
        reason=why.cleaned_data["reason"],
        forecast=what_it_rests_on(told, thought.extra),
    )


@needs(BOOK)
@require_http_methods(["GET", "POST"])
@shows_refusals
def book(request: Request, pk: int) -> HttpResponse:
    """Find the hour of a wanted session."""
    row, now = fetch(request.actor, BOOK, wanted_sessions(), pk=pk), timezone.now()
    shows(request, row.course.patient_id)
    start = datetime.combine(row.wanted_on, MORNING, ZoneInfo(row.course.site.time_zone))
    with timezone.override(row.course.site.time_zone):
        form = BookForm(request.POST or None, initial={"planned_at": start})
        if form.is_valid():
            actions.book_wanted(wanted_id=pk, **form.cleaned_data, by=request.actor, at=now)
            messages.success(request, "The session is on the list.")
            return redirect("followup:wanted", pk)
        number = row.instead_of.number if row.instead_of else next_number(row.course)
        beyond, may_want = beyond_plan(row.course, number), may(request.actor, WANT, row)
        return page(request, row.course, "wanted", form=form, row=row, number=number, beyond=beyond, may_want=may_want)


@needs(WANT)
@require_POST
@shows_refusals
def take_back(request: Request, pk: int) -> HttpResponse:
    """Say that a session is not wanted any more."""
    row, form = fetch(request.actor, WANT, wanted_sessions(), pk=pk), WantForm(request.POST)
    shows(request, row.course.patient_id)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    actions.take_back_wanted(wanted_id=pk, reason=reason, by=request.actor, at=timezone.now())
    messages.success(request, "It is not wanted any more.")
    return redirect("followup:forecast", row.course_id)
