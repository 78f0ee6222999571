"""Which check-ins a course has, from its sessions, answers and the person's wishes: what is asked, from when until when, and written when."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import zip_longest
from zoneinfo import ZoneInfo

from ketacare.science.checkins.local import DAY, after, aware, next_loud, zone_of
from ketacare.science.checkins.plan import Ask, Plan, Point, Span
from ketacare.science.errors import OutOfRange, Problem


@dataclass(frozen=True, kw_only=True)
class SessionTimes:
    """One session of a course that was not called off: when it is booked, and when it was given, as far as it was."""

    key: str
    planned_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def moment(self) -> datetime:
        """When it was, or is to be."""
        return self.started_at or self.planned_at


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One scale answered, wherever and however."""

    scale: str
    answered_at: datetime


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """When a person wants to be written to, by their own clock."""

    time_zone: str
    hour: int
    quiet_from_h: int
    quiet_until_h: int

    @property
    def zone(self) -> ZoneInfo:
        """The zone; OutOfRange where there is none of that name."""
        return zone_of(self.time_zone)


@dataclass(frozen=True, kw_only=True)
class Situation:
    """All that decides what a course is asked. Phase None: the course is neither booked nor under way, nothing is asked."""

    phase: str | None
    indication: str
    sessions: tuple[SessionTimes, ...]
    answers: tuple[Answer, ...]
    wishes: Wishes


class Status(StrEnum):
    """Where a check-in stands at a moment."""

    TO_COME = "to come"
    OPEN = "open"
    ANSWERED = "answered"
    MISSED = "missed"
    OVERTAKEN = "overtaken"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One scale of a check-in and when it was answered inside its window."""

    scale: str
    answered_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class CheckIn:
    """One point of the plan at one session: open in [opens_at, closes_at)."""

    key: str
    point: Point
    anchor: str  # the key of the session
    opens_at: datetime
    closes_at: datetime
    is_overtaken: bool  # a session closed it before its time
    asks: tuple[Asked, ...]
    spared: tuple[str, ...]  # left out: answered shortly before

    def status(self, at: datetime) -> Status:
        """Where it stands at a moment."""
        if self.asks and all(one.answered_at and one.answered_at <= at for one in self.asks):
            return Status.ANSWERED
        if at < self.opens_at:
            return Status.TO_COME
        if at < self.closes_at:
            return Status.OPEN
        return Status.OVERTAKEN if self.is_overtaken else Status.MISSED


def check_ins(plan: Plan, situation: Situation, *, until: datetime) -> tuple[CheckIn, ...]:
    """Return every check-in of a course that opens until a moment, those long closed among them.

    Args:
        plan: the plan of check-ins.
        situation: the course's sessions, answers, phase and the person's wishes.
        until: aware; what opens later is not told.

    Returns:
        By opening time. One without a scale left to ask is left out. What a later session overtook before it
        opened is left out; what it overtook while open closes when that session started.

    Raises:
        OutOfRange: an unknown time zone, or a time that does not say in which zone.

    Assumes: sessions that were called off are not among the sessions.
    Source: own definition (plan of check-ins, issue 6 point 2).
    """
    latest = aware(until)
    if situation.phase is None:
        return ()
    in_order = sorted(situation.sessions, key=lambda one: aware(one.moment))
    found = [
        one
        for point in plan.points
        if situation.phase in point.phases
        for window in _windows(point, in_order, situation.wishes, latest)
        if (one := _filled(window, situation)) is not None
    ]
    return tuple(sorted(found, key=lambda one: (one.opens_at, one.key)))


@dataclass(frozen=True, kw_only=True)
class _Window:
    key: str
    point: Point
    anchor: str
    opens_at: datetime
    closes_at: datetime
    is_overtaken: bool


def _windows(point: Point, in_order: Sequence[SessionTimes], wishes: Wishes, until: datetime) -> Iterator[_Window]:
    """The windows of one point around every session, as far as they open until then."""
    if point.anchor == "planned":
        for previous, session in zip([None, *in_order], in_order, strict=False):
            yield from _before(point, session, previous, wishes, until)
        return
    given = [one for one in in_order if one.started_at is not None]
    for session, following in zip_longest(given, given[1:]):
        yield from _after(point, session, following, wishes, until)


def _before(
    point: Point, session: SessionTimes, previous: SessionTimes | None, wishes: Wishes, until: datetime
) -> Iterator[_Window]:
    """The window that ends with a session: never before the session before it, then from the next own hour on."""
    opens = after(session.planned_at, point.opens, hour=wishes.hour, zone=wishes.zone)
    if previous is not None and opens <= aware(previous.moment):
        opens = after(previous.moment, Span(days=1), hour=wishes.hour, zone=wishes.zone)
    closes = aware(session.moment)
    if opens < closes and opens <= until:
        key = f"{point.id}:{session.key}"
        yield _Window(key=key, point=point, anchor=session.key, opens_at=opens, closes_at=closes, is_overtaken=False)


def _after(
    point: Point, session: SessionTimes, following: SessionTimes | None, wishes: Wishes, until: datetime
) -> Iterator[_Window]:
    """The windows that follow a session, until the next one resets the clock."""
    reset = None if following is None else aware(following.moment)
    anchor = session.ended_at or session.moment
    for number, span in enumerate(_times(point)):
        opens = after(anchor, span, hour=wishes.hour, zone=wishes.zone)
        if opens > until or (reset is not None and opens >= reset):
            return
        closes = after(opens, point.open_for or Span(hours=0), hour=wishes.hour, zone=wishes.zone)
        is_overtaken = reset is not None and reset < closes
        yield _Window(
            key=f"{point.id}:{session.key}" + (f":{number + 1}" if point.repeats else ""),
            point=point,
            anchor=session.key,
            opens_at=opens,
            closes_at=reset if reset is not None and is_overtaken else closes,
            is_overtaken=is_overtaken,
        )


def _times(point: Point) -> Iterator[Span]:
    """When a point comes after its session: once, or again and again."""
    yield point.opens
    if point.repeats is None or point.opens.days is None:
        return
    days = point.opens.days + point.repeats.every_days
    while point.repeats.until_days is None or days <= point.repeats.until_days:
        yield Span(days=days)
        days += point.repeats.every_days


def _filled(window: _Window, situation: Situation) -> CheckIn | None:
    """The check-in with what is asked in it; None where nothing is left to ask."""
    wanted = [ask for ask in window.point.ask if not ask.indications or situation.indication in ask.indications]
    spared = tuple(ask.scale for ask in wanted if _is_spared(ask, window, situation))
    asks = tuple(
        Asked(scale=ask.scale, answered_at=_answered_in(window, ask.scale, situation))
        for ask in wanted
        if ask.scale not in spared
    )
    if not asks:
        return None
    return CheckIn(
        key=window.key,
        point=window.point,
        anchor=window.anchor,
        opens_at=window.opens_at,
        closes_at=window.closes_at,
        is_overtaken=window.is_overtaken,
        asks=asks,
        spared=spared,
    )


def _is_spared(ask: Ask, window: _Window, situation: Situation) -> bool:
    """Whether the scale was answered so shortly before that asking again says nothing new."""
    if ask.unless_answered_days is None:
        return False
    since = window.opens_at - ask.unless_answered_days * DAY
    return any(
        one.scale == ask.scale and since <= aware(one.answered_at) < window.opens_at for one in situation.answers
    )


def _answered_in(window: _Window, scale: str, situation: Situation) -> datetime | None:
    """When a scale was first answered inside a window; of two answers in one day the first counts, both are kept."""
    times = (aware(one.answered_at) for one in situation.answers if one.scale == scale)
    return min((moment for moment in times if window.opens_at <= moment < window.closes_at), default=None)


def message_times(point: Point, wishes: Wishes, *, opens_at: datetime, closes_at: datetime) -> tuple[datetime, ...]:
    """Return when the person is written to about a check-in: when it opens, then the reminders, all outside quiet hours.

    Args:
        point: the point of the plan.
        wishes: the person's hour, quiet hours and zone.
        opens_at: aware.
        closes_at: aware; nobody is written to from then on.

    Returns:
        Instants in UTC, increasing. Empty where the quiet hours last until it closes. One that falls together with
        another, both pushed to the end of the same quiet hours, is told once.

    Raises:
        OutOfRange: an unknown time zone, a time without one, or a window that ends before it begins.

    Source: own definition (plan of check-ins).
    """
    opens, closes = aware(opens_at), aware(closes_at)
    if closes < opens:
        raise OutOfRange([Problem(place="closes_at", says="it closes before it opens")])
    wanted = [opens, *(after(opens, span, hour=wishes.hour, zone=wishes.zone) for span in point.reminders)]
    loud = {loud_at(moment, wishes) for moment in wanted}
    return tuple(sorted(moment for moment in loud if moment < closes))


def loud_at(moment: datetime, wishes: Wishes) -> datetime:
    """Return the moment, or the end of the person's quiet hours it lies in."""
    return next_loud(moment, quiet_from_h=wishes.quiet_from_h, quiet_until_h=wishes.quiet_until_h, zone=wishes.zone)
