"""A recording taken through the alarm machine without a clinic: the very judging of a session, with a clock that is turned by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Literal

from ketacare.science.errors import MissingInput
from ketacare.science.facts.readings import live_facts
from ketacare.science.facts.watching import due_alarms
from ketacare.science.monitoring.alarms import AlarmLog, due_transitions
from ketacare.science.monitoring.events import AnyPayload, Event, Reading, StatusChange
from ketacare.science.monitoring.policy import alarm_policy, judge
from ketacare.science.monitoring.schedule import Schedule, schedule_for
from ketacare.science.monitoring.timeline import State, step
from ketacare.science.rules.book import Book, load

BEGAN_AT = datetime(2000, 1, 1, tzinfo=UTC)  # a recording says when after its beginning, and no more is needed
HOUR = timedelta(hours=1)
Row = tuple[timedelta, Mapping[str, float]]  # when after the beginning, and what was measured


@dataclass(frozen=True, kw_only=True, slots=True)
class Rehearsal:
    """The alarms that a recording would have raised; nobody acknowledged any."""

    log: AlarmLog
    began_at: datetime
    ended_at: datetime
    hours: float


def rehearse(
    rows: Sequence[Row],
    *,
    route: str,
    tick: timedelta,
    source: Literal["device", "person"] = "device",
    in_time: bool = True,
) -> Rehearsal:
    """Return the alarms that a recording raises.

    Args:
        rows: in the order of time.
        route: whose schedule says how often a parameter is wanted. Only what the recording holds is wanted.
        tick: how often the clock is turned between two rows.
        source: whether a monitor sent it or people typed it.
        in_time: with delays, returns, contradictions and trends; else each finding of the book is an alarm at once.

    Raises:
        MissingInput: there are no rows.

    Assumes: the drug runs from the first row on, so that everything is judged.
    """
    if not rows:
        raise MissingInput("a recording without a row raises no alarm")
    schedule, book = _schedule(rows, route), load("alarms")
    state = _added(State(), StatusChange(to="treating"), BEGAN_AT + rows[0][0])
    for number, (after, values) in enumerate(rows):
        at = BEGAN_AT + after
        state = _added(state, Reading(values=dict(values), source=source), at)
        until = rows[number + 1][0] if number + 1 < len(rows) else after
        for passed in range(max(1, -((after - until) // tick))):
            state = _turned(state, schedule, book, at=at + passed * tick, in_time=in_time)
    ended_at = BEGAN_AT + rows[-1][0]
    began_at = BEGAN_AT + rows[0][0]
    return Rehearsal(log=state.alarms, began_at=BEGAN_AT, ended_at=ended_at, hours=(ended_at - began_at) / HOUR)


def _schedule(rows: Sequence[Row], route: str) -> Schedule:
    there = {name for _, values in rows for name in values}
    during = schedule_for(route).during
    return Schedule(
        during=MappingProxyType({name: one for name, one in during.items() if name in there}),
        after=MappingProxyType({}),
    )


def _turned(state: State, schedule: Schedule, book: Book, *, at: datetime, in_time: bool) -> State:
    facts = live_facts(state, schedule, at=at)
    if in_time:
        found = due_alarms(state, facts, at=at, book=book)
    else:
        verdicts = judge(facts, at=at, book=book)
        found = due_transitions(state.alarms, verdicts, policy=alarm_policy(book.version), at=at)
    for one in found:
        state = _added(state, one, at)
    return state


def _added(state: State, payload: AnyPayload, at: datetime) -> State:
    event = Event(seq=state.seq + 1, at=at, recorded_at=at, by="rehearsal", by_name="", payload=payload)
    return step(state, event)
