"""The closed language of conditions, and what it means under three-valued logic.

A condition is ``{any: [...]}``, ``{all: [...]}`` or a comparison ``{f: fact, op: operator, value: ... | param: name}``. A verdict is true,
false or None: unknown. A comparison on a missing fact is unknown, never false.
"""

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ketacare.science.errors import Problem

TYPES = ("bool", "int", "float", "enum", "list", "text")
Value = bool | int | float | str | tuple[str, ...]
Operand = bool | int | float | str | tuple[bool | int | float | str, ...] | None
Verdict = bool | None


@dataclass(frozen=True, slots=True)
class AtLeast:
    """What is known of an open list (it holds these, perhaps more) or of the count of one (so many, perhaps more)."""

    known: tuple[str, ...] | int


Compared = Value | AtLeast
Values = Mapping[str, Value]
Known = Mapping[str, Compared]  # plain values are known values too
Params = Mapping[str, float]
STAR = "*"


@dataclass(frozen=True, kw_only=True, slots=True)
class Operator:
    """How one operator judges a value, what it says of a missing one and of a lower bound, and what it may be used on.

    ``test`` and ``at_least`` are untyped because the loader has checked both sides against the field.
    """

    test: Callable[[Any, Any], bool]
    at_least: Callable[[Any, Any], Verdict] = lambda *_: None
    when_missing: Verdict = None
    takes: Literal["nothing", "value", "list"] = "nothing"
    types: tuple[str, ...] = TYPES


def _yes_if(certain: Callable[[Any, Any], bool]) -> Callable[[Any, Any], Verdict]:
    """True where the lower bound settles it, else unknown."""
    return lambda known, other: True if certain(known, other) else None


def _no_if(excluded: Callable[[Any, Any], bool]) -> Callable[[Any, Any], Verdict]:
    """False where the lower bound settles it, else unknown."""
    return lambda known, other: False if excluded(known, other) else None


def _is_one_of(value: Any, listed: Any) -> bool:
    return value in listed


def _is_above_all(known: Any, listed: Any) -> bool:
    return all(known > one for one in listed)


def _holds_any(value: Any, listed: Any) -> bool:
    return not set(listed).isdisjoint(value)


_PLAIN = ("int", "float", "enum", "text")
_NUMBER = ("int", "float")
OPERATORS: Mapping[str, Operator] = {
    "is_true": Operator(test=lambda value, _: value is True, types=("bool",)),
    "is_false": Operator(test=lambda value, _: value is False, types=("bool",)),
    "not_true": Operator(test=lambda value, _: value is not True, when_missing=True, types=("bool",)),
    # something is known, and something is still to be asked: both are true, so that neither guard nor question passes over it
    "missing": Operator(test=lambda *_: False, at_least=lambda *_: True, when_missing=True),
    "present": Operator(test=lambda *_: True, at_least=lambda *_: True, when_missing=False),
    "eq": Operator(test=operator.eq, at_least=_no_if(operator.gt), takes="value", types=_PLAIN),
    "ne": Operator(test=operator.ne, at_least=_yes_if(operator.gt), takes="value", types=_PLAIN),
    "lt": Operator(test=operator.lt, at_least=_no_if(operator.ge), takes="value", types=_NUMBER),
    "le": Operator(test=operator.le, at_least=_no_if(operator.gt), takes="value", types=_NUMBER),
    "gt": Operator(test=operator.gt, at_least=_yes_if(operator.gt), takes="value", types=_NUMBER),
    "ge": Operator(test=operator.ge, at_least=_yes_if(operator.ge), takes="value", types=_NUMBER),
    "in": Operator(test=_is_one_of, at_least=_no_if(_is_above_all), takes="list", types=_PLAIN),
    "not_in": Operator(
        test=lambda value, listed: value not in listed, at_least=_yes_if(_is_above_all), takes="list", types=_PLAIN
    ),
    "contains_any": Operator(test=_holds_any, at_least=_yes_if(_holds_any), takes="list", types=("list",)),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """One fact compared with a value, a list or a parameter."""

    fact: str
    op: str
    value: Operand = None
    param: str | None = None

    def verdict(self, values: Known, params: Params) -> Verdict:
        """Return true, false or None (unknown)."""
        judge = OPERATORS[self.op]
        value = values.get(self.fact)
        if value is None:
            return judge.when_missing
        other = self.value if self.param is None else params[self.param]
        if type(value) is AtLeast:
            return judge.at_least(value.known, other)
        return judge.test(value, other)

    def reasons(self, values: Known, params: Params) -> Iterator[str]:
        """Yield the facts that made the verdict what it is."""
        yield self.fact


@dataclass(frozen=True, kw_only=True, slots=True)
class AnyOf:
    """True if one member is true; else unknown if one is unknown; else false."""

    members: tuple["Condition", ...]

    def verdict(self, values: Known, params: Params) -> Verdict:
        """Return true, false or None (unknown)."""
        unknown = False
        for member in self.members:
            verdict = member.verdict(values, params)
            if verdict:
                return True
            unknown = unknown or verdict is None
        return None if unknown else False

    def reasons(self, values: Known, params: Params) -> Iterator[str]:
        """Yield the facts that made the verdict what it is."""
        yield from _reasons(self, values, params)


@dataclass(frozen=True, kw_only=True, slots=True)
class AllOf:
    """False if one member is false; else unknown if one is unknown; else true."""

    members: tuple["Condition", ...]

    def verdict(self, values: Known, params: Params) -> Verdict:
        """Return true, false or None (unknown)."""
        unknown = False
        for member in self.members:
            verdict = member.verdict(values, params)
            if verdict is False:
                return False
            unknown = unknown or verdict is None
        return None if unknown else True

    def reasons(self, values: Known, params: Params) -> Iterator[str]:
        """Yield the facts that made the verdict what it is."""
        yield from _reasons(self, values, params)


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """Facts that must be there when a condition holds (always, where there is none); an open list is not there yet."""

    facts: tuple[str, ...]
    when: "Condition | None" = None

    def missing(self, values: Known, params: Params) -> tuple[str, ...]:
        """Return those of the facts that ought to be there and are not."""
        if self.when is not None and not self.when.verdict(values, params):
            return ()
        return tuple(fact for fact in self.facts if fact not in values or type(values[fact]) is AtLeast)


@dataclass(frozen=True, kw_only=True, slots=True)
class Incomplete:
    """A star field: true when at least one of the facts that must be there is missing. Never unknown."""

    star: str
    asked: tuple[Asked, ...]

    def verdict(self, values: Known, params: Params) -> Verdict:
        """Return true or false."""
        return any(asked.missing(values, params) for asked in self.asked)

    def reasons(self, values: Known, params: Params) -> Iterator[str]:
        """Yield the facts that are missing."""
        for asked in self.asked:
            yield from asked.missing(values, params)


Condition = Comparison | AnyOf | AllOf | Incomplete


def _reasons(node: AnyOf | AllOf, values: Known, params: Params) -> Iterator[str]:
    verdict = node.verdict(values, params)
    for member in node.members:
        if member.verdict(values, params) is verdict:
            yield from member.reasons(values, params)


def comparisons(condition: Condition) -> Iterator[Comparison]:
    """Yield every comparison of a condition, in reading order."""
    if isinstance(condition, Comparison):
        yield condition
    elif isinstance(condition, AnyOf | AllOf):
        for member in condition.members:
            yield from comparisons(member)


def stars(condition: Condition) -> Iterator[Incomplete]:
    """Yield every star field of a condition, in reading order."""
    if isinstance(condition, Incomplete):
        yield condition
    elif isinstance(condition, AnyOf | AllOf):
        for member in condition.members:
            yield from stars(member)


def possible(condition: Condition, *, without: str) -> frozenset[Verdict]:
    """Return the verdicts a condition can reach while one fact is missing and all others are there.

    An ``all`` with a member ``present`` carries its own guard: while the guard's fact is absent it is false.
    """
    if isinstance(condition, Incomplete):
        return frozenset({True, False})
    if isinstance(condition, Comparison):
        return frozenset({OPERATORS[condition.op].when_missing} if condition.fact == without else {True, False})
    reached = [possible(member, without=without) for member in condition.members]
    strongest = isinstance(condition, AnyOf)
    weakest = not strongest
    verdicts: set[Verdict] = {strongest} if any(strongest in one for one in reached) else set()
    if all(one - {strongest} for one in reached):
        verdicts |= {None} if any(None in one for one in reached) else set()
        verdicts |= {weakest} if all(weakest in one for one in reached) else set()
    guarded = weakest and any(isinstance(one, Comparison) and one.op == "present" for one in condition.members)
    return frozenset(verdicts - {None} if guarded else verdicts)


def parse(tree: object, *, place: str, stars: Mapping[str, tuple[Asked, ...]], problems: list[Problem]) -> Condition:
    """Return the condition a data file states; whatever is wrong is added to ``problems``, with its place."""
    if isinstance(tree, dict) and tree.keys() <= {"any", "all"} and len(tree) == 1:
        kind, members = next(iter(tree.items()))
        if not isinstance(members, list) or not members:
            problems.append(Problem(place=f"{place}.{kind}", says="must be a list of at least one condition"))
            members = []
        parsed = tuple(
            parse(member, place=f"{place}.{kind}.{index}", stars=stars, problems=problems)
            for index, member in enumerate(members)
        )
        return AnyOf(members=parsed) if kind == "any" else AllOf(members=parsed)
    if not isinstance(tree, dict) or not isinstance(tree.get("f"), str):
        problems.append(
            Problem(place=place, says="a condition is {any: [...]}, {all: [...]} or {f: fact, op: operator ...}")
        )
        return AnyOf(members=())
    if tree["f"].startswith(STAR):
        return _star(tree, place=place, stars=stars, problems=problems)
    return _comparison(tree, place=place, problems=problems)


def _star(
    tree: Mapping[str, object], *, place: str, stars: Mapping[str, tuple[Asked, ...]], problems: list[Problem]
) -> Condition:
    star = str(tree["f"]).removeprefix(STAR)
    if star not in stars:
        problems.append(Problem(place=place, says=f"unknown list {tree['f']}; there are {', '.join(sorted(stars))}"))
    if tree.keys() != {"f", "op"} or tree["op"] != "missing":
        problems.append(Problem(place=place, says=f"{tree['f']} can only be asked with op: missing"))
    return Incomplete(star=star, asked=stars.get(star, ()))


def _comparison(tree: Mapping[str, object], *, place: str, problems: list[Problem]) -> Condition:
    def wrong(says: str) -> Condition:
        problems.append(Problem(place=place, says=says))
        return AnyOf(members=())

    op, value, param = tree.get("op"), tree.get("value"), tree.get("param")
    if unknown := tree.keys() - {"f", "op", "value", "param"}:
        return wrong(f"unknown key {', '.join(sorted(map(str, unknown)))}")
    if not isinstance(op, str) or op not in OPERATORS:
        return wrong(f"unknown operator {op!r}; there are {', '.join(OPERATORS)}")
    given = tree.keys() & {"value", "param"}
    takes = OPERATORS[op].takes
    if takes == "nothing" and given:
        return wrong(f"{op} takes neither value nor param")
    if takes == "value" and len(given) != 1:
        return wrong(f"{op} takes either a value or a param")
    if takes == "list" and (given != {"value"} or not _plain_list(value)):
        return wrong(f"{op} takes a value that is a list of plain values")
    if takes == "value" and "value" in given and not isinstance(value, bool | int | float | str):
        return wrong(f"{op} takes one plain value")
    if "param" in given and not isinstance(param, str):
        return wrong("param is the name of a parameter")
    return Comparison(fact=str(tree["f"]), op=op, value=_frozen(value), param=param if isinstance(param, str) else None)


def _plain_list(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, bool | int | float | str) for one in value)


def _frozen(value: object) -> Operand:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return tuple(value)
    return value if isinstance(value, bool | int | float | str) else None
