"""A monitor's CSV: a first column of minutes or seconds, then one column a parameter; an empty cell is a missing value."""

import csv
from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal

from ketacare.interop.recordings.recording import Draft, Recording, monitor_book

CLOCKS = {"minute": timedelta(minutes=1), "second": timedelta(seconds=1)}


def read(text: str, *, file: str) -> Recording:
    """Read the whole file, or raise BadInput with every problem and its line."""
    draft = Draft(file=file, format=monitor_book().formats["monitor"])
    reader = csv.reader(text.splitlines(), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        if _header_is_sound(draft, header):
            _rows(draft, header, ((reader.line_num, cells) for cells in reader))
    except csv.Error as error:
        draft.complain(reader.line_num, f"not readable as CSV: {error}")
    return draft.finish()


def _header_is_sound(draft: Draft, header: list[str]) -> bool:
    if not header or header[0] not in CLOCKS:
        draft.complain(1, f"the first column must be one of {', '.join(CLOCKS)}")
    for name in header[1:]:
        draft.knows(name, line=1)
    for name in {name for name in header if header.count(name) > 1}:
        draft.complain(1, f"there are two columns {name!r}")
    ours = [draft.format.names[name] for name in header if name in draft.format.names]
    for name in {name for name in ours if ours.count(name) > 1}:
        draft.complain(1, f"two columns both mean {name}")
    return not draft.problems


def _rows(draft: Draft, header: list[str], rows: Iterable[tuple[int, list[str]]]) -> None:
    before: tuple[Decimal, int] | None = None
    for line, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            draft.complain(line, f"{len(cells)} cells where the header has {len(header)}")
            continue
        at = draft.number(cells[0], line=line, name=header[0])
        if at is None:
            continue
        if before and at <= before[0]:
            how = "stands already in" if at == before[0] else "is earlier than"
            draft.complain(line, f"{header[0]} {at} {how} line {before[1]}")
        before = max(before or (at, line), (at, line))
        _cells(draft, header, cells, after=float(at) * CLOCKS[header[0]], line=line)


def _cells(draft: Draft, header: list[str], cells: list[str], *, after: timedelta, line: int) -> None:
    for name, cell in zip(header[1:], cells[1:], strict=True):
        if not cell.strip():
            continue
        value = draft.number(cell, line=line, name=name)
        if value is not None:
            draft.add(name, value, after=after, line=line)
