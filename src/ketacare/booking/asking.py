"""A whole course put as a question to the solver: which sessions, on which days each may lie, and how far apart."""

import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from ketacare.booking import lasting, slices
from ketacare.booking.models import Appointment
from ketacare.booking.solver import place_course
from ketacare.booking.standing import cannot_come, clinic_between, numbers_of
from ketacare.booking.values import Between, Clinic, Found, Item, Nothing, Place, Wish
from ketacare.clinic.models import Course, Site
from ketacare.infusion.models import CALLED_OFF, Session
from ketacare.planning import queries as planning
from ketacare.planning.checks import policy_in_force
from ketacare.planning.models import PlannedSession
from ketacare.science.monitoring import booking
from ketacare.science.monitoring.booking import Apart, spacing

A_DAY, WRONG_PART = 1000, 500  # what one day away from the planned one costs, and the other half of the day
NOON_MIN = 12 * 60
SECONDS = 2.0  # of one proposal, if it takes so long
PARTS = ("any", "morning", "afternoon")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A course as it is to be booked: the plan's days, what stands already, and what its sessions take."""

    course: Course
    planned: Mapping[int, date]
    fixed: Mapping[int, int]  # the starts of those that are given, or booked and not to be moved
    apart: tuple[Apart, ...]
    numbers: tuple[int, ...]  # to be placed

    @property
    def zone(self) -> ZoneInfo:
        """The clock of the site."""
        return ZoneInfo(self.course.site.time_zone)


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """One way to book the sessions."""

    part: str
    found: Found
    lasts: Mapping[int, lasting.Lasts]

    @property
    def places(self) -> list[tuple[int, Place]]:
        """Session numbers with their places, in order."""
        return sorted(self.found.places.items())


def asked_of(
    course: Course, *, at: datetime, numbers: Collection[int] = (), movable: Collection[int] = ()
) -> Asked | Nothing:
    """What there is to book of a course: the planned sessions that have no place yet, or those named."""
    plan = planning.newest_plan(course)
    if plan is None:
        return Nothing(why=("The course has no plan yet: a prescriber makes one after consent.",))
    rows = list(plan.sessions.all())
    sessions = {one.number: one for one in Session.objects.filter(course=course).exclude(status__in=CALLED_OFF)}
    placed = booked_numbers(course)
    fixed = {
        number: start_of(one)
        for number, one in sessions.items()
        if has_begun(one) or (number in placed and number not in movable)
    }
    todo = [row.number for row in rows if row.number not in fixed and (not numbers or row.number in numbers)]
    if not todo:
        return Nothing(why=("Every session of the plan is booked or given.",))
    return Asked(
        course=course,
        planned={row.number: row.planned_on for row in rows},
        fixed=fixed,
        apart=spacing_of(course, rows, is_under_way=any(has_begun(one) for one in sessions.values()), at=at),
        numbers=tuple(todo),
    )


def has_begun(session: Session) -> bool:
    """Whether a session is more than planned."""
    return session.status != "planned"


def booked_numbers(course: Course) -> set[int]:
    """Numbers of the course's sessions that have a place."""
    rows = Appointment.objects.filter(course=course, state=Appointment.State.BOOKED, session__isnull=False)
    return set(rows.exclude(session__status__in=CALLED_OFF).values_list("session__number", flat=True))


def spacing_of(
    course: Course, rows: Sequence[PlannedSession], *, is_under_way: bool, at: datetime
) -> tuple[Apart, ...]:
    """How far the course's sessions may lie apart; a course that has begun may last longer than its template's days."""
    plan = rows[0].plan
    template = planning.template_of(plan)
    pattern = None if template is None else template.course
    induction = [row.number for row in rows if row.phase == PlannedSession.Phase.INDUCTION]
    if (
        pattern is not None
        and pattern.sessions is not None
        and not pattern.sessions[0] <= len(induction) <= pattern.sessions[1]
    ):
        pattern = next(
            (one for one in template.alternatives if one.sessions and len(induction) in one.sessions), pattern
        )
    if is_under_way and pattern is not None:
        pattern = pattern.model_copy(update={"over_days": None})
    return spacing(
        pattern,
        planned={row.number: row.planned_on for row in rows},
        induction=induction,
        min_interval_h=policy_in_force(course.site, at=at).values["min_interval_h"],
        tolerance_days=booking.load().course.maintenance_tolerance_days,
    )


def proposals(course: Course, wish: Wish, *, at: datetime, seconds: float = SECONDS) -> list[Proposal] | Nothing:
    """Up to three ways to book a course: as wished, and where nothing was wished, all mornings or all afternoons too."""
    asked = asked_of(course, at=at, numbers=wish.numbers)
    if isinstance(asked, Nothing):
        return asked
    found: list[Proposal] = []
    question = Question(asked, wish.first_on, at=at)
    for part in PARTS if wish.part == "any" else (wish.part,):
        answer = question.answer(part, seconds=seconds)
        if isinstance(answer, Nothing):
            return found or answer
        if all(one.found.places != answer.places for one in found):
            found.append(Proposal(part=part, found=answer, lasts=question.lasts))
    return found


class Question:
    """The site as it stands over the days in question, and each session with the starts it may have."""

    def __init__(self, asked: Asked, first_on: date, *, at: datetime, without: Collection[int] = ()) -> None:
        self.asked, self.at = asked, at
        site, course = asked.course.site, asked.course
        self.targets = targets(asked, max(first_on, at.astimezone(asked.zone).date()))
        search = timedelta(days=booking.load().course.search_days)
        first, last = min(self.targets.values()), max(self.targets.values()) + search
        self.first = max(first_on, at.astimezone(asked.zone).date())
        self.clinic = clinic_between(site, min(first, self.first), last, without=without)
        self.away = cannot_come(site, course.patient_id, min(first, self.first), last, without=without)
        self.lasts = {number: lasting.lasts(course, number) for number in asked.numbers}
        self.every = numbers_of(site)["start_every_min"]

    def answer(self, part: str, *, seconds: float) -> Found | Nothing:
        """Where the sessions can be, as near as possible to the plan's days and the wished half of the day."""
        items = [self.item(number, part) for number in self.asked.numbers]
        return place_course(self.clinic, items, between(self.asked), seconds=seconds)

    def item(self, number: int, part: str, *, now: Place | None = None) -> Item:
        """One session with every start it may have and what each costs."""
        size = lasting.length(self.lasts[number])
        target, costs, room = self.targets[number].toordinal(), {}, room_of(self.asked, number)
        for start in starts_in(self.clinic, self.away, size, self.every, after=self.at):
            offset = start - self.clinic.first
            day, wall = int(self.clinic.day_number[offset]), int(self.clinic.wall_min[offset])
            if day >= self.first.toordinal() and room.holds(start, day):
                costs[start] = A_DAY * abs(day - target) + WRONG_PART * is_wrong_part(part, wall) + wall // self.every
        return Item(key=number, length=size, costs=costs, now=now)


def starts_in(clinic: Clinic, away: object, size: int, every: int, *, after: datetime) -> Iterator[int]:
    """Starts on the site's grid, with the whole stay inside the opening hours and the patient free."""
    good = clinic.is_open & ~away
    run = 0
    earliest = slices.at_or_after(after)
    for offset in range(len(good) - 1, -1, -1):
        run = run + 1 if good[offset] else 0
        if run >= size and clinic.wall_min[offset] % every == 0 and clinic.first + offset >= earliest:
            yield clinic.first + offset


def is_wrong_part(part: str, wall_min: int) -> bool:
    """Whether a start lies in the half of the day that was not asked for."""
    return part != "any" and (part == "morning") != (wall_min < NOON_MIN)


def targets(asked: Asked, first_on: date) -> dict[int, date]:
    """The plan's days, shifted where the first of them lies before the first day wished."""
    first = asked.planned[asked.numbers[0]]
    shift = max(timedelta(0), first_on - first)
    return {number: asked.planned[number] + shift for number in asked.numbers}


def between(asked: Asked) -> list[Between]:
    """How far the sessions to place lie apart from each other."""
    todo = set(asked.numbers)
    return [
        Between(
            before=one.before,
            after=one.after,
            least_days=one.least_days,
            most_days=one.most_days,
            least_slices=slices.slices_of(one.least_h * 60),
        )
        for one in asked.apart
        if one.before in todo and one.after in todo
    ]


@dataclass(frozen=True, kw_only=True)
class Room:
    """Between which days and slices a session may lie, by the sessions that stand."""

    days: list[tuple[int, int]]
    slices: list[tuple[int, int]]

    def holds(self, start: int, day: int) -> bool:
        """Whether a start on a day lies in all of them."""
        return all(least <= day <= most for least, most in self.days) and all(
            least <= start <= most for least, most in self.slices
        )


def room_of(asked: Asked, number: int) -> Room:
    """What the sessions that stand leave to one that is to be placed."""
    room = Room(days=[], slices=[])
    for one in asked.apart:
        other = one.after if one.before == number else one.before
        if number not in (one.before, one.after) or other not in asked.fixed:
            continue
        stands = asked.fixed[other]
        day, least = slices.day_of(stands, asked.zone).toordinal(), slices.slices_of(one.least_h * 60)
        most_days = date.max.toordinal() if one.most_days is None else one.most_days
        if one.after == number:
            room.days.append((day + one.least_days, day + most_days))
            room.slices.append((stands + least, sys.maxsize))
        else:
            room.days.append((day - most_days, day - one.least_days))
            room.slices.append((0, stands - least))
    return room


def start_of(session: Session) -> int:
    """The slice in which a session began, or is planned to."""
    return slices.at_or_before(session.started_at or session.planned_at)


def broken(asked: Asked, starts: Mapping[int, int]) -> list[Apart]:
    """Which distances the starts do not keep, among themselves or from the sessions that stand."""
    found = []
    for one in between_all(asked, starts):
        first, second = starts[one.before], starts[one.after]
        apart = slices.day_of(second, asked.zone).toordinal() - slices.day_of(first, asked.zone).toordinal()
        is_wide = one.most_days is not None and apart > one.most_days
        if apart < one.least_days or is_wide or second - first < slices.slices_of(one.least_h * 60):
            found.append(one)
    for number, start in starts.items():
        if not room_of(asked, number).holds(start, slices.day_of(start, asked.zone).toordinal()):
            found += [one for one in asked.apart if number in (one.before, one.after)][:1]
    return found


def between_all(asked: Asked, starts: Mapping[int, int]) -> list[Apart]:
    """The distances between sessions that both have a start."""
    return [one for one in asked.apart if one.before in starts and one.after in starts]


def site_day(site: Site, moment: datetime) -> date:
    """The day at a site."""
    return moment.astimezone(ZoneInfo(site.time_zone)).date()
