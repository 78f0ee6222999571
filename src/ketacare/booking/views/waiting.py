"""Who waits for a place, or for an earlier one."""

from datetime import timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ketacare.booking import actions, queries
from ketacare.booking.forms import ReasonForm, WaitForm
from ketacare.booking.models import Waiting
from ketacare.booking.views.common import BOOK, VIEW, course_page, open_course, today
from ketacare.clinic.errors import ActionRefused
from ketacare.clinic.permissions import fetch, holds_somewhere, sites_where
from ketacare.clinic.web import Request, needs, shows, shows_refusals

USUAL = timedelta(weeks=2)


@needs(VIEW)
@require_GET
def waiting(request: Request) -> HttpResponse:
    """Who waits, the longest first."""
    rows = list(queries.waiting_at(sites_where(request.actor, VIEW)))
    shows(request, *(row.patient_id for row in rows))
    return render(request, "booking/waiting.html", {"rows": rows, "may_book": holds_somewhere(request.actor, BOOK)})


@needs(BOOK)
@require_http_methods(["GET", "POST"])
@shows_refusals
def wait(request: Request, course_id: int) -> HttpResponse:
    """Put a course on the waiting list."""
    course = open_course(request, course_id)
    first = today(course.site)
    form = WaitForm(request.POST or None, initial={"earliest_on": first, "latest_on": first + USUAL, "part": "any"})
    if form.is_valid():
        actions.put_on_waiting_list(course_id=course.pk, **form.cleaned_data, by=request.actor, at=timezone.now())
        messages.success(request, "They are on the waiting list.")
        return redirect("booking:waiting")
    return course_page(request, course, "wait", form=form)


@needs(BOOK)
@require_POST
@shows_refusals
def end(request: Request, pk: int) -> HttpResponse:
    """They wait no more."""
    row, form = fetch(request.actor, BOOK, Waiting.objects.all(), pk=pk), ReasonForm(request.POST)
    if not form.is_valid():
        raise ActionRefused("no-reason", ["Say why."])
    actions.end_waiting(waiting_id=row.pk, **form.cleaned_data, by=request.actor, at=timezone.now())
    return redirect("booking:waiting")
