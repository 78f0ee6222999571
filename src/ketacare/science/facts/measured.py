"""Which measurement of a record counts: the newest that can be used, never an older one hidden behind a newer that cannot."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from ketacare.science.errors import Problem
from ketacare.science.facts.codes import LOINC, CodeBook, FactRow, codes_of
from ketacare.science.facts.entries import RecordEntry, Standing

# Entries that say nothing about the person, or nothing any more.
VOID = frozenset({Standing.ERROR, Standing.WITHDRAWN, Standing.REFUTED})


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """A number that a fact may rest on, in the fact's unit."""

    value: Decimal
    at: datetime
    entries: tuple[RecordEntry, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Unusable:
    """An entry that carries the fact's code and cannot carry the fact. One that hides the truth blocks older ones."""

    entry: RecordEntry
    says: str
    blocks: bool

    @property
    def problem(self) -> Problem:
        return Problem(place=self.entry.name_and_day, says=self.says)


def measured(
    row: FactRow, entries: Iterable[RecordEntry], *, book: CodeBook, at: datetime
) -> tuple[Measured | None, list[Unusable]]:
    """Return what the record measured for one fact, and the entries that could not be used.

    Args:
        row: the fact, its codes and how their values make it.
        entries: the current entries of one person.
        book: the code book that the row is of.
        at: the moment that the fact is for.

    Returns:
        The measurement or None, and every entry with the fact's code that was set aside, with the reason.
    """
    everything = [one for one in entries if one.standing not in VOID]
    mine = [one for one in everything if one.has_code(LOINC, row.loinc) and one.value is not None]
    aside: list[Unusable] = []
    usable: list[Measured] = []
    for entry in mine:
        found = _read(entry, row, everything, book=book, at=at)
        (aside if isinstance(found, Unusable) else usable).append(found)  # type: ignore[arg-type]
    blocked = max((one.entry.as_of for one in aside if one.blocks and one.entry.as_of), default=None)
    usable = sorted((one for one in usable if blocked is None or one.at > blocked), key=lambda one: one.at)
    if not usable:
        return None, aside
    return (_mean if row.take == "mean" else _newest)(usable, aside, book)


def _read(
    entry: RecordEntry, row: FactRow, everything: Sequence[RecordEntry], *, book: CodeBook, at: datetime
) -> Measured | Unusable:
    if entry.as_of is None:
        return Unusable(entry=entry, says="has no date", blocks=False)
    if entry.as_of > at:
        return Unusable(entry=entry, says="is dated in the future", blocks=False)
    if row.take == "mean" and entry.position and entry.position not in book.seated_codes:
        return Unusable(entry=entry, says="was not measured seated", blocks=False)
    if row.room_air and (says := _on_oxygen(entry, everything, book)):
        return Unusable(entry=entry, says=says, blocks=False)
    if entry.standing is Standing.UNSURE:
        return Unusable(entry=entry, says=f"is not final ({entry.status})", blocks=True)
    if entry.comparator:
        return Unusable(entry=entry, says=f"is only a bound ({entry.comparator} {entry.value})", blocks=True)
    return _in_unit(entry, row, book)


def _in_unit(entry: RecordEntry, row: FactRow, book: CodeBook) -> Measured | Unusable:
    """The value in the fact's unit, or as a multiple of the limit that the laboratory gave with it."""
    assert entry.as_of is not None and entry.value is not None  # noqa: PT018, S101  # asked by the callers
    if row.take == "x_uln":
        if not entry.reference_high or entry.reference_high < 0:
            says = "the laboratory gave no single upper limit with it"
            return Unusable(entry=entry, says=says, blocks=True)
        return Measured(value=entry.value / entry.reference_high, at=entry.as_of, entries=(entry,))
    value = book.converted(entry.value, entry.unit, row.unit)
    if value is None:
        says = f"its unit {entry.unit or '(none)'} cannot be turned into {row.unit}"
        return Unusable(entry=entry, says=says, blocks=True)
    return Measured(value=value, at=entry.as_of, entries=(entry,))


def _on_oxygen(entry: RecordEntry, everything: Sequence[RecordEntry], book: CodeBook) -> str:
    """Why a saturation was not measured on room air, or nothing."""
    beside = [one for one in everything if one.group == entry.group]
    for oxygen in book.inhaled_oxygen:
        for one in beside:
            if not one.has_code(LOINC, codes_of([oxygen])):
                continue
            value = None if one.value is None else book.converted(one.value, one.unit, oxygen.unit)
            if value is None or value > oxygen.room_air_up_to:
                return f"was not measured on room air ({one.display} {one.value} {one.unit})"
    return ""


def _newest(usable: list[Measured], aside: list[Unusable], _: CodeBook) -> tuple[Measured | None, list[Unusable]]:
    newest = [one for one in usable if one.at == usable[-1].at]
    if len({one.value for one in newest}) > 1:
        says = "two different values at the same time"
        return None, [*aside, *(Unusable(entry=one.entries[0], says=says, blocks=True) for one in newest)]
    return newest[-1], aside


def _mean(usable: list[Measured], aside: list[Unusable], book: CodeBook) -> tuple[Measured | None, list[Unusable]]:
    """The mean of the readings close to the newest; the same value at the same time is one reading told twice."""
    since = usable[-1].at - timedelta(hours=book.mean.within_hours)
    readings = list({(one.at, one.value): one for one in usable if one.at >= since}.values())
    if not book.unstated_position.counts_as_seated:
        readings = [one for one in readings if one.entries[0].position]
    if len(readings) < book.mean.at_least:
        says = f"{len(readings)} seated reading within {book.mean.within_hours} h where {book.mean.at_least} are needed"
        return None, [*aside, *(Unusable(entry=one.entries[0], says=says, blocks=True) for one in readings)]
    value = sum((one.value for one in readings), Decimal(0)) / len(readings)
    return Measured(value=value, at=usable[-1].at, entries=tuple(one.entries[0] for one in readings)), aside
