"""Every way the facts may be while sources contradict each other, and the most cautious verdict over all of them.

A world takes one of the rivals for each fact; the derivations follow. Where an entered value differs from what follows from others, the
derived one is a rival too. True is more cautious than unknown, unknown more than false, whatever the rule says.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from itertools import product
from typing import TYPE_CHECKING

from ketacare.science.rules.cells import reads
from ketacare.science.rules.conditions import (
    AllOf,
    AnyOf,
    AtLeast,
    Compared,
    Comparison,
    Condition,
    Incomplete,
    Known,
    Params,
    Verdict,
)
from ketacare.science.rules.findings import Used
from ketacare.science.rules.rivals import agrees
from ketacare.science.rules.rule import Deriving

if TYPE_CHECKING:
    from ketacare.science.rules.book import Book

Choice = Mapping[str, Compared | None]  # None: what follows from other facts, not what was entered
Chosen = tuple[tuple[str, Compared | None], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Worlds:
    """The facts as compared, in every way they may be; ``base`` takes the freshest of all rivals, and what was entered.

    ``touched`` are the facts that are not the same in every world: a rule that reads none of them needs one look.
    """

    book: "Book"
    params: Params
    entered: Known
    rivals: Mapping[str, tuple[Compared | None, ...]]
    conflicts: Mapping[str, Compared]
    base: Known
    touched: frozenset[str]
    _built: dict[Chosen, Known] = field(default_factory=dict)

    @property
    def certain(self) -> Known:
        """The facts about which no two sources differ."""
        return (
            {name: value for name, value in self.base.items() if name not in self.rivals} if self.rivals else self.base
        )

    def world(self, chosen: Choice) -> Known:
        """Return the facts of one world, built once."""
        key = tuple(sorted(chosen.items(), key=lambda item: item[0]))
        if key not in self._built:
            self._built[key] = self._build(chosen) if chosen else self.base
        return self._built[key]

    def _build(self, chosen: Choice) -> Known:
        entered = {**self.entered, **{name: value for name, value in chosen.items() if value is not None}}
        derived = derive(self.book, entered, self.params)
        follows = [name for name, value in chosen.items() if value is None and name in derived]
        differ = {name: derived[name] for name in follows if not agrees(entered[name], derived[name])}
        return {**derived, **entered, **differ}

    def most_cautious(self, condition: Condition, chosen: Choice) -> tuple[Verdict, Choice]:
        """Return the most cautious verdict on a condition in the worlds that agree with a choice, and a world that has it.

        Exact, without trying every world: the members of an ``any`` may each be judged in the world of their choice, and so may those
        of an ``all`` once the rivals that two of them read are settled.
        """
        if not self._open(condition, chosen):
            return condition.verdict(self.world(chosen), self.params), chosen
        match condition:
            case AnyOf():
                return _strongest(self.most_cautious(one, chosen) for one in condition.members)
            case AllOf():
                shared = Counter(name for one in condition.members for name in self._open(one, chosen))
                twice = [name for name, times in shared.items() if times > 1]
                return _strongest(self._all(condition.members, each) for each in self._choices(twice, chosen))
            case Comparison():
                choices = self._choices(self._open(condition, chosen), chosen)
                return _strongest((condition.verdict(self.world(each), self.params), each) for each in choices)
        return _strongest(self._missing(condition, chosen))

    def _all(self, members: Sequence[Condition], chosen: Choice) -> tuple[Verdict, Choice]:
        verdict: Verdict = True
        for member in members:
            reached, choice = self.most_cautious(member, chosen)
            if reached is False:
                return False, chosen
            verdict = verdict and reached
            chosen = choice
        return verdict, chosen

    def _missing(self, condition: Incomplete, chosen: Choice) -> Iterator[tuple[Verdict, Choice]]:
        """Judge for each fact that must be there whether it can be asked for and missing; never unknown."""
        for asked in condition.asked:
            for fact in asked.facts:
                missing = Comparison(fact=fact, op="missing")
                both = missing if asked.when is None else AllOf(members=(asked.when, missing))
                verdict, choice = self.most_cautious(both, chosen)
                yield verdict is True, choice

    def _open(self, condition: Condition, chosen: Choice) -> list[str]:
        """Return the facts with rivals that a condition depends on and no choice has settled."""
        if not self.rivals:
            return []
        facts = dict.fromkeys(reads(condition))
        facts |= dict.fromkeys(source for fact in facts for source in self.book.derived_from.get(fact, ()))
        return [fact for fact in facts if fact in self.rivals and fact not in chosen]

    def _choices(self, names: Sequence[str], chosen: Choice) -> Iterator[Choice]:
        for picked in product(*(self.rivals[name] for name in names)):
            yield {**chosen, **dict(zip(names, picked, strict=True))}


def worlds_of(book: "Book", entered: Known, *, rivals: Mapping[str, tuple[Compared, ...]], params: Params) -> Worlds:
    """Return every way the facts may be: as entered, their rivals, and what follows where that differs."""
    derived = derive(book, entered, params)
    conflicts = {name: value for name, value in derived.items() if name in entered and not agrees(entered[name], value)}
    several: dict[str, tuple[Compared | None, ...]] = dict(rivals)
    for name, inputs in book.derived_from.items():
        if name in conflicts or (name in entered and not rivals.keys().isdisjoint(inputs)):
            several[name] = (*rivals.get(name, (entered[name],)), None)
    base = {**derived, **entered}
    follow = (name for name, inputs in book.derived_from.items() if not several.keys().isdisjoint(inputs))
    touched = frozenset((*several, *follow)) if several else frozenset[str]()
    return Worlds(
        book=book, params=params, entered=entered, rivals=several, conflicts=conflicts, base=base, touched=touched
    )


def _strongest(reached: Iterator[tuple[Verdict, Choice]]) -> tuple[Verdict, Choice]:
    """Return the first that is true, else the first that is unknown, else the first."""
    best: tuple[Verdict, Choice] | None = None
    for one in reached:
        if one[0]:
            return one
        if best is None or (best[0] is False and one[0] is None):
            best = one
    return best or (False, {})


def derive(book: "Book", entered: Known, params: Params) -> dict[str, Compared]:
    """Return what follows from entered facts, rounded as the book compares it."""
    found: dict[str, Compared] = {}
    for one in book.derivations:
        for name, value in derived_by(one, entered, params):
            found[name] = rounded(book, name, value)
    return found


def derived_by(one: Deriving, entered: Known, params: Params) -> Iterator[tuple[str, Compared]]:
    """Yield what one derivation adds to entered facts, not yet rounded."""
    stated = one.stated
    if one.when is not None and stated.set is not None and one.when.verdict(entered, params):
        yield from stated.set.items()
    if stated.fact and stated.count_of and stated.among is not None:
        listed = entered.get(stated.count_of)
        if isinstance(listed, tuple):
            yield stated.fact, len(set(listed) & set(stated.among))
        elif isinstance(listed, AtLeast) and isinstance(listed.known, tuple):
            yield from _at_least(stated.fact, listed.known, stated.among)
    if stated.fact and stated.difference:
        first, second = (entered.get(name) for name in stated.difference)
        if isinstance(first, int | float) and isinstance(second, int | float):
            yield stated.fact, first - second


def _at_least(fact: str, known: Sequence[str], among: Sequence[str]) -> Iterator[tuple[str, Compared]]:
    """Yield the count of an open list: a lower bound, nothing while nothing counts, exact when all there are were found."""
    count = len(set(known) & set(among))
    if count:
        yield fact, count if count == len(set(among)) else AtLeast(count)


def rounded(book: "Book", name: str, value: Compared) -> Compared:
    """Return a value as the book compares it."""
    rounding = book.rounding
    if rounding is None or not isinstance(value, float) or book.fields[name].unit not in rounding.units:
        return value
    return float(Decimal(repr(value)).quantize(Decimal(1).scaleb(-rounding.decimals), ROUND_HALF_UP))


def as_compared(book: "Book", one: Used) -> Compared:
    """Return a fact's value as conditions see it."""
    assert one.value is not None  # noqa: S101  # whoever asks has looked
    if not one.complete and isinstance(one.value, tuple):
        return AtLeast(one.value)
    return rounded(book, one.name, one.value)
