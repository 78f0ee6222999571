"""Other times for one session, and what else of its course must move with it."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from ketacare.booking import lasting, slices
from ketacare.booking.asking import (
    A_DAY,
    Asked,
    Proposal,
    Question,
    asked_of,
    between,
    broken,
    room_of,
    site_day,
    starts_in,
)
from ketacare.booking.free import possible_starts, seat_all
from ketacare.booking.models import Appointment
from ketacare.booking.queries import appointments
from ketacare.booking.solver import place_course
from ketacare.booking.standing import cannot_come, clinic_between, numbers_of
from ketacare.booking.values import Clinic, Found, Item, Lasts, Nothing, Place, Wish
from ketacare.clinic.models import Course
from ketacare.science.monitoring import booking

ONE_MORE_MOVED = 1_000_000  # more than any distance: as few sessions as possible move
SECONDS = 2.0


@dataclass(frozen=True, kw_only=True)
class Time:
    """One free time of a day."""

    place: Place
    starts_at: datetime
    ends_at: datetime
    keeps_distance: bool  # else other sessions of the course must move too


@dataclass(frozen=True, kw_only=True)
class Stay:
    """What a time is looked for: a session of a course, as if some appointments were not there."""

    course: Course
    number: int
    lasts: Lasts
    without: Collection[int] = ()
    now: Place | None = None


def stay_of(row: Appointment) -> Stay:
    """The stay of an appointment that is to be moved."""
    return Stay(
        course=row.course,
        number=row.session.number,
        lasts=lasting.lasts(row.course, row.session.number),
        without=[row.pk],
        now=place_of(row),
    )


def place_of(row: Appointment) -> Place | None:
    """Where an appointment is now; None while it has no place."""
    if row.chair_id is None or row.nurse_id is None or row.prescriber_id is None:
        return None
    start = slices.at_or_before(row.starts_at)
    return Place(start=start, chair=row.chair_id, nurse=row.nurse_id, prescriber=row.prescriber_id)


def times_on(stay: Stay, on: date, *, at: datetime) -> list[Time]:
    """The free times of a day for a session."""
    site = stay.course.site
    clinic = clinic_between(site, on, on, without=stay.without)
    away = cannot_come(site, stay.course.patient_id, on, on, without=stay.without)
    size, every = lasting.length(stay.lasts), numbers_of(site)["start_every_min"]
    item = Item(
        key=stay.number,
        length=size,
        costs=dict.fromkeys(starts_in(clinic, away, size, every, after=at), 0),
        now=stay.now,
    )
    asked = asked_alone(stay, at=at)
    return [time_of(stay, clinic, item, start, asked) for start in sorted(possible_starts(clinic, item))]


def asked_alone(stay: Stay, *, at: datetime) -> Asked | None:
    """The course with this session alone to place; None where the plan does not have it."""
    found = asked_of(stay.course, at=at, numbers=[stay.number], movable=[stay.number])
    return None if isinstance(found, Nothing) else found


def time_of(stay: Stay, clinic: Clinic, item: Item, start: int, asked: Asked | None) -> Time:
    """A start with its chair and people."""
    begins = slices.moment_of(start)
    keeps = asked is None or room_of(asked, stay.number).holds(start, clinic.day(start))
    place = seat_all(clinic, [item], {item.key: start})[item.key]
    return Time(place=place, starts_at=begins, ends_at=lasting.until(begins, stay.lasts)[0], keeps_distance=keeps)


def others_to_move(row: Appointment, place: Place, *, at: datetime, seconds: float = SECONDS) -> Found | Nothing:
    """Which other sessions of the course must move when one goes to a place, and whereto: as few and as little as possible."""
    number = row.session.number
    asked = asked_of(row.course, at=at, numbers=[number], movable=[number])
    if isinstance(asked, Nothing):
        return asked
    if not broken(asked, {number: place.start}):
        return Found(places={})
    others = {one.session.number: one for one in rest_of(row, at=at)}
    todo = [other for other in asked.planned if other in others]
    freed = replace(
        asked,
        fixed={key: start for key, start in asked.fixed.items() if key not in others} | {number: place.start},
        numbers=tuple(todo),
    )
    if not todo:
        return Nothing(why=("The sessions that are given leave no room for this time.",))
    found = search(row, freed, others, at=at, seconds=seconds)
    if isinstance(found, Nothing):
        return found
    changed = {key: one for key, one in found.places.items() if not is_there(others[key], one)}
    return replace(found, places=changed)


def rest_of(row: Appointment, *, at: datetime) -> list[Appointment]:
    """The course's other sessions that are booked and have not begun."""
    return [one for one in booked_ahead(row.course, at=at) if one.pk != row.pk]


def booked_ahead(course: Course, *, at: datetime) -> list[Appointment]:
    """The course's sessions that are booked and have not begun, in order."""
    rows = appointments().filter(course=course, state=Appointment.State.BOOKED, session__status="planned")
    return list(rows.filter(starts_at__gt=at).order_by("starts_at"))


def search(
    row: Appointment, asked: Asked, others: dict[int, Appointment], *, at: datetime, seconds: float
) -> Found | Nothing:
    """Ask the solver: every session stays where it is if it can."""
    site, search_days = row.site, timedelta(days=booking.load().course.search_days)
    days = [site_day(site, one.starts_at) for one in [*others.values(), row]]
    first, last = max(site_day(site, at), min(days) - search_days), max(days) + search_days
    without = [row.pk, *(one.pk for one in others.values())]
    clinic = clinic_between(site, first, last, without=without)
    away = cannot_come(site, row.patient_id, first, last, without=without)
    every = numbers_of(site)["start_every_min"]
    items = []
    for number, one in others.items():
        size = lasting.length(lasting.lasts(row.course, number))
        starts = [*starts_in(clinic, away, size, every, after=at)]
        items.append(staying(asked, number, one, starts, clinic, size))
    return place_course(clinic, items, between(asked), seconds=seconds)


def proposals_that_move(
    course: Course, wish: Wish, *, at: datetime, seconds: float = SECONDS
) -> list[Proposal] | Nothing:
    """Where a session has no room between those that are booked: the way to book it that moves the fewest of them."""
    booked = {one.session.number: one for one in booked_ahead(course, at=at)}
    asked = asked_of(course, at=at, movable=tuple(booked))
    if isinstance(asked, Nothing):
        return asked
    question = Question(asked, wish.first_on, at=at, without=[one.pk for one in booked.values()])
    items = []
    for number in asked.numbers:
        item = question.item(number, wish.part)
        stays = booked.get(number)
        items.append(staying(asked, number, stays, list(item.costs), question.clinic, item.length) if stays else item)
    found = place_course(question.clinic, items, between(asked), seconds=seconds)
    if isinstance(found, Nothing):
        return found
    changed = {key: one for key, one in found.places.items() if key not in booked or not is_there(booked[key], one)}
    return [Proposal(part=wish.part, found=replace(found, places=changed), lasts=question.lasts)]


def is_there(row: Appointment, place: Place) -> bool:
    """Whether an appointment has this start already."""
    return slices.at_or_before(row.starts_at) == place.start


def staying(asked: Asked, number: int, one: Appointment, starts: list[int], clinic: Clinic, size: int) -> Item:
    """A session that stays if it can, else goes to the nearest day and hour."""
    now, room = slices.at_or_before(one.starts_at), room_of(asked, number)
    day, wall = one.starts_at.astimezone(asked.zone).toordinal(), minutes_of(one.starts_at.astimezone(asked.zone))
    is_inside = clinic.first <= now < clinic.first + len(clinic.day_number)
    costs = {
        start: A_DAY * abs(clinic.day(start) - day)
        + abs(int(clinic.wall_min[start - clinic.first]) - wall)
        + (ONE_MORE_MOVED if start != now else 0)
        for start in ({now, *starts} if is_inside else starts)
        if room.holds(start, clinic.day(start))
    }
    return Item(key=number, length=size, costs=costs, now=place_of(one))


def minutes_of(moment: datetime) -> int:
    """What a clock shows, in minutes since midnight."""
    return moment.hour * 60 + moment.minute
