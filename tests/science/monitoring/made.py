"""Short ways to write a session down in a test."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from ketacare.science.monitoring.events import AnyPayload, Event, Observation, Reading, StatusChange
from ketacare.science.monitoring.schedule import schedule_for
from ketacare.science.monitoring.timeline import State, fold

START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
IV = schedule_for("iv_ketamine")


def minute(minutes: float) -> datetime:
    """A time counted from the start of the drug."""
    return START + timedelta(minutes=minutes)


def event(seq: int, minutes: float, payload: AnyPayload, **more: object) -> Event:
    at = minute(minutes)
    return Event(seq=seq, at=at, recorded_at=at, by="staff:1", by_name="Nora", payload=payload, **more)


def reading(**values: float) -> Reading:
    return Reading(values=values, source="device")


def typed(**values: float) -> Reading:
    return Reading(values=values, source="person")


def seen(**values: float | bool) -> Observation:
    return Observation(values=values)


def moved(to: str) -> StatusChange:
    return StatusChange(to=to)


def session(*happened: tuple[float, AnyPayload], at_end: Iterable[tuple[float, AnyPayload]] = ()) -> State:
    """A session in which things happen at minutes from the start of the drug, numbered as they are given."""
    return fold(event(seq, minutes, payload) for seq, (minutes, payload) in enumerate([*happened, *at_end], start=1))


def treated(*happened: tuple[float, AnyPayload]) -> State:
    """A session whose drug runs from minute 0 to minute 40, with more that happens in it."""
    frame = [(-30, moved("checked-in")), (-5, moved("ready")), (0, moved("treating")), (40, moved("recovering"))]
    return session(*frame, *happened)
