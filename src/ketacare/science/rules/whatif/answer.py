"""What would have to be true for another result: the smallest sets of answers, changes and clearances, each judged by the engine."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from ketacare.science.rules.admit import Given
from ketacare.science.rules.book import Book
from ketacare.science.rules.clearances import Clearance
from ketacare.science.rules.findings import Finding, Used
from ketacare.science.rules.policy import Policy
from ketacare.science.rules.whatif.changes import Changes, Kind, changes
from ketacare.science.rules.whatif.search import CHOSEN, Search, dead_ends, search_from, smallest_ways
from ketacare.science.rules.whatif.wanted import Wanted
from ketacare.science.rules.whatif.ways import Way


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One fact that would have to be otherwise, or known."""

    fact: str
    want: Wanted
    kind: Kind | None  # how it can become so; None: nobody has answered it yet
    now: Used
    asked_by: tuple[str, ...]  # rules


@dataclass(frozen=True, kw_only=True, slots=True)
class Letter:
    """One clearance that would have to be on file, naming these rules."""

    clearance: str
    asked_by: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class WayOut:
    """One set of steps that together lead to a goal."""

    steps: tuple[Step, ...]
    letters: tuple[Letter, ...]
    result: str

    @property
    def size(self) -> int:
        """How many things would have to happen."""
        return len(self.steps) + len(self.letters)


@dataclass(frozen=True, kw_only=True, slots=True)
class WhatIf:
    """What would have to be true: sets of steps, fewest first, or the findings that nothing can change."""

    goals: tuple[str, ...]
    ways_out: tuple[WayOut, ...]
    no_way: tuple[Finding, ...]
    complete: bool  # whether the search came to its end


def what_if(
    book: Book,
    facts: Given,
    *,
    on: date,
    policy: Policy | None = None,
    clearances: Sequence[Clearance] = (),
    may: Changes | None = None,
    most: int = 4,
) -> WhatIf:
    """Return the smallest sets of answers, changes and clearances that would lead to a result that lets a prescriber go on.

    Args:
        book: a rulebook.
        facts, on, policy, clearances: as for ``Book.evaluate``.
        may: what can change; None: what the book's own file says (``data/changes``).
        most: how many sets to look for.

    Returns:
        The sets, fewest steps first, none of them part of another; with no set at all, the findings that nothing on the list can change.

    Raises:
        BadFacts: as the evaluation.

    Assumes: a fact that the list of changes does not name stays as it is. A missing fact may be answered in any way.
    Source: best-first search over the ways out of each blocking finding (ways.py). Every set is judged by the engine itself, and one
        of 20 facts or fewer also without each of its steps, and with every other value that its ranges admit, one fact at a time; a search by brute force agrees in the tests.
    """
    may = may or changes(book.id)
    search = search_from(book, facts, on=on, policy=policy, clearances=clearances, may=may)
    found, ended = smallest_ways(search, most=most)
    return WhatIf(
        goals=may.goals,
        ways_out=tuple(_way_out(search, way) for way in found),
        no_way=() if found else tuple(dead_ends(search)),
        complete=ended,
    )


def _way_out(search: Search, way: Way) -> WayOut:
    evaluation, _ = search.judged(way)
    steps = tuple(
        Step(
            fact=name,
            want=_of_now(want, search.first.facts.get(name)),
            kind=_kind(search, name),
            now=search.first.facts.get(name) or Used(name=name, value=None),
            asked_by=tuple(sorted(way.asked_by[name])),
        )
        for name, want in sorted(way.facts.items())
    )
    letters = (Letter(clearance=kind, asked_by=tuple(sorted(way.asked_by[kind]))) for kind in sorted(way.clearances))
    return WayOut(steps=steps, letters=tuple(letters), result=evaluation.disposition)


def _of_now(want: Wanted, now: Used | None) -> Wanted:
    """Return what is wanted of a list in terms of what is on it."""
    if now is None or not isinstance(now.value, tuple):
        return want
    return replace(want, without=want.without & set(now.value))


def _kind(search: Search, name: str) -> Kind | None:
    known = search.first.facts.get(name)
    if known is None or known.value is None or not known.complete:
        return None
    if known.rivals:
        return CHOSEN.kind
    return search.may.facts[name].kind if name in search.may.facts else CHOSEN.kind
