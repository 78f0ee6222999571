"""A rule ready to be judged, and a derivation."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from ketacare.science import reference
from ketacare.science.reference import Source
from ketacare.science.rules import cells
from ketacare.science.rules.clearances import PREFIX
from ketacare.science.rules.conditions import AllOf, AnyOf, Comparison, Condition, comparisons, stars
from ketacare.science.rules.shapes import BookShape, Derivation, Override, RuleShape

ROUTE, JURISDICTION = "plan.route", "site.jurisdiction"


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One rule: a statement about the patient, when it is true, and all that must be shown with it.

    ``applies`` is false where the rule is for another route or jurisdiction (None: it is for all). ``asks_for`` are the facts whose being
    missing the rule itself is about, ``reads`` those that its verdict can depend on.
    """

    id: str
    statement: str
    when: Condition
    severity: str
    sources: Mapping[str, Source]
    stated: RuleShape
    override: Override
    applies: Condition | None = field(init=False)
    asks_for: frozenset[str] = field(init=False)
    reads: frozenset[str] = field(init=False)
    reads_clearances: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "applies", _applies(self.stated))
        object.__setattr__(self, "asks_for", frozenset(_asks_for(self.when)))
        read = (fact for one in (self.when, self.applies) if one is not None for fact in cells.reads(one))
        object.__setattr__(self, "reads", frozenset(read))
        cleared = any(one.fact.startswith(PREFIX) for one in comparisons(self.when))
        object.__setattr__(self, "reads_clearances", cleared)

    def __str__(self) -> str:
        return self.id

    @property
    def urgent(self) -> bool:
        """Whether someone must be called now when the rule fires, whatever the result."""
        return self.stated.urgent

    @property
    def cleared_by(self) -> tuple[str, ...]:
        """The clearances that must all be valid to clear the rule; none: only the fact itself can change."""
        return self.stated.cleared_by


@dataclass(frozen=True, kw_only=True, slots=True)
class Deriving:
    """A derivation with its condition parsed."""

    stated: Derivation
    when: Condition | None


def make_rule(shape: BookShape, rule: RuleShape, when: Condition) -> Rule:
    """Return a rule that a file states, with its condition parsed."""
    return Rule(
        id=rule.id,
        statement=rule.statement,
        when=when,
        severity=rule.severity,
        sources=MappingProxyType({key: reference.sources()[key] for key in rule.sources}),
        stated=rule,
        override=rule.override or shape.severities[rule.severity].override or "forbidden",
    )


def _applies(rule: RuleShape) -> Condition | None:
    """Return for whom a rule is: while the route is unknown it may be for this one, while the jurisdiction is unknown it is."""
    parts: list[Condition] = []
    if rule.applies_to is not None:
        parts.append(Comparison(fact=ROUTE, op="in", value=rule.applies_to))
    if rule.jurisdiction is not None:
        here = Comparison(fact=JURISDICTION, op="eq", value=rule.jurisdiction)
        parts.append(AnyOf(members=(Comparison(fact=JURISDICTION, op="missing"), here)))
    return AllOf(members=tuple(parts)) if parts else None


def _asks_for(when: Condition) -> Iterator[str]:
    yield from (one.fact for one in comparisons(when) if one.op == "missing")
    yield from (fact for star in stars(when) for asked in star.asked for fact in asked.facts)


def derived_from(derivations: Iterable[Deriving]) -> Mapping[str, tuple[str, ...]]:
    """Return for each derived fact those that it is derived from."""
    found: dict[str, tuple[str, ...]] = {}
    for one in derivations:
        asked = () if one.when is None else tuple(part.fact for part in comparisons(one.when))
        inputs = (*asked, *(one.stated.difference or ()), *filter(None, [one.stated.count_of]))
        for fact in (*(one.stated.set or ()), *filter(None, [one.stated.fact])):
            found[fact] = (*found.get(fact, ()), *inputs)
    return found
