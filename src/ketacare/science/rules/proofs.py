"""What a book must be able to say, proved: no rule is dead, and none fires for everybody, wherever a site sets its parameters."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ketacare.science.errors import Problem
from ketacare.science.rules import cells
from ketacare.science.rules.conditions import AllOf, Asked, Comparison, Condition, Incomplete, Params, Verdict, stars
from ketacare.science.rules.fields import Field
from ketacare.science.rules.reach import reachable
from ketacare.science.rules.shapes import BookShape, Derivation, RuleShape

__all__ = ["problems", "reachable"]
ROUTE, JURISDICTION = "plan.route", "site.jurisdiction"


def problems(
    shape: BookShape,
    *,
    conditions: Sequence[Condition],
    derivations: Sequence[Condition | None],
    fields: Mapping[str, Field],
    wrong: Sequence[Problem] = (),
) -> list[Problem]:
    """Return every rule that can never fire, or never stay silent, at the defaults or where one parameter lies at an end of its bounds.

    Args:
        shape: a book of the right shape.
        conditions: the rules' conditions, in the order of the rules.
        derivations: the derivations' conditions, in the order of the derivations; None where one has none.
        fields: the book's fields, imported ones too.
        wrong: what else is wrong with the book; a rule that it is about is not judged, nor one that asks for lists it is about.
    """
    sound = _Sound(frozenset(one.place for one in wrong))
    never = [(frozenset(cells.reads(one)), one) for one in _never(shape, derivations, sound)]
    found: list[Problem] = []
    for rule, when in zip(shape.rules, conditions, strict=True):
        if not sound.rule(rule, when):
            continue
        bound = tuple(one for facts, one in never if not facts.isdisjoint(cells.reads(when)))
        found += _useless(rule, _Asking(shape=shape, rule=rule, when=when, fields=fields, never=bound))
    return found


@dataclass(frozen=True, slots=True)
class _Sound:
    """What is left of a book to be judged when something is wrong with it, told by the places of what is wrong."""

    wrong: frozenset[str]

    def rule(self, rule: RuleShape, when: Condition) -> bool:
        starred = any(stars(when)) and self._names("required_facts", "conditional_required")
        return not starred and not self._names(f"rules.{rule.id}")

    def derivation(self, one: Derivation) -> bool:
        return not self._names(one.id, f"derivations.{one.id}")

    def _names(self, *places: str) -> bool:
        return any(one == place or one.startswith(f"{place}.") for one in self.wrong for place in places)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Asking:
    """One rule, and all that decides what it can say."""

    shape: BookShape
    rule: RuleShape
    when: Condition
    fields: Mapping[str, Field]
    never: tuple[Condition, ...]

    def reached(self, params: Params, *also_never: Condition) -> frozenset[Verdict]:
        """Return the verdicts that the rule's condition can reach."""
        from_below = {name for name, field in self.fields.items() if field.type == "list"}
        from_below |= {str(one.fact) for one in self.shape.derivations if one.count_of}
        return reachable(self.when, self.fields, params, never=(*self.never, *also_never), from_below=from_below)

    def fault(self, params: Params) -> str:
        """Return what the rule cannot do under these parameters; empty: it can both fire and stay silent."""
        reached = self.reached(params)
        if False not in reached:
            return "can never stay silent, whatever the facts are"
        if others := tuple(_not_for(self.rule)):
            reached = self.reached(params, *others)
        fires_otherwise = self.rule.id == self.shape.contradictions  # when sources contradict each other
        return "" if True in reached or fires_otherwise else "can never fire, whatever the facts are"


def _useless(rule: RuleShape, asking: _Asking) -> Iterator[Problem]:
    place = f"rules.{rule.id}"
    params = asking.shape.params
    defaults = {name: param.default for name, param in params.items()}
    if fault := asking.fault(defaults):
        yield Problem(place=place, says=fault)
        return
    for name in dict.fromkeys(one.param for one in cells.compared(asking.when) if one.param is not None):
        for end in params[name].bounds:
            if fault := asking.fault({**defaults, name: end}):
                yield Problem(place=place, says=f"{fault} where a site sets {name} to {end:g}")


def _not_for(rule: RuleShape) -> Iterator[Condition]:
    """Yield what is true of no patient for whom the rule is judged: another route, another jurisdiction."""
    if rule.applies_to is not None:
        yield Comparison(fact=ROUTE, op="not_in", value=rule.applies_to)
    if rule.jurisdiction is not None:
        yield Comparison(fact=JURISDICTION, op="ne", value=rule.jurisdiction)


def _never(shape: BookShape, derivations: Sequence[Condition | None], sound: _Sound) -> Iterator[Condition]:
    """Yield what is true of no patient once the derivations are done: a derived fact is missing although its inputs are there.

    Derivations start from entered facts, so one whose inputs may be derived themselves binds nobody; nor does a count, since an open list
    can be there and its count unknown.
    """
    derived = {fact for one in shape.derivations for fact in (*(one.set or ()), *filter(None, [one.fact]))}
    for one, when in zip(shape.derivations, derivations, strict=True):
        if not sound.derivation(one):
            continue
        if when is not None and derived.isdisjoint(cells.reads(when)):
            for fact in one.set or ():
                yield Incomplete(star="", asked=(Asked(facts=(fact,), when=when),))
        if one.fact and one.difference and derived.isdisjoint(one.difference):
            there = tuple(Comparison(fact=fact, op="present") for fact in one.difference)
            yield AllOf(members=(*there, Comparison(fact=one.fact, op="missing")))
