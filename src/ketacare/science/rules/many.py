"""One block of patients judged by a whole rulebook: derivations, rules, clearances and the result table, as for one patient."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import repeat
from typing import TYPE_CHECKING

from ketacare.science.errors import BadFacts, Problem
from ketacare.science.rules.admit import Given
from ketacare.science.rules.columns import Block, Column, column_of
from ketacare.science.rules.conditions import AtLeast, Compared
from ketacare.science.rules.fields import Fact
from ketacare.science.rules.planes import NOBODY, Judge, Plane, Verdicts, union
from ketacare.science.rules.policy import Policy
from ketacare.science.rules.rivals import agrees
from ketacare.science.rules.rule import Deriving, Rule, derived_from
from ketacare.science.rules.shapes import Occasion
from ketacare.science.rules.worlds import derived_by, rounded

if TYPE_CHECKING:
    from ketacare.science.rules.book import Book


@dataclass(kw_only=True, slots=True)
class Found:
    """What a block came to, as planes; ``problems``: why a patient's facts were refused, by the place in the block."""

    dispositions: dict[str, Plane]
    fires: dict[str, Plane] = field(default_factory=dict)
    unknown: dict[str, Plane] = field(default_factory=dict)
    cleared: dict[str, Plane] = field(default_factory=dict)
    alone: Plane = NOBODY
    problems: dict[int, tuple[Problem, ...]] = field(default_factory=dict)


def judged(book: "Book", block: Block, *, on: date | None, policy: Policy) -> Found:
    """Return what a rulebook says of every patient of a block."""
    columns, contradicted = _with_derived(book, block, policy)
    alone = {**block.apart, **{place: _given(block.columns, place) for place in contradicted}}
    bench = Judge(size=block.size, columns=columns, params=policy.values)
    records = _Records.of(book, block, columns, on=on)
    together = bench.everybody & ~union(1 << place for place in alone)
    found = Found(dispositions=dict.fromkeys(dispositions(book), NOBODY))
    for rule in book.rules:
        _judge_rule(rule, bench, records, found, among=together)
    _read_result(book, found, among=together)
    for place, facts in alone.items():
        _judge_alone(book, facts, block, place, found, on=on, policy=policy)
    return found


def dispositions(book: "Book") -> tuple[str, ...]:
    """Return every disposition of a book, in the order of its result table."""
    return tuple(dict.fromkeys(str(row.then or row.otherwise) for row in book.result))


def _judge_rule(rule: Rule, bench: Judge, records: "_Records", found: Found, *, among: Plane) -> None:
    verdicts = bench.verdicts(rule.when, records.facts(rule) if rule.reads_clearances else None)
    everybody = Verdicts(true=bench.everybody, false=NOBODY)
    applies = everybody if rule.applies is None else bench.verdicts(rule.applies)
    here = among & ~applies.false
    fires = here & verdicts.true & applies.true
    found.fires[rule.id] = fires
    found.unknown[rule.id] = here & ~fires & ~verdicts.false
    found.cleared[rule.id] = fires & records.covering(rule) if rule.cleared_by else NOBODY


def _read_result(book: "Book", found: Found, *, among: Plane) -> None:
    """Give every patient the disposition of the first row that matches."""
    left = among
    for row in book.result:
        matched = left if row.when is None else left & _matching(book, row.when, found)
        found.dispositions[str(row.then or row.otherwise)] |= matched
        left &= ~matched


def _matching(book: "Book", when: Occasion, found: Found) -> Plane:
    def of(severities: Iterable[str]) -> list[str]:
        return [rule.id for rule in book.rules if rule.severity in severities]

    return union(
        (
            *(found.fires[rule] for rule in of(when.fired)),
            *(found.unknown[rule] for rule in of(when.unknown)),
            *(found.fires[rule] & ~found.cleared[rule] for rule in of(when.uncleared)),
        )
    )


def _judge_alone(
    book: "Book", facts: Given, block: Block, place: int, found: Found, *, on: date | None, policy: Policy
) -> None:
    bit = 1 << place
    found.alone |= bit
    try:
        evaluation = book.evaluate(facts, on=on, policy=policy, clearances=block.clearances.get(place, ()))
    except BadFacts as refusal:
        found.problems[place] = refusal.problems
        return
    found.dispositions[evaluation.disposition] |= bit
    for finding in evaluation.findings:
        verdicts = found.fires if finding.fires else found.unknown
        verdicts[finding.rule.id] |= bit
        if finding.cleared:
            found.cleared[finding.rule.id] |= bit


def _with_derived(book: "Book", block: Block, policy: Policy) -> tuple[Mapping[str, Column], list[int]]:
    """Return the columns with what follows from them, and the patients whose entered facts contradict it."""
    derived: dict[str, Column] = {}
    for one in book.derivations:
        for fact, column in _derive(book, one, block, policy):
            derived[fact] = _laid_over(column, derived[fact]) if fact in derived else column
    columns = dict(block.columns)
    contradicted: set[int] = set()
    for fact, follows in derived.items():
        entered = block.columns.get(fact)
        if entered is not None:
            contradicted.update(_disagreeing(entered, follows))
        columns[fact] = follows if entered is None else _laid_over(entered, follows)
    return columns, sorted(contradicted - block.apart.keys())


def _derive(book: "Book", one: Deriving, block: Block, policy: Policy) -> Iterator[tuple[str, Column]]:
    """Yield the facts that one derivation fills, asking it once for each combination of values that occurs."""
    inputs = tuple({source: None for sources in derived_from([one]).values() for source in sources})
    several = [block.columns.get(name) for name in inputs]
    rows = list(zip(*(repeat(0, block.size) if column is None else column.codes for column in several), strict=True))
    follows: dict[tuple[int, ...], dict[str, Compared]] = {}
    for row in set(rows):
        known = {
            name: value
            for name, column, code in zip(inputs, several, row, strict=True)
            if column is not None and (value := column.values[code]) is not None
        }
        follows[row] = {fact: rounded(book, fact, value) for fact, value in derived_by(one, known, policy.values)}
    for fact in dict.fromkeys(fact for found in follows.values() for fact in found):
        values = {row: found.get(fact) for row, found in follows.items()}
        yield fact, column_of(map(values.__getitem__, rows))


def _laid_over(upper: Column, lower: Column) -> Column:
    """Return the upper column with its gaps filled from the lower."""
    pairs = zip(_each(upper), _each(lower), strict=True)
    return column_of(below if above is None else above for above, below in pairs)


def _disagreeing(entered: Column, derived: Column) -> Iterator[int]:
    for place, (one, other) in enumerate(zip(_each(entered), _each(derived), strict=True)):
        if one is not None and other is not None and not agrees(one, other):
            yield place


def _each(column: Column) -> Iterator[Compared | None]:
    return map(column.values.__getitem__, column.codes)


def _given(columns: Mapping[str, Column], place: int) -> Given:
    """Return one patient's facts out of the columns, as the plain evaluator takes them."""
    values = {name: column.value(place) for name, column in columns.items()}
    return {
        name: value if not isinstance(value, AtLeast) else Fact(name=name, value=_listed(value), complete=False)
        for name, value in values.items()
        if value is not None
    }


def _listed(value: AtLeast) -> list[str]:
    return list(value.known) if isinstance(value.known, tuple) else []


@dataclass(frozen=True, kw_only=True, slots=True)
class _Records:
    """Who has which kind of clearance on file, and for whom it validly covers which rule."""

    everybody: Plane
    there: Mapping[str, Plane]
    valid: Mapping[tuple[str, str], Plane]

    @classmethod
    def of(cls, book: "Book", block: Block, columns: Mapping[str, Column], *, on: date | None) -> "_Records":
        there: dict[str, Plane] = {}
        valid: dict[tuple[str, str], Plane] = {}
        if on is None:  # whoever has a record is judged alone, and refused
            return cls(everybody=NOBODY, there=there, valid=valid)
        for place, record in ((place, one) for place, several in block.clearances.items() for one in several):
            kind, bit = record.clearance, 1 << place
            there[kind] = there.get(kind, NOBODY) | bit
            values = {name: value for name in record.inputs if (value := _value(columns, name, place)) is not None}
            for rule in record.covers:
                if not record.fault(rule, on=on, values=values, max_age_days=book.clearance_max_age_days):
                    valid[rule, kind] = valid.get((rule, kind), NOBODY) | bit
        return cls(everybody=(1 << block.size) - 1, there=there, valid=valid)

    def facts(self, rule: Rule) -> Mapping[str, Verdicts]:
        """Return each clearance as a fact before one rule: true where a valid record covers it, false where one only lies on file."""
        return {
            kind: Verdicts(
                true=self.valid.get((rule.id, kind), NOBODY), false=there & ~self.valid.get((rule.id, kind), NOBODY)
            )
            for kind, there in self.there.items()
        }

    def covering(self, rule: Rule) -> Plane:
        """Return for whom every clearance that the rule lists is valid."""
        covered = self.everybody
        for kind in rule.cleared_by:
            covered &= self.valid.get((rule.id, kind), NOBODY)
        return covered


def _value(columns: Mapping[str, Column], name: str, place: int) -> Compared | None:
    return columns[name].value(place) if name in columns else None
