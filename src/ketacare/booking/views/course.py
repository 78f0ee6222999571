"""Booking a course: what is asked, what is proposed, what is taken."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from ketacare.booking import actions, lasting, queries
from ketacare.booking.actions.people import end_unavailable
from ketacare.booking.asking import proposals
from ketacare.booking.forms import DayForm, UnavailableForm, WishForm, places_of
from ketacare.booking.models import Unavailable
from ketacare.booking.moving import Stay, booked_ahead, proposals_that_move, times_on
from ketacare.booking.values import Nothing, Wish
from ketacare.booking.views.common import BOOK, course_page, named, open_course, today
from ketacare.clinic.errors import ActionRefused
from ketacare.clinic.models import Course
from ketacare.clinic.permissions import fetch
from ketacare.clinic.web import Request, needs, shows, shows_refusals
from ketacare.followup.wanted import next_number, wanted_sessions
from ketacare.planning.queries import newest_plan


@needs(BOOK)
@require_http_methods(["GET", "POST"])
@shows_refusals
def book(request: Request, course_id: int) -> HttpResponse:
    """What a patient wishes, the proposals, and booking one of them."""
    course = open_course(request, course_id)
    if request.method == "POST":
        places = places_of(request.POST.getlist("place"))
        rows = actions.book_course(course_id=course.pk, places=places, by=request.actor, at=timezone.now())
        messages.success(request, f"{len(rows)} sessions are booked." if len(rows) > 1 else "The session is booked.")
        return redirect("booking:course", course.pk)
    form = WishForm(request.GET or None, initial={"first_on": today(course.site)})
    return course_page(
        request, course, "course", form=form, plan=newest_plan(course), **proposed(course, form),
        rows=queries.appointments_of(course.patient).filter(course=course),
        unavailable=queries.unavailable_of(course), unavailable_form=UnavailableForm(),
    )  # fmt: skip


def proposed(course: Course, form: WishForm) -> dict[str, object]:
    """The proposals for a wish, or why there are none."""
    if not (form.is_bound and form.is_valid()):
        return {}
    wish = Wish(first_on=form.cleaned_data["first_on"], part=form.cleaned_data["part"] or "any")
    now, moves = timezone.now(), False
    found = proposals(course, wish, at=now)
    if isinstance(found, Nothing) and booked_ahead(course, at=now):
        found, moves = proposals_that_move(course, wish, at=now), True
    if isinstance(found, Nothing):
        return {"nothing": found.why}
    return {"moves": moves, "proposals": [(one, named(course.site, dict(one.found.places))) for one in found]}


@needs(BOOK)
@require_POST
@shows_refusals
def unavailable(request: Request, course_id: int) -> HttpResponse:
    """A patient cannot come then."""
    course, form = open_course(request, course_id), UnavailableForm(request.POST)
    if not form.is_valid():
        raise ActionRefused(
            "no-time", [f"{form.fields[name].label}: {' '.join(said)}" for name, said in form.errors.items()]
        )
    actions.say_unavailable(course_id=course.pk, **form.cleaned_data, by=request.actor, at=timezone.now())
    return redirect("booking:course", course.pk)


@needs(BOOK)
@require_POST
@shows_refusals
def unavailable_end(request: Request, pk: int) -> HttpResponse:
    """They can come then after all."""
    row = fetch(request.actor, BOOK, Unavailable.objects.all(), pk=pk)
    end_unavailable(unavailable_id=pk, by=request.actor, at=timezone.now())
    course = row.patient.courses.filter(site=row.site_id).order_by("-pk").first()
    return redirect("booking:course", course.pk)


@needs(BOOK)
@require_http_methods(["GET", "POST"])
@shows_refusals
def wanted(request: Request, pk: int) -> HttpResponse:
    """A time, a chair and people for a session that a prescriber wants."""
    row, now = fetch(request.actor, BOOK, wanted_sessions(), pk=pk), timezone.now()
    shows(request, row.course.patient_id)
    number = row.instead_of.number if row.instead_of else next_number(row.course)
    if request.method == "POST":
        place = places_of(request.POST.getlist("place"))[number]
        made = actions.book_wanted(wanted_id=pk, place=place, by=request.actor, at=now)
        messages.success(request, "The session is booked.")
        return redirect("booking:appointment", made.pk)
    form = DayForm(request.GET or {"on": row.wanted_on.isoformat()})
    without = queries.held_by(row.instead_of)
    stay = Stay(course=row.course, number=number, lasts=lasting.lasts(row.course, number), without=without)
    times = times_on(stay, form.cleaned_data["on"], at=now) if form.is_valid() else []
    places = {one.place.start: named(row.course.site, {number: one.place})[number] for one in times}
    return course_page(request, row.course, "wanted", row=row, number=number, form=form, places=places.values())
