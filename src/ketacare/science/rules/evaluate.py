"""Apply a rulebook to one patient's facts. Unknown is never a pass; every finding says why."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from ketacare.science.rules.admit import Admitted, Given, admit
from ketacare.science.rules.clearances import Clearance
from ketacare.science.rules.conditions import AnyOf, Condition, Params, Values, Verdict
from ketacare.science.rules.findings import Contradiction, Evaluation, Finding, Need, Used
from ketacare.science.rules.policy import Policy
from ketacare.science.rules.shapes import Occasion

if TYPE_CHECKING:
    from ketacare.science.rules.book import Book, Rule

ROUTE, JURISDICTION = "plan.route", "site.jurisdiction"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Case:
    """One evaluation under way."""

    book: "Book"
    on: date | None
    params: Params
    facts: Admitted
    clearances: Sequence[Clearance]

    def faults(self, rule: "Rule", kind: str) -> list[str]:
        """Return why each record of a kind does not clear a rule; an empty text is a valid record."""
        on = self.on
        if on is None:  # admit() has refused every record
            return []
        return [
            record.fault(rule.id, on=on, values=self.facts.values, max_age_days=self.book.clearance_max_age_days)
            for record in self.clearances
            if record.clearance == kind
        ]

    def used(self, name: str) -> Used:
        """Return a fact as it was used."""
        return self.facts.used.get(name) or Used(name=name, value=None)


def judge(
    book: "Book", facts: Given, *, on: date | None, policy: Policy | None, clearances: Sequence[Clearance]
) -> Evaluation:
    """Do what ``Book.evaluate`` promises."""
    params = (policy or book.defaults).values
    case = _Case(
        book=book,
        on=on,
        params=params,
        facts=admit(book, facts, on=on, params=params, clearances=clearances),
        clearances=clearances,
    )
    judged = [(rule, _verdict(case, rule)) for rule in book.rules if not _elsewhere(rule, case.facts.values)]
    rank = {severity: place for place, severity in enumerate(book.severities)}
    findings = tuple(_finding(case, rule, verdict) for rule, verdict in judged if verdict is not False)
    findings = tuple(sorted(findings, key=lambda finding: (rank[finding.severity], not finding.fires)))
    here = {rule.id for rule, _ in judged}
    return Evaluation(
        book_id=book.id,
        book_version=book.version,
        book_sha256=book.sha256,
        on=on,
        params=params,
        disposition=_disposition(book, findings),
        findings=findings,
        needs=_needs(case, findings),
        contradictions=tuple(_contradictions(case)),
        skipped=tuple(rule.id for rule in book.rules if rule.id not in here),
        facts=case.facts.used,
        clearances=tuple(clearances),
    )


def _elsewhere(rule: "Rule", values: Values) -> bool:
    """Return whether a rule is not for this route or not for this jurisdiction."""
    route, place = values.get(ROUTE), values.get(JURISDICTION)
    routes = rule.stated.applies_to
    if routes is not None and route is not None and route not in routes:
        return True
    return rule.stated.jurisdiction is not None and place is not None and place != rule.stated.jurisdiction


def _verdict(case: _Case, rule: "Rule") -> Verdict:
    """Return the verdict on a rule; where a derived fact contradicts an entered one, the more cautious of both."""
    values = _with_clearances(case, rule)
    verdict = rule.when.verdict(values, case.params)
    for name, derived in case.facts.conflicts.items():
        verdict = _more_cautious(verdict, rule.when.verdict({**values, name: derived}, case.params))
    if case.facts.conflicts and rule.id == case.book.contradictions:
        return True
    route_unknown = rule.stated.applies_to is not None and ROUTE not in values
    return None if route_unknown and verdict else verdict


def _more_cautious(one: Verdict, other: Verdict) -> Verdict:
    if one or other:
        return True
    return None if one is None or other is None else False


def _with_clearances(case: _Case, rule: "Rule") -> Values:
    """Return the facts with each clearance true where a valid record covers this rule."""
    if not rule.reads_clearances:
        return case.facts.values
    kinds = {record.clearance for record in case.clearances}
    return {**case.facts.values, **{kind: "" in case.faults(rule, kind) for kind in kinds}}


def _finding(case: _Case, rule: "Rule", verdict: Verdict) -> Finding:
    because = _because(case, rule, verdict)
    if not verdict or not rule.cleared_by:
        return Finding(rule=rule, fires=verdict or None, because=because)
    standing = []
    for kind in rule.cleared_by:
        faults = case.faults(rule, kind)
        if "" not in faults:
            standing.append((kind, faults[0] if faults else ""))
    return Finding(rule=rule, fires=verdict, because=because, cleared=not standing, standing=tuple(standing))


def _because(case: _Case, rule: "Rule", verdict: Verdict) -> tuple[Used, ...]:
    values = _with_clearances(case, rule)
    worlds: list[Values] = [values]
    worlds += [{**values, name: derived} for name, derived in case.facts.conflicts.items()]
    world = next((one for one in worlds if rule.when.verdict(one, case.params) is verdict), None)
    names: dict[str, None] = {}
    if world is not None:
        names = dict.fromkeys(rule.when.reasons(world, case.params))
    elif verdict:  # the rule on contradictions, fired by a derived fact against an entered one
        names = dict.fromkeys(case.facts.conflicts)
    if rule.stated.applies_to is not None and ROUTE not in values:
        names[ROUTE] = None
    return tuple(case.used(name) for name in names)


def _disposition(book: "Book", findings: Sequence[Finding]) -> str:
    fired = {finding.severity for finding in findings if finding.fires}
    unknown = {finding.severity for finding in findings if finding.fires is None}
    uncleared = {finding.severity for finding in findings if finding.fires and not finding.cleared}
    for row in book.result:
        if row.when and row.then and _matches(row.when, fired=fired, unknown=unknown, uncleared=uncleared):
            return row.then
    return str(book.result[-1].otherwise)


def _matches(when: Occasion, *, fired: set[str], unknown: set[str], uncleared: set[str]) -> bool:
    return bool(fired & set(when.fired) or unknown & set(when.unknown) or uncleared & set(when.uncleared))


def _needs(case: _Case, findings: Sequence[Finding]) -> tuple[Need, ...]:
    wanted: dict[str, list[str]] = {}
    for finding in findings:
        for name in finding.missing:
            for source in _inputs(case, name):
                wanted.setdefault(source, []).append(finding.rule.id)
    return tuple(_need(case, name, rules) for name, rules in wanted.items())


def _inputs(case: _Case, name: str) -> tuple[str, ...]:
    """Return the facts somebody can supply so that a missing one can be derived; itself where nothing derives it."""
    for one in case.book.derivations:
        if one.stated.fact == name:
            inputs = one.stated.difference or tuple(filter(None, [one.stated.count_of]))
            return tuple(fact for fact in inputs if case.used(fact).value is None)
    return (name,)


def _need(case: _Case, name: str, rules: list[str]) -> Need:
    field = case.book.fields[name]
    wanted_by = tuple(dict.fromkeys(rules))
    return Need(
        fact=name, supplied_by=field.supplied_by, ask=field.ask, wanted_by=wanted_by, stale=case.used(name).stale
    )


def _contradictions(case: _Case) -> Iterator[Contradiction]:
    for name, derived in case.facts.conflicts.items():
        entered = case.used(name)
        says = f"{name} was entered as {entered.value} and follows from other facts as {derived}"
        yield Contradiction(facts=(entered,), says=says)
    if case.book.contradictions is None:
        return
    rule = case.book.rule(case.book.contradictions)
    for branch in _branches(rule.when):
        if branch.verdict(case.facts.values, case.params):
            facts = tuple(case.used(name) for name in dict.fromkeys(branch.reasons(case.facts.values, case.params)))
            says = " and ".join(f"{one.name} = {one.value}" for one in facts) + " cannot all be true"
            yield Contradiction(facts=facts, says=says)


def _branches(condition: Condition) -> tuple[Condition, ...]:
    return condition.members if isinstance(condition, AnyOf) else (condition,)
