"""A rulebook applied to many patients at once: the same verdicts as one by one, at a small share of the cost.

The plain evaluator explains one patient; this one says for whom each rule fires, for whom it cannot be judged, and what the disposition of each
patient is. Nobody is judged by other rules: every comparison, derivation and rounding here is the plain evaluator's own, asked once for each
distinct value instead of once for each patient. A patient whom columns cannot hold (sources that contradict each other) is judged alone, by the
plain evaluator itself, and ``alone`` says who.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING

from ketacare.science.errors import BadFacts, Problem
from ketacare.science.rules.admit import Given
from ketacare.science.rules.clearances import Clearance
from ketacare.science.rules.columns import BLOCK, Block, blocks
from ketacare.science.rules.many import Found, dispositions, judged
from ketacare.science.rules.planes import Plane, patients_on, union
from ketacare.science.rules.policy import Policy

if TYPE_CHECKING:
    from ketacare.science.rules.book import Book

BITS = 8  # of a byte
NO_RECORDS: Mapping[int, Sequence[Clearance]] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True, slots=True)
class Screened:
    """What a rulebook says of many patients; a patient is known by the place at which their facts were given, from 0.

    A plane is a whole number whose lowest bit is patient 0: ``plane.bit_count()`` counts, ``population.patients_on(plane)`` lists them.

    Attributes:
        size: how many patients.
        dispositions: by disposition, strongest first as the book's result table has them: a plane; every patient is on exactly one.
        fires, unknown, cleared: by rule id, in the order of the book: the plane of those for whom the rule fires, cannot be judged, or
            fires and is cleared by valid records. A rule is false for the others, or is not for their route or jurisdiction.
        urgent: the plane of those about whom somebody must be called now.
        alone: the plane of those whom the plain evaluator judged, one by one.
    """

    book_id: str
    book_version: int
    book_sha256: str
    on: date | None
    params: Mapping[str, float]
    size: int
    dispositions: Mapping[str, Plane]
    fires: Mapping[str, Plane]
    unknown: Mapping[str, Plane]
    cleared: Mapping[str, Plane]
    urgent: Plane
    alone: Plane

    def disposition(self, patient: int) -> str:
        """Return one patient's disposition."""
        return next(name for name, plane in self.dispositions.items() if plane >> patient & 1)

    def counts(self) -> dict[str, int]:
        """Return how many patients have each disposition."""
        return {name: plane.bit_count() for name, plane in self.dispositions.items()}

    def most_fired(self) -> list[tuple[str, int]]:
        """Return the rules that fire for somebody, with how many, most first."""
        fired = [(rule, plane.bit_count()) for rule, plane in self.fires.items() if plane]
        return sorted(fired, key=lambda one: -one[1])

    def each(self) -> Iterator[tuple[str, tuple[str, ...], tuple[str, ...]]]:
        """Yield for every patient, in order: the disposition, the rules that fire, and those that cannot be judged."""
        columns = (_by_patient(planes, self.size) for planes in (self.dispositions, self.fires, self.unknown))
        for (disposition,), fires, unknown in zip(*columns, strict=True):
            yield disposition, tuple(fires), tuple(unknown)


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """The facts of many patients as columns, to be judged more than once: under other parameters, by the same book."""

    book: "Book"
    on: date | None
    blocks: tuple[Block, ...]

    def screen(self, policy: Policy | None = None) -> Screened:
        """Return what the book says of every patient under a site's parameters (None: every default); as ``population.screen``."""
        return _screened(self.book, self.blocks, on=self.on, policy=policy or self.book.defaults)


def table(
    book: "Book",
    facts: Iterable[Given],
    *,
    on: date | None = None,
    clearances: Mapping[int, Sequence[Clearance]] = NO_RECORDS,
) -> Table:
    """Return the facts of many patients as columns; arguments as for ``screen``. A byte for each fact of a patient."""
    return Table(book=book, on=on, blocks=tuple(_blocks(book, facts, clearances, on=on)))


def screen(
    book: "Book",
    facts: Iterable[Given],
    *,
    on: date | None = None,
    policy: Policy | None = None,
    clearances: Mapping[int, Sequence[Clearance]] = NO_RECORDS,
    called: Callable[[int], str] = "patient {}".format,
) -> Screened:
    """Return what a rulebook says of many patients.

    Args:
        book: the rulebook, from ``rules.load``.
        facts: for each patient what ``Book.evaluate`` takes: by name a plain value, a ``Fact`` with its evidence, several of them, or None.
            Any iterable; it is read once and held a block of about a thousand patients at a time, so a generator costs no memory.
        on: the day of evaluation, or the moment; as for ``Book.evaluate``.
        policy: the site's parameters, from ``book.policy``; None: every default.
        clearances: the records on file, by the patient's place in ``facts``, from 0; looked up as each patient is read.
        called: what a patient is called in a problem, by their place.

    Returns:
        For every patient the disposition and each rule's verdict, exactly as ``Book.evaluate`` gives them one by one.

    Raises:
        BadFacts: whatever ``Book.evaluate`` would refuse, of all patients at once; each place begins with the patient's.

    Assumes: as ``Book.evaluate``.
    Source: three-valued logic on planes of bits, our own; held equal to ``Book.evaluate`` by a property test over made-up patients of every
        shipped book, tests/science/rules/test_population.py. ``./run bench screen`` measures it.
    """
    several = _blocks(book, facts, clearances, on=on)
    return _screened(book, several, on=on, policy=policy or book.defaults, called=called)


def _blocks(
    book: "Book", facts: Iterable[Given], clearances: Mapping[int, Sequence[Clearance]], *, on: date | None
) -> Iterator[Block]:
    patients = ((given, clearances.get(place, ())) for place, given in enumerate(facts))
    return blocks(book, patients, on=on)


def _screened(
    book: "Book",
    several: Iterable[Block],
    *,
    on: date | None,
    policy: Policy,
    called: Callable[[int], str] = "patient {}".format,
) -> Screened:
    found: list[Found] = []
    size = 0
    problems: list[Problem] = []
    for block in several:
        one = judged(book, block, on=on, policy=policy)
        for place, refused in one.problems.items():
            problems += [Problem(place=f"{called(size + place)}: {each.place}", says=each.says) for each in refused]
        found.append(one)
        size += block.size
    if problems:
        raise BadFacts(problems)
    ids = [rule.id for rule in book.rules]
    fires = _end_to_end(ids, [one.fires for one in found])
    return Screened(
        book_id=book.id,
        book_version=book.version,
        book_sha256=book.sha256,
        on=on,
        params=policy.values,
        size=size,
        dispositions=_end_to_end(dispositions(book), [one.dispositions for one in found]),
        fires=fires,
        unknown=_end_to_end(ids, [one.unknown for one in found]),
        cleared=_end_to_end(ids, [one.cleared for one in found]),
        urgent=union(fires[rule.id] for rule in book.rules if rule.urgent),
        alone=_end_to_end(["alone"], [{"alone": one.alone} for one in found])["alone"],
    )


def _end_to_end(names: Iterable[str], parts: Sequence[Mapping[str, Plane]]) -> dict[str, Plane]:
    """Return the planes of blocks, one after the other, as planes of all patients."""
    width = BLOCK // BITS  # every block but the last is full
    return {
        name: int.from_bytes(b"".join(part[name].to_bytes(width, "little") for part in parts), "little")
        for name in names
    }


def _by_patient(planes: Mapping[str, Plane], size: int) -> list[list[str]]:
    found: list[list[str]] = [[] for _ in range(size)]
    for name, plane in planes.items():
        for patient in patients_on(plane):
            found[patient].append(name)
    return found
