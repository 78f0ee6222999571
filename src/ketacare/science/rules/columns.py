"""Facts of many patients as columns: each distinct value of a fact once, and a small code for each patient.

A block holds so many patients that the work on each value, each comparison and each rule is shared by all of them, and so few that nobody
feels its memory. Values pass the same door as those of one patient; whoever the columns cannot hold is set apart, to be judged alone.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING

from ketacare.science.rules.admit import Given, evidence_complaint
from ketacare.science.rules.catalogue import catalogue
from ketacare.science.rules.clearances import PREFIX, Clearance
from ketacare.science.rules.conditions import AtLeast, Compared
from ketacare.science.rules.fields import Fact, Field, counted, staleness
from ketacare.science.rules.worlds import rounded

if TYPE_CHECKING:
    from ketacare.science.rules.book import Book

BLOCK = 1024  # patients; a multiple of eight, so that planes of blocks can be laid end to end as bytes
BYTE = 256  # codes that fit into one byte
PLAIN: Mapping[str, frozenset[type]] = {
    "bool": frozenset({bool, type(None)}),
    "int": frozenset({int, type(None)}),
    "float": frozenset({int, float, type(None)}),
    "enum": frozenset({str, type(None)}),
    "text": frozenset({str, type(None)}),
    "list": frozenset({type(None)}),  # a list is looked at member by member
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """One fact of a block of patients.

    ``values``: each value that occurs, as it is compared; the first is None: missing. ``codes``: for each patient, the place of the value.
    """

    values: tuple[Compared | None, ...]
    codes: Sequence[int]

    def value(self, patient: int) -> Compared | None:
        """Return what is known of one patient."""
        return self.values[self.codes[patient]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """Some patients: their facts as columns, and those whom the columns cannot hold, whole.

    A fact without a column is missing for all. ``apart`` and ``clearances`` are by the patient's place in the block.
    """

    size: int
    columns: Mapping[str, Column]
    apart: Mapping[int, Given]
    clearances: Mapping[int, Sequence[Clearance]]


def blocks(
    book: "Book", patients: Iterable[tuple[Given, Sequence[Clearance]]], *, on: date | None, size: int = BLOCK
) -> Iterator[Block]:
    """Yield the patients in blocks, in their order; no more than one block of what was given is held at a time."""
    several = iter(patients)
    while rows := list(islice(several, size)):
        yield _block(book, rows, on=on)


def column_of(entries: Iterable[Compared | None]) -> Column:
    """Return values as a column."""
    coder = _Coder()
    codes = list(map(coder.__getitem__, entries))
    return Column(values=tuple(coder.distinct), codes=compact(codes, kinds=len(coder.distinct)))


def compact(codes: Sequence[int], *, kinds: int) -> Sequence[int]:
    """Return codes as bytes where one byte is enough for each."""
    return bytes(codes) if kinds <= BYTE else codes


class _Coder(dict[Compared | None, int]):
    """Gives each distinct value of a fact its code."""

    def __init__(self) -> None:
        super().__init__({None: 0})
        self.distinct: list[Compared | None] = [None]

    def __missing__(self, value: Compared) -> int:
        code = self[value] = len(self.distinct)
        self.distinct.append(value)
        return code


def _block(book: "Book", patients: list[tuple[Given, Sequence[Clearance]]], *, on: date | None) -> Block:
    given = [facts for facts, _ in patients]
    rows = _Rows(book=book, rows=list(given), on=on)
    rows.give_full_names()
    columns = {name: column for name, entries in rows.by_fact() if (column := rows.column(name, entries)) is not None}
    records = {place: several for place, (_, several) in enumerate(patients) if several}
    apart = rows.apart | (set(records) if on is None else set())  # a record without a day of evaluation is refused
    return Block(
        size=len(patients),
        columns=columns,
        apart={place: given[place] for place in sorted(apart)},
        clearances=records,
    )


@dataclass(slots=True)
class _Rows:
    """The rows of a block on their way into columns."""

    book: "Book"
    rows: list[Given]
    on: date | None
    apart: set[int] = field(default_factory=set)

    @property
    def known(self) -> frozenset[str]:
        """The names of the facts that may be given."""
        return frozenset(name for name in self.book.fields if not name.startswith(PREFIX))

    def give_full_names(self) -> None:
        """Give every fact its full name and drop what only other books use; whoever has a wrong name is set apart, to be refused."""
        known = self.known
        for place, row in enumerate(self.rows):
            if row.keys() <= known:
                continue
            full = {self.book.fact_name(name): entry for name, entry in row.items()}
            foreign = [name for name in full if name not in known]
            if len(full) < len(row) or not all(self._is_fine_elsewhere(place, name, full[name]) for name in foreign):
                self.apart.add(place)
            self.rows[place] = {name: entry for name, entry in full.items() if name in known}

    def _is_fine_elsewhere(self, place: int, name: str, entry: object) -> bool:
        of = catalogue().get(name)
        if of is None or name.startswith(PREFIX):
            return False
        value = self._plain(place, name, entry)
        return value is None or not _complaint(of, value)

    def by_fact(self) -> Iterator[tuple[str, Sequence[object]]]:
        """Yield each fact with what every patient has of it; each patient's facts are looked up together, while they are at hand."""
        names = sorted(self.known)
        yield from zip(names, zip(*(map(row.get, names) for row in self.rows), strict=True), strict=True)

    def column(self, name: str, entries: Sequence[object]) -> Column | None:
        """Return one fact's column; None where nobody's is known. Whoever has a wrong value is set apart, to be refused."""
        of = self.book.fields[name]
        if not PLAIN[of.type].issuperset(map(type, entries)):
            entries = [self._plain(place, name, entry) for place, entry in enumerate(entries)]
        found = column_of(entries)  # type: ignore[arg-type]  # the line before has set everything else apart
        if refused := {code for code, value in enumerate(found.values) if value is not None and _complaint(of, value)}:
            self.apart |= {place for place, code in enumerate(found.codes) if code in refused}
            values = tuple(None if code in refused else value for code, value in enumerate(found.values))
            found = Column(values=values, codes=found.codes)
        compared = tuple(None if value is None else rounded(self.book, name, value) for value in found.values)
        return Column(values=compared, codes=found.codes) if len(compared) > 1 else None

    def _plain(self, place: int, name: str, entry: object) -> Compared | None:
        """Return an entry as the plain value it stands for; one that stands for none sets its patient apart."""
        of = self.book.fields.get(name) or catalogue()[name]
        if isinstance(entry, list | tuple) and len(entry) == 1 and isinstance(entry[0], Fact):
            entry = entry[0]
        fact = entry if isinstance(entry, Fact) else None
        fresh = "fresh" if fact is None else self._freshness(name, fact, of)
        value = counted(of, entry if fact is None else fact.value, on=self.on)
        if isinstance(value, bool | int | float | str) and type(value) in PLAIN[of.type]:
            plain: Compared | None = value
        elif of.type == "list" and isinstance(value, tuple) and all(isinstance(one, str) for one in value):
            plain = value if fact is None or fact.complete else AtLeast(value) if value else None
        elif value is None:
            return None
        else:
            fresh, plain = "wrong", None
        if fresh not in ("fresh", "stale") or (plain is not None and _complaint(of, plain)):
            self.apart.add(place)
        return plain if fresh == "fresh" else None

    def _freshness(self, name: str, fact: Fact, of: Field) -> str:
        """Return whether a fact with its evidence counts, or that it must be refused."""
        if evidence_complaint(self.book, name, fact):
            return "wrong"
        dated = fact.as_of is not None or (of.counts_days and isinstance(fact.value, date))
        if fact.unit not in (None, of.unit) or (dated and self.on is None) or (of.type != "list" and not fact.complete):
            return "wrong"
        return staleness(of, fact, on=self.on)


def _complaint(of: Field, value: Compared) -> str | None:
    return of.complaint(value.known if isinstance(value, AtLeast) else value)
