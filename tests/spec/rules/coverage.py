"""What the cases of a rule must hold: every verdict, a pair across every number, and each listed thing alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations

from ketacare.science.rules import Book, Rule
from ketacare.science.rules.cases import Case, RuleExpectation, run_case
from ketacare.science.rules.conditions import Comparison, Value, comparisons
from ketacare.science.rules.reach import reachable
from ketacare.science.rules.rule import ROUTE
from tests.spec.rules.files import ON

SMALLEST_STEP, SHARE, TENTH = 0.1, 0.01, 0.1


@dataclass(frozen=True, kw_only=True)
class Side:
    """A number that a rule compares a fact with, and where its neighbour lies: -1 below, 1 above, 0 either."""

    fact: str
    number: float
    neighbour: int
    whole: bool

    @property
    def step(self) -> float:
        """How far the neighbour may lie."""
        return step_at(self.number, whole=self.whole)

    def is_neighbour(self, value: float) -> bool:
        """Whether a value lies on the other side, within a step."""
        apart = value - self.number
        return 0 < abs(apart) <= self.step * 1.000001 and apart * self.neighbour >= 0

    def __str__(self) -> str:
        where = {-1: "below", 0: "beside", 1: "above"}[self.neighbour]
        return f"{self.fact}: exactly {self.number:g} and at most {self.step:g} {where} it, one fact changed, verdicts that differ"


def step_at(number: float, *, whole: bool) -> float:
    """The smallest step at a number: 1 of a whole number, else 0.1, but a tenth of a number below 1 and 1 % of one above 10."""
    if whole:
        return 1
    size = abs(number)
    return max(min(SMALLEST_STEP, TENTH * size or SMALLEST_STEP), SHARE * size)


def gaps(book: Book, rule: Rule, cases: Sequence[Case]) -> Iterator[str]:
    """Yield in words what the cases of a rule do not hold yet."""
    verdicts = {verdict_of(case) for case in cases}
    for verdict in sorted(verdicts_within_reach(book, rule) - verdicts):
        yield f"no case in which it is {verdict}"
    values = [values_of(book, case) for case in cases]
    for side in sides(book, rule):
        pairs = permutations(zip(cases, values, strict=True), 2)
        if not any(_across(side, one, other) for one, other in pairs):
            yield str(side)
    fired = [value for case, value in zip(cases, values, strict=True) if verdict_of(case) == "fires"]
    for one in comparisons(rule.when):
        for member in _listed(one):
            if not any(_alone(one, member, value.get(one.fact)) for value in fired):
                yield f"no case in which it fires while {one.fact} holds {member} and no other of its list"


def _listed(one: Comparison) -> tuple[object, ...]:
    """The names that each make a comparison true: every one stands for another clinical thing."""
    return one.value if isinstance(one.value, tuple) and one.op in ("in", "contains_any") else ()


def _alone(one: Comparison, member: object, value: Value | None) -> bool:
    held = value if isinstance(value, tuple) else (value,)
    return set(held) & set(_listed(one)) == {member}


def verdict_of(case: Case) -> str:
    """What a case expects of its rule."""
    assert isinstance(case.expect, RuleExpectation)
    return case.expect.verdict


def values_of(book: Book, case: Case) -> dict[str, Value | None]:
    """The facts as they were judged, the derived ones too."""
    found = run_case(case, on=ON, book=book).evaluation
    return {} if found is None else {name: used.value for name, used in found.facts.items()}


def sides(book: Book, rule: Rule) -> tuple[Side, ...]:
    """The numbers a rule compares with, each with the side on which the comparison turns."""
    return tuple(dict.fromkeys(side for one in comparisons(rule.when) for side in _sides(book, one)))


_NEIGHBOUR = {"ge": -1, "lt": -1, "gt": 1, "le": 1, "eq": 0, "ne": 0, "in": 0, "not_in": 0}


def _sides(book: Book, one: Comparison) -> Iterator[Side]:
    field = book.fields[one.fact]
    if field.type not in ("int", "float") or one.op not in _NEIGHBOUR:
        return
    value = book.params[one.param].default if one.param else one.value
    for number in value if isinstance(value, tuple) else (value,):
        yield Side(fact=one.fact, number=number, neighbour=_NEIGHBOUR[one.op], whole=field.type == "int")


def _across(side: Side, one: tuple[Case, dict], other: tuple[Case, dict]) -> bool:
    at, beside = one[1].get(side.fact), other[1].get(side.fact)
    return (
        at == side.number
        and isinstance(beside, int | float)
        and side.is_neighbour(beside)
        and verdict_of(one[0]) != verdict_of(other[0])
        and one[0].policy == other[0].policy
        and len(_differing(one[0], other[0])) == 1
    )


def _differing(one: Case, other: Case) -> set[str]:
    names = one.facts.keys() | other.facts.keys()
    return {name for name in names if one.facts.get(name) != other.facts.get(name)}


def verdicts_within_reach(book: Book, rule: Rule) -> set[str]:
    """The verdicts that some patient can bring about, proved over the cells of the rule's facts."""
    params, routes = book.defaults.values, rule.stated.applies_to
    elsewhere = [] if routes is None else [Comparison(fact=ROUTE, op="not_in", value=routes)]
    reached = reachable(rule.when, book.fields, params, never=elsewhere)
    names = {True: "fires", False: "silent", None: "unknown"}
    return {names[verdict] for verdict in reached} | (
        {"unknown"} if routes else set()
    )  # the route itself may be missing
