"""Conditions judged for many patients at once, on planes of bits.

A plane is a whole number with one bit for each patient. A verdict of many patients is two of them: for whom it is known to be true, and for whom
it is known to be false; neither is unknown. ``any`` and ``all`` are then one bitwise operation for all patients, and three-valued by themselves.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import and_, or_

from ketacare.science.rules.columns import BYTE, Column
from ketacare.science.rules.conditions import AnyOf, Asked, Comparison, Condition, Incomplete, Params, Verdict

Plane = int
NOBODY: Plane = 0
NO, YES = b"01"  # as digits of a number to the base two


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdicts:
    """For whom a condition is known to be true, and for whom known to be false."""

    true: Plane
    false: Plane


@dataclass(frozen=True, kw_only=True, slots=True)
class Judge:
    """Judges conditions over one block of patients; each comparison once, however many rules ask it."""

    size: int
    columns: Mapping[str, Column]
    params: Params
    asked: dict[Comparison, Verdicts] = field(default_factory=dict)

    @property
    def everybody(self) -> Plane:
        """The plane of all patients."""
        return (1 << self.size) - 1

    def verdicts(self, condition: Condition, given: Mapping[str, Verdicts] | None = None) -> Verdicts:
        """Return the verdicts of all patients on a condition; ``given``: yes-no facts that differ from rule to rule, as planes."""
        given = given or {}
        if isinstance(condition, Comparison):
            return self._comparison(condition, given)
        if isinstance(condition, Incomplete):
            lacking = union(self._lacking(one, given) for one in condition.asked)
            return Verdicts(true=lacking, false=self.everybody & ~lacking)
        found = [self.verdicts(member, given) for member in condition.members]
        true, false = [one.true for one in found], [one.false for one in found]
        if isinstance(condition, AnyOf):
            return Verdicts(true=union(true), false=self._common(false))
        return Verdicts(true=self._common(true), false=union(false))

    def _common(self, planes: Iterable[Plane]) -> Plane:
        return reduce(and_, planes, self.everybody)

    def _lacking(self, asked: Asked, given: Mapping[str, Verdicts]) -> Plane:
        missing = union(self.verdicts(Comparison(fact=fact, op="missing"), given).true for fact in asked.facts)
        return missing if asked.when is None else missing & self.verdicts(asked.when, given).true

    def _comparison(self, one: Comparison, given: Mapping[str, Verdicts]) -> Verdicts:
        if one.fact in given:
            return self._of_given(one, given[one.fact])
        found = self.asked.get(one)
        if found is None:
            found = self.asked[one] = self._of_column(one)
        return found

    def _of_column(self, one: Comparison) -> Verdicts:
        column = self.columns.get(one.fact)
        if column is None:
            return self._everybodys(one.verdict({}, self.params))
        verdicts = [one.verdict({} if value is None else {one.fact: value}, self.params) for value in column.values]
        return Verdicts(
            true=plane(column.codes, [verdict is True for verdict in verdicts]),
            false=plane(column.codes, [verdict is False for verdict in verdicts]),
        )

    def _of_given(self, one: Comparison, known: Verdicts) -> Verdicts:
        worlds = (
            (known.true, one.verdict({one.fact: True}, self.params)),
            (known.false, one.verdict({one.fact: False}, self.params)),
            (self.everybody & ~known.true & ~known.false, one.verdict({}, self.params)),
        )
        return Verdicts(
            true=union(who for who, verdict in worlds if verdict is True),
            false=union(who for who, verdict in worlds if verdict is False),
        )

    def _everybodys(self, verdict: Verdict) -> Verdicts:
        return Verdicts(
            true=self.everybody if verdict is True else NOBODY, false=self.everybody if verdict is False else NOBODY
        )


def union(planes: Iterable[Plane]) -> Plane:
    """Return the plane of all who are on any of the planes."""
    return reduce(or_, planes, NOBODY)


def plane(codes: Sequence[int], wanted: Sequence[bool]) -> Plane:
    """Return the plane of the patients whose code is wanted: the first patient is the lowest bit."""
    if not any(wanted):
        return NOBODY
    digits = bytes(YES if one else NO for one in wanted)
    if isinstance(codes, bytes):
        text = codes.translate(digits.ljust(BYTE, b"0"))
    else:
        text = bytes(map(digits.__getitem__, codes))
    return int(text[::-1], 2)


def patients_on(plane: Plane) -> list[int]:
    """Return the places of the patients on a plane, ascending."""
    return [place for place, digit in enumerate(f"{plane:b}"[::-1]) if digit == "1"]
