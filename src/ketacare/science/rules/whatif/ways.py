"""The ways a single rule's condition can be made to come out otherwise: facts that change, or a clearance."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import product

from ketacare.science.rules.clearances import PREFIX
from ketacare.science.rules.conditions import (
    AllOf,
    AnyOf,
    Asked,
    Comparison,
    Condition,
    Incomplete,
    Params,
    Value,
    Values,
)
from ketacare.science.rules.fields import Field
from ketacare.science.rules.whatif.changes import Change
from ketacare.science.rules.whatif.wanted import Wanted, wanted

MOST_WAYS = 64  # of one rule; a condition with more is not searched further


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """Facts as they would have to be, and clearances that would have to be on file, each with the rules that ask for it."""

    facts: Mapping[str, Wanted] = field(default_factory=dict)
    clearances: frozenset[str] = frozenset()
    asked_by: Mapping[str, frozenset[str]] = field(default_factory=dict)  # fact or clearance -> rules

    def and_also(self, other: "Way") -> "Way | None":
        """Return both together; None when they exclude each other."""
        facts = dict(self.facts)
        for name, one in other.facts.items():
            facts[name] = one if name not in facts else facts[name].with_also(one)
            if facts[name].is_impossible:
                return None
        names = self.asked_by.keys() | other.asked_by.keys()
        none: frozenset[str] = frozenset()
        asked_by = {name: self.asked_by.get(name, none) | other.asked_by.get(name, none) for name in names}
        return Way(facts=facts, clearances=self.clearances | other.clearances, asked_by=asked_by)

    @property
    def size(self) -> int:
        """How many things it asks for."""
        return len(self.facts) + len(self.clearances)


@dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    """What a search for ways may look at."""

    fields: Mapping[str, Field]
    values: Values
    params: Params
    changes: Mapping[str, Change]
    inputs: Mapping[str, tuple[str, ...]]  # derived fact -> the facts it follows from
    rivals: Mapping[str, tuple[Value, ...]]  # fact -> what several sources say of it, where they differ

    def possible(self, name: str, want: Wanted) -> Wanted | None:
        """Return what a fact may become of what is wanted; None when nothing of it."""
        now = self.values.get(name)
        if now is None:
            return want
        change = self.changes.get(name)
        if change is None:
            return None
        if change.kind == "wait" and isinstance(now, int | float):
            want = want.with_also(Wanted(low=now))
        found = want.with_also(change.may_become)
        return None if found.is_impossible else found


def ways(condition: Condition, truth: bool, scene: Scene, *, rule: str) -> list[Way]:
    """Return the ways to make a condition say so, none of them when nothing can; the empty way when it does already.

    Args:
        condition: of a rule.
        truth: what it should say.
        scene: the facts, the parameters, and what can change.
        rule: the id of the rule, kept with everything asked for.
    """
    if condition.verdict(scene.values, scene.params) is truth:
        return [Way()]
    match condition:
        case Comparison():
            return _of_comparison(condition, truth, scene, rule=rule)
        case Incomplete():
            return [] if truth else together([_answered(one, scene, rule=rule) for one in condition.asked])
        case AnyOf() | AllOf():
            every = isinstance(condition, AllOf) is truth
            each = [ways(member, truth, scene, rule=rule) for member in condition.members]
            return together(each) if every else smallest(way for one in each for way in one)


def together(each: list[list[Way]]) -> list[Way]:
    """Return every way that takes one of each list, where they do not exclude each other."""
    found = [Way()]
    for options in each:
        pairs = (one.and_also(other) for one, other in product(found, options))
        found = smallest(way for way in pairs if way is not None)
    return found


def smallest(found: Iterable[Way]) -> list[Way]:
    """Return the ways that ask for nothing another does without, fewest first."""
    kept: list[Way] = []
    for way in sorted(found, key=lambda one: one.size):
        if not any(_within(one, way) for one in kept):
            kept.append(way)
    return kept[:MOST_WAYS]


def _within(one: Way, other: Way) -> bool:
    """Return whether a way asks for no more than another."""
    same = all(
        name in other.facts and want.with_also(other.facts[name]) == other.facts[name]
        for name, want in one.facts.items()
    )
    return same and one.clearances <= other.clearances


def _answered(asked: Asked, scene: Scene, *, rule: str) -> list[Way]:
    """Return the ways to have no fact of a list missing: supplying them, or what makes them needed coming out otherwise."""
    missing = asked.missing(scene.values, scene.params)
    supplied = together([_supplied(name, Wanted(), scene, rule=rule) for name in missing])
    unasked = [] if asked.when is None or not missing else ways(asked.when, False, scene, rule=rule)
    return smallest([*supplied, *unasked])


def _of_comparison(condition: Comparison, truth: bool, scene: Scene, *, rule: str) -> list[Way]:
    name = condition.fact
    if name.startswith(PREFIX):
        needs_record = condition.op == "not_true" and not truth
        return [Way(clearances=frozenset({name}), asked_by={name: frozenset({rule})})] if needs_record else []
    want = wanted(condition, truth, scene.fields[name], scene.params)
    return [] if want is None else _supplied(name, want, scene, rule=rule)


def _supplied(name: str, want: Wanted, scene: Scene, *, rule: str) -> list[Way]:
    """Return the way to have a fact as wanted; one that follows from others is had by supplying those."""
    inputs = scene.inputs.get(name, ())
    absent = [one for one in inputs if one not in scene.values]
    if name not in scene.values and absent:
        return together([_supplied(one, Wanted(), scene, rule=rule) for one in absent])
    if len(inputs) > 1:
        return _difference(inputs, want, scene, rule=rule)
    possible = scene.possible(name, want)
    return [] if possible is None else [Way(facts={name: possible}, asked_by={name: frozenset({rule})})]


def _difference(inputs: tuple[str, ...], want: Wanted, scene: Scene, *, rule: str) -> list[Way]:
    """Return the ways to have a difference of two facts as wanted: the one or the other changes."""
    first, second = (float(str(scene.values[name])) for name in inputs)
    more = Wanted(
        low=second + want.low, low_itself=want.low_itself, high=second + want.high, high_itself=want.high_itself
    )
    less = Wanted(
        low=first - want.high, low_itself=want.high_itself, high=first - want.low, high_itself=want.low_itself
    )
    return [
        way for name, one in zip(inputs, (more, less), strict=True) for way in _supplied(name, one, scene, rule=rule)
    ]


def known_values(values: Values, way: Way, cells: Mapping[str, tuple[Value | None, ...]]) -> dict[str, Value]:
    """Return the facts after a way was gone: of each fact the value nearest to what it was."""
    changed = dict(values)
    for name, want in way.facts.items():
        now = values.get(name)
        if now is None or not want.admits(now):
            changed[name] = _nearest(now, want, cells[name])
    return changed


def _nearest(now: Value | None, want: Wanted, known: tuple[Value | None, ...]) -> Value:
    if isinstance(now, tuple):
        return tuple(one for one in now if one not in want.without)
    fitting = [one for one in known if one is not None and want.admits(one)]
    if any(isinstance(one, bool | str | tuple) for one in known):
        return next((one for one in fitting if one is False), fitting[0])
    if not fitting:  # between two numbers that the book tells apart
        return want.number(whole=any(isinstance(one, int) for one in known))
    if isinstance(now, int | float):
        return min(fitting, key=lambda one: abs(float(str(one)) - now))
    return fitting[len(fitting) // 2]
