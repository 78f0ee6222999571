"""The check-ins of a course as its page shows them: open, to come and past, each with what was sent and why nothing was."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ketacare.clinic.models import Course
from ketacare.outcomes.models import AnswerSet
from ketacare.portal import asking, due, queries
from ketacare.portal.models import CheckIn, CheckInScale, ContactWishes, Message, Trouble
from ketacare.science.checkins import plan as plans
from ketacare.science.checkins import schedule
from ketacare.science.checkins.questions import shown_items
from ketacare.science.checkins.recall import RecallFlag, recall_flags
from ketacare.science.scales import library

AHEAD = timedelta(days=35)
PAST_SHOWN, UNFOLDED = 40, 6


@dataclass(frozen=True, kw_only=True)
class ScaleLine:
    """One scale of a check-in: answered when, begun how far, and what its look back means."""

    instrument_id: str
    name: str
    answers: AnswerSet | None
    begun: str
    flags: tuple[RecallFlag, ...]


@dataclass(frozen=True, kw_only=True)
class Line:
    """One check-in that was kept."""

    row: CheckIn
    label: str
    status: str
    scales: tuple[ScaleLine, ...]
    messages: Sequence[Message]
    silence: str
    next_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Ahead:
    """One check-in that is still to open."""

    label: str
    opens_at: datetime
    scales: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class CoursePage:
    """Everything the page shows."""

    wishes: ContactWishes | None
    time_zone: str
    unreachable: str
    open: tuple[Line, ...]
    ahead: tuple[Ahead, ...]
    past: tuple[Line, ...]
    troubles: tuple[Trouble, ...]

    @property
    def newest(self) -> tuple[Line, ...]:
        """The past ones that stand open on the page."""
        return self.past[:UNFOLDED]

    @property
    def older(self) -> tuple[Line, ...]:
        """Those that are folded away, so that a long course stays a short page."""
        return self.past[UNFOLDED:]


def course_page(course: Course, *, at: datetime) -> CoursePage:
    """The page of a course: a few queries, however many check-ins."""
    whole = asking.courses(Course.objects.all()).get(pk=course.pk)
    rows = list(queries.check_ins().filter(course=course).order_by("-opens_at", "-pk"))
    lines = [line(row, whole, at=at) for row in rows]
    return CoursePage(
        wishes=asking.kept_wishes(whole),
        time_zone=asking.wishes_of(whole).time_zone,
        unreachable=due.cannot_reach(asking.kept_wishes(whole)),
        open=tuple(reversed([one for one in lines if is_open(one.row, at=at)])),
        ahead=ahead(whole, {row.key for row in rows}, at=at),
        past=tuple(one for one in lines if not is_open(one.row, at=at))[:PAST_SHOWN],
        troubles=tuple(queries.troubles({course.site_id}).filter(check_in__course=course)),
    )


def is_open(row: CheckIn, *, at: datetime) -> bool:
    """Whether a check-in can still be answered."""
    return row.opens_at <= at < row.closes_at and row.called_off_at is None


def line(row: CheckIn, course: Course, *, at: datetime) -> Line:
    """One check-in in full."""
    told = due.due(row, at=at)
    return Line(
        row=row,
        label=plans.load(row.plan_version).point(row.point_id).label,
        status=status(row, at=at),
        scales=tuple(scale_line(scale, row, course) for scale in row.scales.all()),
        messages=row.messages.all(),
        silence=told.silence,
        next_at=told.next_at,
    )


def status(row: CheckIn, *, at: datetime) -> str:
    """Where a check-in stands, in words; called off and answered stays answered."""
    if queries.is_answered(row):
        return "answered"
    if row.called_off_at is not None:
        return "called off"
    if is_open(row, at=at):
        return "open"
    return "overtaken by the next session" if row.is_overtaken else "missed"


def scale_line(scale: CheckInScale, row: CheckIn, course: Course) -> ScaleLine:
    """One scale of a check-in."""
    instrument = library.load(scale.instrument_id, scale.instrument_version)
    same = [one for one in course.answer_sets.all() if one.instrument_id == scale.instrument_id]
    in_window = [
        one for one in same if row.opens_at <= one.answered_at < row.closes_at or one.form_key == scale.form_key
    ]
    answers = min(in_window, key=lambda one: one.answered_at, default=None)
    begun = f"{len(scale.answers)} of {len(shown_items(instrument, scale.answers))} begun" if scale.answers else ""
    return ScaleLine(
        instrument_id=instrument.id,
        name=instrument.abbreviation,
        answers=answers,
        begun="" if answers else begun,
        flags=() if answers is None else flags(answers, same, course),
    )


def flags(answers: AnswerSet, same: Sequence[AnswerSet], course: Course) -> tuple[RecallFlag, ...]:
    """What must be known of the days that an answer speaks of."""
    started = [one.started_at for one in course.treatment_sessions.all() if one.started_at is not None]
    earlier = [one.answered_at for one in same if one.answered_at < answers.answered_at]
    return recall_flags(
        library.load(answers.instrument_id, answers.instrument_version),
        answered_at=answers.answered_at,
        first_given_at=min(started, default=None),
        last_answered_at=max(earlier, default=None),
    )


def ahead(course: Course, kept: set[str], *, at: datetime) -> tuple[Ahead, ...]:
    """What opens in the next weeks, if no session comes in between."""
    found = schedule.check_ins(plans.load(), asking.situation(course), until=at + AHEAD)
    return tuple(
        Ahead(
            label=one.point.label,
            opens_at=one.opens_at,
            scales=tuple(library.load(asked.scale).abbreviation for asked in one.asks),
        )
        for one in found
        if one.opens_at > at and one.key not in kept
    )
