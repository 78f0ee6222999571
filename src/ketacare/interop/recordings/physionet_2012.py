"""PhysioNet-2012 long format: one row a value as Time (HH:MM since admission), Parameter, Value; -1 means unknown."""

import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from ketacare.interop.recordings.recording import Draft, Recording, monitor_book

HEADER = "Time,Parameter,Value"
UNKNOWN = Decimal(-1)
_TIME = re.compile(r"(\d{2,3}):([0-5]\d)")


def read(text: str, *, file: str) -> Recording:
    """Read the whole file, or raise BadInput with every problem and its line."""
    draft = Draft(file=file, format=monitor_book().formats["physionet_2012"])
    before: tuple[timedelta, int] = (timedelta(0), 1)
    seen: dict[tuple[timedelta, str], int] = {}
    for line, cells in _lines(text, draft):
        after = _time(cells[0], draft, line=line)
        value = draft.number(cells[2], line=line, name=cells[1])
        if not draft.knows(cells[1], line=line) or after is None or value is None:
            continue
        if after < before[0]:
            draft.complain(line, f"time {cells[0]} is earlier than in line {before[1]}")
        before = max(before, (after, line))
        if is_missing(value, known=cells[1] in draft.format.names):
            continue
        if (first := seen.setdefault((after, cells[1]), line)) != line:
            draft.complain(line, f"{cells[1]} at {cells[0]} stands already in line {first}")
        draft.add(cells[1], value, after=after, line=line)
    return draft.finish()


def is_missing(value: Decimal, *, known: bool) -> bool:
    """-1 is unknown; a vital sign charted as 0 in an awake person was not measured."""
    return value == UNKNOWN or (known and value == 0)


def _lines(text: str, draft: Draft) -> Iterator[tuple[int, list[str]]]:
    for line, row in enumerate(text.splitlines(), start=1):
        cells = [cell.strip() for cell in row.split(",")]
        if line == 1 or not row.strip():
            continue
        if len(cells) != len(HEADER.split(",")):
            draft.complain(line, f"{len(cells)} cells where there should be Time, Parameter and Value")
            continue
        yield line, cells


def _time(text: str, draft: Draft, *, line: int) -> timedelta | None:
    match = _TIME.fullmatch(text)
    if match is None:
        draft.complain(line, f"time {text[:20]!r} is not HH:MM")
        return None
    return timedelta(hours=int(match[1]), minutes=int(match[2]))
