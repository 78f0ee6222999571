"""One appointment: another time, what else must move with it, calling it off, and its calendar entry."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ketacare.booking import actions, calendars, queries
from ketacare.booking.board import Line
from ketacare.booking.forms import CallOffForm, DayForm, places_of, token
from ketacare.booking.models import Appointment
from ketacare.booking.moving import others_to_move, stay_of, times_on
from ketacare.booking.values import Nothing
from ketacare.booking.views.common import BOOK, VIEW, course_page, named, open_appointment, site_page
from ketacare.clinic.errors import ActionRefused
from ketacare.clinic.permissions import may
from ketacare.clinic.web import Request, needs, shows_refusals

MOVABLE = ("booked", "unplaced")


@needs(VIEW)
@require_GET
def appointment(request: Request, pk: int) -> HttpResponse:
    """An appointment, and the free times of a day it could have instead."""
    row, now = open_appointment(request, pk), timezone.now()
    line, may_book = Line(row=row, missing=()), may(request.actor, BOOK, row)
    can_move = may_book and not line.is_off and row.session is not None and row.session.status == "planned"
    form = DayForm(request.GET or None)
    times = times_on(stay_of(row), form.cleaned_data["on"], at=now) if can_move and form.is_valid() else []
    shown = {
        "row": row, "line": line, "form": form, "times": [(one, token(row.pk, one.place)) for one in times],
        "can_move": can_move, "can_call_off": may_book and not line.is_off, "call_off_form": CallOffForm(),
    }  # fmt: skip
    if row.course is not None:
        return course_page(request, row.course, "appointment", parent="ui/patient.html", **shown)
    return site_page(request, row.site, "appointment", parent="booking/plain.html", **shown)


@needs(BOOK)
@require_http_methods(["GET", "POST"])
@shows_refusals
def move(request: Request, pk: int) -> HttpResponse:
    """What else must move when a session goes to another time; then all of it in one step."""
    row, now = open_appointment(request, pk, BOOK), timezone.now()
    if request.method == "POST":
        places = places_of(request.POST.getlist("place"))
        rows = actions.book_course(course_id=row.course_id or 0, places=places, by=request.actor, at=now)
        messages.success(
            request, f"{len(rows)} sessions have another time." if len(rows) > 1 else "The session has another time."
        )
        return redirect("booking:appointment", pk)
    place = places_of([request.GET["to"]]).get(pk) if "to" in request.GET else None
    if place is None or row.session is None:
        return redirect("booking:appointment", pk)
    others = others_to_move(row, place, at=now)
    places = {row.session.number: place} | ({} if isinstance(others, Nothing) else dict(others.places))
    before = {
        one.session.number: one.starts_at for one in queries.appointments_of(row.patient).filter(course=row.course)
    }
    shown = [(number, before.get(number), told) for number, told in named(row.site, places).items()]
    return course_page(
        request, row.course, "move", row=row, others=others, shown=shown, is_possible=not isinstance(others, Nothing)
    )


@needs(BOOK)
@require_POST
@shows_refusals
def call_off(request: Request, pk: int) -> HttpResponse:
    """It does not take place."""
    row, form = open_appointment(request, pk, BOOK), CallOffForm(request.POST)
    if not form.is_valid():
        raise ActionRefused("not-called-off", ["Say what happened, and why."])
    row = actions.call_off(appointment_id=pk, **form.cleaned_data, by=request.actor, at=timezone.now())
    waits = queries.waiting_at([row.site_id]).count()
    messages.success(
        request,
        f"{row.get_state_display()}. The time is free again." + (f" {waits} on the waiting list." if waits else ""),
    )
    return redirect("booking:appointment", pk)


@needs(VIEW)
@require_GET
def ics(request: Request, pk: int) -> HttpResponse:
    """The appointment as an attachment that any calendar opens; it says when and where, not what for."""
    row = open_appointment(request, pk)
    rows = [row] if row.state == Appointment.State.BOOKED else []
    headers = {"Content-Disposition": 'attachment; filename="appointment.ics"', "Cache-Control": "no-store"}
    return HttpResponse(calendars.for_patient(rows, at=timezone.now()), content_type=calendars.TYPE, headers=headers)
