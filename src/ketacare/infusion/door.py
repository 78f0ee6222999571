"""The door for readings: whatever a form, a recording or a bedside device brings, each row is judged on its own."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ketacare.infusion.timeline import AHEAD
from ketacare.science.errors import Problem
from ketacare.science.monitoring.events import BadEvent, Reading, build

Mark = tuple[datetime, str]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row as it comes in: when it was taken, and what it says, not yet checked."""

    at: datetime
    values: Mapping[str, Any]
    device_time: str | None = None  # ISO 8601, the recording's own clock
    place: str = ""  # where in its source the row stands: a line, a message id


@dataclass(frozen=True, kw_only=True)
class Batch:
    """All rows that wait, from one source."""

    rows: Sequence[Row]
    source: str  # device | person
    device: str = ""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one row: stored under a ``seq``, known already, or refused with every problem."""

    place: str
    status: str  # stored | duplicate | refused
    seq: int | None = None
    problems: tuple[Problem, ...] = ()


def judged(batch: Batch, stored: Mapping[Mark, int], *, now: datetime) -> Iterator[tuple[Row, Reading | Outcome]]:
    """Yield each row with the reading it becomes, or with why it does not. A row that was sent before changes nothing."""
    seen: set[Mark] = set()
    for row in batch.rows:
        reading = _parsed(batch, row, now=now)
        if isinstance(reading, Outcome):
            yield row, reading
            continue
        mark = mark_of(row.at, reading.to_json())
        if mark in stored or mark in seen:
            yield row, Outcome(place=row.place, status="duplicate", seq=stored.get(mark))
        else:
            seen.add(mark)
            yield row, reading


def mark_of(at: datetime, payload: Mapping[str, Any]) -> Mark:
    """What makes two rows the same: the moment, and everything they say."""
    return at, json.dumps(payload, sort_keys=True)


def _parsed(batch: Batch, row: Row, *, now: datetime) -> Reading | Outcome:
    problems = []
    if row.at.tzinfo is None:
        problems.append(Problem(place="at", says="the time has no zone"))
    elif row.at > now + AHEAD:
        problems.append(Problem(place="at", says="the time lies in the future"))
    fields = {"values": dict(row.values), "source": batch.source, "device": batch.device}
    try:
        reading: Reading = build(Reading, {**fields, "device_time": row.device_time})
    except BadEvent as error:
        problems += error.problems
    if problems:
        return Outcome(place=row.place, status="refused", problems=tuple(problems))
    return reading
