"""A session that the alarm machine watches: things happen, the clock turns, and the transitions are stored as the writer stores them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ketacare.science.facts.readings import live_facts
from ketacare.science.facts.watching import due_alarms, late_alarms, late_names
from ketacare.science.monitoring.alarms import AlarmLog
from ketacare.science.monitoring.events import AnyPayload, Event, Observation, Reading, StatusChange
from ketacare.science.monitoring.timeline import State, step
from ketacare.science.rules.book import load
from tests.science.monitoring.made import IV, START

QUIET = {"spo2": 98.0, "heart_rate": 70.0, "resp_rate": 14.0}


def second(count: float) -> datetime:
    return START + timedelta(seconds=count)


@dataclass
class Watched:
    """The drug runs from second 0."""

    state: State = field(default_factory=State)
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._add(StatusChange(to="treating"), START, START)

    @property
    def log(self) -> AlarmLog:
        return self.state.alarms

    def _add(self, payload: AnyPayload, at: datetime, recorded_at: datetime) -> None:
        event = Event(
            seq=len(self.events) + 1,
            at=at,
            recorded_at=recorded_at,
            by="staff:1",
            by_name="Nora",
            payload=payload,
        )
        self.events.append(event)
        self.state = step(self.state, event)

    def tick(self, count: float) -> list[str]:
        """Turn the clock; tell what came of it."""
        at = second(count)
        found = due_alarms(self.state, live_facts(self.state, IV, at=at), at=at, book=load("alarms"))
        for one in found:
            self._add(one, at, at)
        return [f"{one.key} {one.transition}" for one in found]

    def reads(
        self, count: float, *, source: str = "device", arrives: float | None = None, **values: float
    ) -> list[str]:
        """A row of readings taken at a second, as it arrives."""
        return self.takes(
            [(count, Reading(values=values, source=source))], arrives=count if arrives is None else arrives
        )

    def sees(self, count: float, **values: float | bool) -> list[str]:
        return self.takes([(count, Observation(values=values))], arrives=count)

    def takes(self, rows: Iterable[tuple[float, Reading | Observation]], *, arrives: float) -> list[str]:
        """Rows that arrive together, judged as the writer judges them."""
        rows, at, book = list(rows), second(arrives), load("alarms")
        for count, payload in rows:
            self._add(payload, second(count), at)
        said = self.tick(arrives)
        facts = live_facts(self.state, IV, at=at)
        for count, payload in rows:
            if names := late_names(payload.values, facts, taken_at=second(count), book=book):
                found = late_alarms(self.state, IV, names=names, taken_at=second(count), at=at, book=book)
                for one in found:
                    self._add(one, at, at)
                said += [f"{one.key} {one.transition} late" for one in found]
        return said + self.tick(arrives)

    def streams(self, seconds: Iterable[float], **values: float) -> list[str]:
        """The same row again and again."""
        return [one for count in seconds for one in self.reads(count, **QUIET | values)]

    @property
    def raised(self) -> set[str]:
        """The alarms there have been, but for those about missing data and charting."""
        return {one.key for one in self.log.all if one.rule not in ("ALM-19", "ALM-29")}

    @property
    def on(self) -> set[str]:
        return {one.key for one in self.log.active if one.rule not in ("ALM-19", "ALM-29")}
