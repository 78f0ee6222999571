"""One evaluation under way: each rule's verdict, and the world in which it holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from ketacare.science.rules.admit import Admitted, as_derived
from ketacare.science.rules.clearances import PREFIX, Clearance
from ketacare.science.rules.conditions import AllOf, Known, Params, Verdict
from ketacare.science.rules.findings import Used
from ketacare.science.rules.rule import Rule
from ketacare.science.rules.worlds import as_compared

if TYPE_CHECKING:
    from ketacare.science.rules.book import Book


class Judged(NamedTuple):
    """The verdict on a rule, in a world that makes it so; skipped: the rule is for another route or jurisdiction."""

    rule: Rule
    verdict: Verdict
    world: Known
    skipped: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One patient's facts before one rulebook."""

    book: "Book"
    on: date | None
    params: Params
    facts: Admitted
    clearances: Sequence[Clearance]

    def judged(self, rule: Rule) -> Judged:
        """Return the verdict on a rule; where sources contradict each other, the most cautious one."""
        worlds = self.facts.worlds
        if worlds.touched and (rule.id == self.book.contradictions or not worlds.touched.isdisjoint(rule.reads)):
            return self._judged_in_every_world(rule)
        values = self._with_clearances(rule)
        applies = True if rule.applies is None else rule.applies.verdict(values, self.params)
        if applies is False:
            return Judged(rule, False, values, skipped=True)
        verdict = rule.when.verdict(values, self.params)
        return Judged(rule, None if verdict and applies is None else verdict, values)

    def _judged_in_every_world(self, rule: Rule) -> Judged:
        worlds = self.facts.worlds
        chosen = self._clearance_facts(rule)
        condition = rule.when
        if rule.applies is not None:
            if worlds.most_cautious(rule.applies, chosen)[0] is False:
                return Judged(rule, False, worlds.world(chosen), skipped=True)
            condition = AllOf(members=(rule.applies, rule.when))
        verdict, choice = worlds.most_cautious(condition, chosen)
        return Judged(rule, verdict or self.is_contradicted(rule) or verdict, worlds.world(choice))

    def is_contradicted(self, rule: Rule) -> bool:
        """Whether a rule fires because sources contradict each other, whatever its condition says."""
        return rule.id == self.book.contradictions and bool(self.facts.worlds.rivals)

    def _with_clearances(self, rule: Rule) -> Known:
        """Return the facts with each clearance true where a valid record covers this rule."""
        base = self.facts.worlds.base
        return {**base, **self._clearance_facts(rule)} if rule.reads_clearances else base

    def _clearance_facts(self, rule: Rule) -> dict[str, bool]:
        if not rule.reads_clearances:
            return {}
        return {kind: "" in self.faults(rule, kind) for kind in {record.clearance for record in self.clearances}}

    def faults(self, rule: Rule, kind: str) -> list[str]:
        """Return why each record of a kind does not clear a rule; an empty text is a valid record.

        A record falls with an input about which sources differ: it rests on one of the values, not on the other.
        """
        on = self.on
        if on is None:  # admit() has refused every record
            return []
        values, ages = self.facts.worlds.certain, self.book.clearance_max_age_days
        return [
            record.fault(rule.id, on=on, values=values, max_age_days=ages)
            for record in self.clearances
            if record.clearance == kind
        ]

    def used(self, name: str, world: Known) -> Used:
        """Return a fact as it was used in a world: the rival that this world takes, or what follows there from other facts."""
        one = self.facts.used.get(name) or Used(name=name, value=None)
        if not self.facts.worlds.rivals or name.startswith(PREFIX):
            return one
        if name not in world:
            return one if one.value is None else Used(name=name, value=None)
        there = (rival for rival in (one, *one.rivals) if rival.value is not None)
        same = (rival for rival in there if as_compared(self.book, rival) == world[name])
        return next(same, None) or as_derived(self.book, name, world[name])
