"""A session is its timeline: ``step`` adds one event to the state, ``fold`` is step over all of them.

Everything shown of a session is this fold. What has a place in time (readings, doses, checks) is ordered by when it happened, so a late
entry finds its place; what moves the session on (status, alarms) counts in the order it was recorded. All times are told by the clock as
it is at the last entry: when it was put forward or back, those before are moved with it, and every duration stays what it was.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import reduce
from operator import attrgetter
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol, TypeVar

from ketacare.science.monitoring.alarms import AlarmLog
from ketacare.science.monitoring.clocks import Mark, moved
from ketacare.science.monitoring.delivered import DoseStep
from ketacare.science.monitoring.events import Alarm, Check, Clock, Dose, Event, Observation, Reading, StatusChange
from ketacare.science.monitoring.parameters import Value

# status -> those that may follow. No way out of treating or paused avoids recovering.
TRANSITIONS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "planned": frozenset({"checked-in", "cancelled", "missed"}),
        "checked-in": frozenset({"ready", "cancelled", "missed"}),
        "ready": frozenset({"checked-in", "treating", "cancelled", "missed"}),
        "treating": frozenset({"paused", "recovering"}),
        "paused": frozenset({"treating", "recovering"}),
        "recovering": frozenset({"discharged", "transferred"}),
        "discharged": frozenset(),
        "transferred": frozenset(),
        "cancelled": frozenset(),
        "missed": frozenset(),
    }
)
MONITORED = frozenset({"treating", "paused", "recovering"})  # while the drug may act, silence is an alarm
CORRECTABLE = frozenset({"reading", "observation", "dose", "check", "intervention", "note", "adverse-event"})


class Sample(NamedTuple):
    """One value at one moment. Ordered by when it was taken, then by arrival."""

    at: datetime
    seq: int
    value: Value
    source: str  # device | person


class Moved(NamedTuple):
    """The session changed its status."""

    seq: int
    at: datetime
    to: str
    by_name: str
    reason: str


class Attested(NamedTuple):
    """One item of a checklist as a named person answered it."""

    at: datetime
    seq: int
    value: Value | None
    by: str
    by_name: str
    note: str


class _Numbered(Protocol):
    @property
    def seq(self) -> int: ...


T = TypeVar("T", bound=_Numbered)
_moment = attrgetter("at", "seq")
_time = attrgetter("at")
_arrival = attrgetter("seq")


def _none() -> Mapping[Any, Any]:
    return MappingProxyType({})


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """What a session's events add up to."""

    seq: int = 0
    moves: tuple[Moved, ...] = ()
    series: Mapping[str, tuple[Sample, ...]] = field(
        default_factory=_none
    )  # parameter -> samples, readings and observations alike
    checks: Mapping[str, tuple[Attested, ...]] = field(default_factory=_none)
    events: Mapping[str, tuple[Event, ...]] = field(default_factory=_none)  # kind -> in time
    alarms: AlarmLog = field(default_factory=AlarmLog)
    superseded: Mapping[int, int] = field(default_factory=_none)  # seq of an event -> seq of its correction
    marks: Mapping[str, Mark] = field(default_factory=_none)  # run of the machine -> both clocks at its last entry

    @property
    def status(self) -> str:
        return self.moves[-1].to if self.moves else "planned"

    def since(self, status: str) -> datetime | None:
        """When the session first came to a status; None when it never did."""
        return next((move.at for move in self.moves if move.to == status), None)

    @property
    def started_at(self) -> datetime | None:
        return self.since("treating")

    @property
    def ended_at(self) -> datetime | None:
        return self.since("recovering")

    def latest(self, parameter: str, *, at: datetime | None = None) -> Sample | None:
        """The newest value of a parameter, or the newest that was taken up to a moment."""
        samples = self.series.get(parameter, ())
        place = len(samples) if at is None else bisect_right(samples, at, key=_time)
        return samples[place - 1] if place else None

    def attested(self, item: str) -> Attested | None:
        """The answer to a checklist item that counts: the last one given."""
        answers = self.checks.get(item)
        return answers[-1] if answers else None

    def of_kind(self, kind: str) -> tuple[Event, ...]:
        """The events of a kind that count, in the order they happened."""
        return self.events.get(kind, ())


def clock_steps(state: State) -> tuple[tuple[int, Clock], ...]:
    """Return the steps of the machine's clock that were told, each with the number of its entry."""
    told = sorted(state.of_kind("clock"), key=_arrival)
    return tuple((one.seq, one.payload) for one in told if isinstance(one.payload, Clock))


def moved_since(state: State, seq: int) -> timedelta:
    """Return by how much the clock has been put forward since an entry was written."""
    return sum((step.step for number, step in clock_steps(state) if number > seq), timedelta())


def start_as_written(state: State) -> datetime | None:
    """Return the time that the start of the drug was written with, whatever the clock did afterwards; None before it."""
    start = next((move for move in state.moves if move.to == "treating"), None)
    return None if start is None else start.at - moved_since(state, start.seq)


def may_follow(status: str, to: str) -> bool:
    """Return whether a session may go from one status to the other."""
    return to in TRANSITIONS[status]


def dose_steps(state: State) -> list[DoseStep]:
    """Return the steps by which the drug was given, in time, those that were corrected left out."""
    return [
        DoseStep(at=event.at, step=dose.step, rate_mg_per_h=dose.rate_mg_per_h, dose_mg=dose.dose_mg)
        for event in state.of_kind("dose")
        if isinstance(dose := event.payload, Dose)
    ]


def step(state: State, event: Event) -> State:
    """Return the state with one more event.

    Args:
        state: what the earlier events add up to.
        event: any event that is not in it yet; its ``at`` may lie before events that are (a late entry).

    Returns:
        A new state. The cost does not grow with the number of kinds or corrections, only with the series that it joins.
    """
    if isinstance(event.payload, Clock):
        state = moved(state, event.payload.step)
    state = replace(state, seq=max(state.seq, event.seq), marks=_marked(state, event))
    if event.supersedes is not None:
        state = _without(state, event.supersedes, correction=event.seq)
    if event.seq in state.superseded:
        return state
    return _taken(state, event)


def fold(events: Iterable[Event], state: State | None = None) -> State:
    """Return what events add up to, from the beginning or on top of a state."""
    return reduce(step, events, State() if state is None else state)


def _marked(state: State, event: Event) -> Mapping[str, Mark]:
    if event.boot_s is None:
        return state.marks
    return MappingProxyType({**state.marks, event.boot_id: Mark(at=event.recorded_at, boot_s=event.boot_s)})


def _taken(state: State, event: Event) -> State:
    match event.payload:
        case Reading() as reading:
            return _measured(state, event, reading.values, reading.source)
        case Observation() as observation:
            return _kept(_measured(state, event, observation.values, "person"), event)
        case Check() as check:
            return _kept(_checked(state, event, check), event)
        case StatusChange() as change:
            move = Moved(event.seq, event.at, change.to, event.by_name, change.reason)
            return replace(state, moves=_inserted(state.moves, move, key=_arrival))
        case Alarm() as alarm:
            return replace(state, alarms=state.alarms.with_transition(alarm, at=event.at, by_name=event.by_name))
        case _:
            return _kept(state, event)


def _measured(state: State, event: Event, values: Mapping[str, Value], source: str) -> State:
    series = dict(state.series)
    for name, value in values.items():
        series[name] = _inserted(series.get(name, ()), Sample(event.at, event.seq, value, source), key=_moment)
    return replace(state, series=MappingProxyType(series))


def _checked(state: State, event: Event, check: Check) -> State:
    answer = Attested(event.at, event.seq, check.value, event.by, event.by_name, check.note)
    answers = _inserted(state.checks.get(check.item, ()), answer, key=_moment)
    return replace(state, checks=MappingProxyType({**state.checks, check.item: answers}))


def _kept(state: State, event: Event) -> State:
    events = _inserted(state.events.get(event.kind, ()), event, key=_moment)
    return replace(state, events=MappingProxyType({**state.events, event.kind: events}))


def _without(state: State, seq: int, *, correction: int) -> State:
    """The state without what one event said; that it was superseded, and by which event, stays known."""
    return replace(
        state,
        superseded=MappingProxyType({**state.superseded, seq: correction}),
        series=_cleared(state.series, seq),
        checks=_cleared(state.checks, seq),
        events=_cleared(state.events, seq),
    )


def _cleared(groups: Mapping[str, tuple[T, ...]], seq: int) -> Mapping[str, tuple[T, ...]]:
    kept = {name: tuple(one for one in items if one.seq != seq) for name, items in groups.items()}
    return MappingProxyType({name: items for name, items in kept.items() if items})


def _inserted(items: tuple[T, ...], item: T, *, key: Callable[[T], Any]) -> tuple[T, ...]:
    if not items or key(items[-1]) <= key(item):
        return (*items, item)
    place = bisect_right(items, key(item), key=key)
    return (*items[:place], item, *items[place:])
