"""What a course's rows say to the pure plan: its sessions, answers and wishes, and what of the plan is to be kept."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch, QuerySet

from ketacare.clinic.models import Course
from ketacare.infusion.models import CALLED_OFF, Session
from ketacare.outcomes.models import AnswerSet
from ketacare.portal.models import CheckIn, ContactWishes, CourseClock
from ketacare.science.checkins import plan as plans
from ketacare.science.checkins import schedule
from ketacare.science.checkins.schedule import Answer, SessionTimes, Situation, Wishes

S = Course.Status
PHASES: dict[str, str] = {S.PLANNED: "planned", S.IN_INDUCTION: "induction", S.IN_MAINTENANCE: "maintenance"}


@dataclass(frozen=True, kw_only=True)
class Shift:
    """A check-in whose window changed since it was kept."""

    row: CheckIn
    closes_at: datetime
    is_overtaken: bool


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What is to be written about a course's check-ins at a moment."""

    opened: tuple[schedule.CheckIn, ...]
    shifted: tuple[Shift, ...]
    called_off: tuple[CheckIn, ...]

    def __bool__(self) -> bool:
        return bool(self.opened or self.shifted or self.called_off)


def courses(rows: QuerySet[Course]) -> QuerySet[Course]:
    """Courses with all that decides what they are asked: a few queries, however many there are."""
    standing = AnswerSet.objects.filter(superseded_by__isnull=True)
    return rows.select_related("site", "patient__contact_wishes", "check_in_clock").prefetch_related(
        Prefetch("treatment_sessions", queryset=Session.objects.exclude(status__in=CALLED_OFF).order_by("pk")),
        Prefetch("answer_sets", queryset=standing.defer("answers", "context").order_by("pk")),
        Prefetch("check_ins", queryset=CheckIn.objects.order_by("opens_at", "pk")),
    )


def situation(course: Course) -> Situation:
    """All that decides what a course is asked; from ``courses``."""
    sessions = course.treatment_sessions.all()
    return Situation(
        phase=PHASES.get(course.status),
        indication=course.indication,
        sessions=tuple(map(times_of, sessions)),
        answers=tuple(Answer(scale=one.instrument_id, answered_at=one.answered_at) for one in course.answer_sets.all()),
        wishes=wishes_of(course),
    )


def times_of(session: Session) -> SessionTimes:
    """When a session is booked and was given."""
    return SessionTimes(
        key=str(session.pk), planned_at=session.planned_at, started_at=session.started_at, ended_at=session.ended_at
    )


def kept_wishes(course: Course) -> ContactWishes | None:
    """What the patient said, if anybody kept it."""
    return getattr(course.patient, "contact_wishes", None)


def wishes_of(course: Course) -> Wishes:
    """The patient's own clock; until they said anything, the site's zone and the plan's hours."""
    kept, usual = kept_wishes(course), plans.load().wishes
    if kept is None:
        return Wishes(
            time_zone=course.site.time_zone,
            hour=usual.hour,
            quiet_from_h=usual.quiet_from_h,
            quiet_until_h=usual.quiet_until_h,
        )
    return Wishes(
        time_zone=kept.time_zone, hour=kept.hour, quiet_from_h=kept.quiet_from_h, quiet_until_h=kept.quiet_until_h
    )


def asked_from(course: Course, *, at: datetime) -> datetime:
    """From when on the course is asked; now, where nobody has set its clock yet."""
    clock: CourseClock | None = getattr(course, "check_in_clock", None)
    return at if clock is None else clock.asked_from


def changes(course: Course, *, at: datetime) -> Changes:
    """What is to be written about a course's check-ins; from ``courses``."""
    told, since = situation(course), asked_from(course, at=at)
    found = {one.key: one for one in schedule.check_ins(plans.load(), told, until=at) if one.closes_at > since}
    kept = {row.key: row for row in course.check_ins.all()}
    standing = {one.key for one in told.sessions} if told.phase else set()
    is_open = [row for row in kept.values() if row.closes_at > at and row.called_off_at is None]
    return Changes(
        opened=tuple(one for key, one in found.items() if key not in kept),
        shifted=tuple(shifts(kept.values(), told)),
        called_off=tuple(row for row in is_open if str(row.session_id) not in standing),
    )


def shifts(rows: Iterable[CheckIn], told: Situation) -> Iterator[Shift]:
    """The windows that a session closed since: a person's own hour moves none that is kept."""
    started = {one.key: one.started_at for one in told.sessions if one.started_at is not None}
    for row in rows:
        point, own = plans.load(row.plan_version).point(row.point_id), started.get(str(row.session_id))
        if own is None:
            continue
        following = (moment for moment in started.values() if own < moment < row.closes_at)
        closes = own if point.anchor == "planned" else min(following, default=row.closes_at)
        if max(closes, row.opens_at) != row.closes_at:
            is_overtaken = point.anchor == "given" or closes <= row.opens_at
            yield Shift(row=row, closes_at=max(closes, row.opens_at), is_overtaken=is_overtaken)
