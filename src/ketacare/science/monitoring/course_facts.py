"""What a course adds up to: the surveillance facts that follow from its sessions, its scores and the decisions on it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from ketacare.science.monitoring.protocol_files import Purpose
from ketacare.science.rules import Fact, Field, Value

DAY = timedelta(days=1)
MONTH_DAYS = Decimal("30.4375")  # a year of 365.25 days by 12
RATE_WINDOW, YEAR, QUARTER = (timedelta(days=days) for days in (28, 365, 90))
WEEKS_OF_RATE = 4
DERIVED = frozenset(  # every fact that is told here
    {
        "fu.phase", "fu.is_pain_course", "fu.is_bipolar", "fu.sessions_course", "fu.sessions_adequate",
        "fu.stop_decision_recorded", "fu.sessions_per_week", "fu.sessions_90d", "fu.sessions_365d", "fu.sessions_lifetime",
        "fu.maintenance_months", "fu.review_sessions_since", "fu.review_days", "fu.improvement_pct", "fu.pain_benefit_pct",
        "fu.months_since_start",
    }
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class CourseSession:
    """One session that was given. `is_adequate` None: it cannot be told whether the dose was."""

    started_at: datetime
    is_of_this_course: bool
    is_maintenance: bool = False
    is_adequate: bool | None = None


@dataclass(frozen=True, kw_only=True)
class ScaleScore:
    """One valid score on the course's response scale."""

    at: datetime
    value: Decimal


@dataclass(frozen=True, kw_only=True)
class CourseSoFar:
    """A course as its rows tell it. None: not known."""

    purpose: Purpose | None
    is_in_maintenance: bool
    is_bipolar: bool | None
    sessions: tuple[CourseSession, ...]  # this course's and every other known one
    knows_all_sessions: bool  # whether the patient has said that there were none elsewhere
    scores: tuple[ScaleScore, ...]  # of one scale, oldest first
    reviewed_at: tuple[datetime, ...] = ()
    reviewed_in_induction: bool = False

    @property
    def own(self) -> list[CourseSession]:
        """The sessions of this course, oldest first."""
        return sorted((one for one in self.sessions if one.is_of_this_course), key=lambda one: one.started_at)


def course_facts(course: CourseSoFar, *, at: datetime, fields: dict[str, Field]) -> dict[str, Fact]:
    """Derive the surveillance facts that a course's own rows can tell.

    Args:
        course: the course so far.
        at: the moment of the review.
        fields: of the surveillance book.

    Returns:
        Facts by name, with the moment they are true of. What cannot be told is not there, which is never a pass: a number of
        sessions is told only when it is known that there were none elsewhere.

    Source: surveillance book, `derived` text of each field.
    """
    found = {name: (value, as_of) for name, value, as_of in _values(course, at) if value is not None}
    return {
        name: Fact(name=name, value=value, unit=fields[name].unit, as_of=as_of, source="course so far")
        for name, (value, as_of) in found.items()
        if name in fields
    }


def improvement(course: CourseSoFar) -> tuple[Decimal, datetime] | None:
    """Return the percent fall from baseline and the moment of the later score.

    The baseline is the last score before the first session, the other the latest one after the last session; None where one of
    them is missing or the baseline is 0.
    """
    own = course.own
    if not own:
        return None
    before = [one for one in course.scores if one.at <= own[0].started_at]
    after = [one for one in course.scores if one.at > own[-1].started_at]
    if not before or not after or before[-1].value == 0:
        return None
    base, last = before[-1].value, after[-1]
    return (base - last.value) / base * 100, last.at


def improvement_after_each(scores: Sequence[ScaleScore], begun: Sequence[tuple[int, datetime]]) -> dict[int, Decimal]:
    """Return the percent fall from baseline after each session, by its number.

    Args:
        scores: of one scale, oldest first.
        begun: number and start of each session of the course, in order.

    Returns:
        For each session with a score between its start and the next one's, the fall from the last score before the first session
        to the latest of them; a session without such a score is not there.

    Source: order-check book, order.poor_tolerated_sessions.
    """
    if not begun:
        return {}
    before = [one for one in scores if one.at <= begun[0][1]]
    if not before or before[-1].value == 0:
        return {}
    base, found = before[-1].value, {}
    ends = [start for _, start in begun[1:]] + [None]
    for (number, start), end in zip(begun, ends, strict=True):
        after = [one for one in scores if one.at > start and (end is None or one.at <= end)]
        if after:
            found[number] = (base - after[-1].value) / base * 100
    return found


def _values(course: CourseSoFar, at: datetime) -> Iterator[tuple[str, Value | None, datetime]]:
    own = course.own
    yield "fu.phase", "maintenance" if course.is_in_maintenance else "induction", at
    yield "fu.is_pain_course", None if course.purpose is None else course.purpose == "pain", at
    yield "fu.is_bipolar", course.is_bipolar, at
    yield "fu.sessions_course", len(own), at
    yield "fu.sessions_adequate", _adequate(own), at
    yield "fu.stop_decision_recorded", course.reviewed_in_induction, at
    yield from ((name, value, at) for name, value in _exposure(course, at))
    yield from ((name, value, at) for name, value in _review_facts(course, own, at))
    found = improvement(course)
    if found is not None:
        pct, when = float(found[0]), found[1]
        yield ("fu.pain_benefit_pct" if course.purpose == "pain" else "fu.improvement_pct"), pct, when
    if own:
        yield "fu.months_since_start", _months(at - own[0].started_at), at


def _adequate(own: Sequence[CourseSession]) -> int | None:
    """How many sessions of the induction were at an adequate dose; None while one of them cannot be told."""
    induction = [one for one in own if not one.is_maintenance]
    if any(one.is_adequate is None for one in induction):
        return None
    return sum(one.is_adequate is True for one in induction)


def _exposure(course: CourseSoFar, at: datetime) -> Iterator[tuple[str, Value | None]]:
    ago = [at - one.started_at for one in course.sessions]
    if course.knows_all_sessions:
        yield "fu.sessions_per_week", sum(one < RATE_WINDOW for one in ago) / WEEKS_OF_RATE
        yield "fu.sessions_90d", sum(one < QUARTER for one in ago)
        yield "fu.sessions_365d", sum(one < YEAR for one in ago)
        yield "fu.sessions_lifetime", len(ago)
    later = [one.started_at for one in course.own if one.is_maintenance]
    yield "fu.maintenance_months", _months(at - later[0]) if later else 0.0


def _review_facts(
    course: CourseSoFar, own: Sequence[CourseSession], at: datetime
) -> Iterator[tuple[str, Value | None]]:
    last = max(course.reviewed_at, default=None)
    yield "fu.review_sessions_since", sum(last is None or one.started_at > last for one in own)
    since = last or (own[0].started_at if own else None)
    yield "fu.review_days", None if since is None else (at - since) // DAY


def _months(span: timedelta) -> float:
    return float(Decimal(span / DAY) / MONTH_DAYS)
