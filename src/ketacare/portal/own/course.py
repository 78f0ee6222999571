"""Where a patient stands, and when they come next."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from ketacare.booking.models import Appointment as BookedTime
from ketacare.booking.queries import appointments_of
from ketacare.clinic.models import Course
from ketacare.clinic.queries import active_holds, in_force
from ketacare.consent.queries import PatientDocument, documents_of_course
from ketacare.infusion.models import OCCUPYING, Session
from ketacare.planning.queries import newest_plan
from ketacare.portal.own import sayings
from ketacare.portal.own.visitor import Visitor
from ketacare.record.models import Treatment
from ketacare.science.patients import dose_day
from ketacare.science.rules import Book

GATE = "start_gate"
A_WHILE = timedelta(hours=12)  # an appointment of this morning is still today's
SHOWN = 3
S = Course.Status
DECIDES = frozenset({S.ELIGIBLE, S.CONSENTED, S.PLANNED, S.IN_INDUCTION, S.IN_MAINTENANCE})
UNDECIDED = frozenset({"not-asked", "not-in-force"})  # a no and a taking back are decisions


@dataclass(frozen=True, kw_only=True)
class Step:
    """One station of the way, and whether it is behind, here or ahead."""

    label: str
    state: str  # done, now, ahead


@dataclass(frozen=True, kw_only=True)
class Visit:
    """A time to come: booked, or a day that is only planned. ``number``: of the session; None: a consultation."""

    at: datetime | None
    on: date
    number: int | None


@dataclass(frozen=True, kw_only=True)
class Standing:
    """The page of a course."""

    course: Course
    stands: str
    steps: tuple[Step, ...]
    is_held: bool
    given: int
    appointments: tuple[Visit, ...]
    later: tuple[Visit, ...]
    to_decide: tuple[PatientDocument, ...]  # consents that treatment waits for


@dataclass(frozen=True, kw_only=True)
class Day:
    """The checklist of the day, part by part, with what it rests on."""

    parts: tuple[tuple[str, tuple[str, ...]], ...]
    route: str
    rules: tuple[str, ...]
    sources: tuple[str, ...]
    marks: tuple[str, ...]
    is_unreviewed: bool


def standing(visitor: Visitor, *, language: str = "en", at: datetime) -> Standing | None:
    """Where the patient's course stands; None where there is none yet."""
    course = visitor.course
    if course is None:
        return None
    visits = appointments(course, zone=visitor.time_zone, at=at)
    return Standing(
        course=course,
        stands=str(sayings.STANDS[Course.Status(course.status)]),
        steps=steps(course),
        is_held=active_holds(course).exists(),
        given=Treatment.objects.filter(course=course, ended_at__isnull=False).count(),
        appointments=visits[:SHOWN],
        later=visits[SHOWN:],
        to_decide=to_decide(course, language=language, at=at),
    )


def to_decide(course: Course, *, language: str, at: datetime) -> tuple[PatientDocument, ...]:
    """The consents that treatment waits for, once the clinic has found that it may treat."""
    if course.status not in DECIDES:
        return ()
    found = documents_of_course(course, at, language=language)
    return tuple(one for one in found if one.is_needed and one.state in UNDECIDED)


def steps(course: Course) -> tuple[Step, ...]:
    """The way, with where the course is on it."""
    here = next(place for place, (_, statuses) in enumerate(sayings.STEPS) if course.status in statuses)
    states = ("done", "now", "ahead")
    return tuple(
        Step(label=str(label), state=states[(place > here) - (place < here) + 1])
        for place, (label, _) in enumerate(sayings.STEPS)
    )


def appointments(course: Course, *, zone: str, at: datetime) -> tuple[Visit, ...]:
    """The visits to come: those that are booked, then the planned days of sessions that are not."""
    if course.status == Course.Status.ENDED:
        return ()
    sessions = list(course.treatment_sessions.exclude(status__in=("cancelled", "missed")))
    there = ZoneInfo(zone)
    unplaced = set(unplaced_sessions(course))
    found = [
        Visit(
            at=None if one.pk in unplaced else one.planned_at,
            on=one.planned_at.astimezone(there).date(),
            number=one.number,
        )
        for one in sessions
        if is_ahead(one, at=at)
    ]
    found += [
        Visit(at=one.starts_at, on=one.starts_at.astimezone(there).date(), number=None)
        for one in appointments_of(course.patient, since=at)
        if one.kind == BookedTime.Kind.CONSULTATION
    ]
    plan, known = newest_plan(course), {one.number for one in sessions}
    today = at.astimezone(ZoneInfo(course.site.time_zone)).date()
    for one in plan.sessions.all() if plan else ():
        if one.number not in known and one.planned_on >= today:
            found.append(Visit(at=None, on=one.planned_on, number=one.number))
    return tuple(sorted(found, key=lambda one: (one.on, one.number or 0)))


def unplaced_sessions(course: Course) -> QuerySet[BookedTime, int]:
    """Sessions whose booked time fell away and that wait for another: their old time is nobody's appointment."""
    rows = BookedTime.objects.filter(course=course, state=BookedTime.State.UNPLACED, session__isnull=False)
    return rows.values_list("session", flat=True)


def is_ahead(session: Session, *, at: datetime) -> bool:
    """Whether a session is still to come, or is today and under way."""
    return session.status in OCCUPYING or (session.status == "planned" and session.planned_at > at - A_WHILE)


def route_of(course: Course | None) -> str | None:
    """How the drug is to be given: by the next session's row, else by the plan; None where nobody has settled it."""
    if course is None:
        return None
    session = course.treatment_sessions.exclude(status__in=("cancelled", "missed")).order_by("-number").first()
    plan = newest_plan(course)
    return plan.route if plan else session.route if session else None


def dose_day_of(visitor: Visitor, *, language: str, at: datetime) -> Day:
    """What to do before and on the day: the numbers of the start gate in force at this site."""
    book, policy = in_force(visitor.site, GATE, at=at)
    route = route_of(visitor.course)
    lines = dose_day.checklist(route, policy.values, language=language)
    rules = tuple(dict.fromkeys(one.rule for one in lines if one.rule))
    parts = tuple(
        (str(sayings.PARTS[part]), tuple(one.text for one in lines if one.part == part)) for part in dose_day.PARTS
    )
    return Day(
        parts=parts,
        route=str(sayings.ROUTES.get(route or "", "")),
        rules=rules,
        sources=sources_of(book, rules),
        marks=tuple(sorted({one.stated.evidence for one in book.rules if one.id in rules})),
        is_unreviewed=dose_day.load().review.status == "unreviewed",
    )


def sources_of(book: Book, rules: tuple[str, ...]) -> tuple[str, ...]:
    """What the rules rest on, each once."""
    found = {key: source for one in book.rules if one.id in rules for key, source in one.sources.items()}
    return tuple(source.ref for source in found.values())
