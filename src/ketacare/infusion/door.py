"""The door for readings: whatever a form, a recording or a bedside device brings, each row is judged on its own."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ketacare.infusion.timeline import AHEAD
from ketacare.science.errors import Problem
from ketacare.science.monitoring.events import BadEvent, Reading, build

Mark = tuple[datetime, str]
OTHER_WORDS = Problem(place="key", says="key used before with other words")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row as it comes in: when it was taken, and what it says, not yet checked."""

    at: datetime
    values: Mapping[str, Any]
    device_time: str | None = None  # ISO 8601, the recording's own clock
    place: str = ""  # where in its source the row stands: a line, a message id
    key: str = ""  # its sender's own name for it, the same however often it is sent; empty: none
    at_is_told: bool = True  # the sender said when; else it is our reckoning, and may come out otherwise next time


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
    reason: str = ""  # of a refusal: what kind it is
    session: int | None = None  # where it stands


@dataclass(frozen=True, kw_only=True)
class Stored:
    """A row that was stored under a key."""

    session: int
    seq: int
    at: datetime
    words: str


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is stored already that the rows of a batch may repeat."""

    by_mark: Mapping[Mark, int] = field(default_factory=dict)
    by_key: Mapping[str, Stored] = field(default_factory=dict)


def judged(batch: Batch, known: Known, *, session: int, now: datetime) -> Iterator[tuple[Row, Reading | Outcome]]:
    """Yield each row with the reading it becomes, or with why it does not. A row that was sent before changes nothing."""
    seen: set[Mark] = set()
    keys: dict[str, str] = {}
    for row in batch.rows:
        reading = _parsed(batch, row, now=now)
        if isinstance(reading, Outcome):
            yield row, reading
            continue
        words, mark = words_of(reading.to_json()), mark_of(row.at, reading.to_json())
        if row.key in known.by_key:
            yield row, repeated(row, words, known.by_key[row.key], session=session)
        elif keys.get(row.key, words) != words:
            yield row, Outcome(place=row.place, status="refused", problems=(OTHER_WORDS,), reason="key")
        elif mark in known.by_mark or mark in seen or row.key in keys:
            yield row, Outcome(place=row.place, status="duplicate", seq=known.by_mark.get(mark), session=session)
        else:
            seen.add(mark)
            keys |= {row.key: words} if row.key else {}
            yield row, reading


def repeated(row: Row, words: str, stored: Stored, *, session: int | None) -> Outcome:
    """A key that was used before: the same row again, or another one under its name."""
    same_place = session in (None, stored.session)
    if same_place and words == stored.words and (not row.at_is_told or row.at == stored.at):
        return Outcome(place=row.place, status="duplicate", seq=stored.seq, session=stored.session)
    return Outcome(place=row.place, status="refused", problems=(OTHER_WORDS,), reason="key")


def mark_of(at: datetime, payload: Mapping[str, Any]) -> Mark:
    """What makes two rows the same: the moment, and everything they say."""
    return at, words_of(payload)


def words_of(payload: Mapping[str, Any]) -> str:
    """Everything that a row says, in one order."""
    return json.dumps(payload, sort_keys=True)


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
        return Outcome(place=row.place, status="refused", problems=tuple(problems), reason="values")
    return reading
