"""Apply a rulebook to one patient's facts. Unknown is never a pass; every finding says why."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING

from ketacare.science.rules.admit import Given, admit
from ketacare.science.rules.clearances import Clearance
from ketacare.science.rules.conditions import AnyOf, Condition
from ketacare.science.rules.findings import Contradiction, Evaluation, Finding, Need, Used
from ketacare.science.rules.judging import Case, Judged
from ketacare.science.rules.policy import Policy
from ketacare.science.rules.shapes import Occasion
from ketacare.science.rules.trace import Traces

if TYPE_CHECKING:
    from ketacare.science.rules.book import Book


def judge(
    book: "Book", facts: Given, *, on: date | None, policy: Policy | None, clearances: Sequence[Clearance]
) -> Evaluation:
    """Do what ``Book.evaluate`` promises."""
    params = (policy or book.defaults).values
    case = Case(
        book=book,
        on=on,
        params=params,
        facts=admit(book, facts, on=on, params=params, clearances=clearances),
        clearances=clearances,
    )
    judged = [case.judged(rule) for rule in book.rules]
    rank = {severity: place for place, severity in enumerate(book.severities)}
    findings = tuple(_finding(case, one) for one in judged if one.verdict is not False)
    findings = tuple(sorted(findings, key=lambda finding: (rank[finding.severity], not finding.fires)))
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
        skipped=tuple(one.rule.id for one in judged if one.skipped),
        facts=case.facts.used,
        clearances=tuple(clearances),
        trace=Traces(case),
    )


def _finding(case: Case, judged: Judged) -> Finding:
    rule = judged.rule
    because = _because(case, judged)
    if not judged.verdict:
        return Finding(rule=rule, fires=None, because=because)
    if not rule.cleared_by:
        return Finding(rule=rule, fires=True, because=because)
    standing = []
    for kind in rule.cleared_by:
        faults = case.faults(rule, kind)
        if "" not in faults:
            standing.append((kind, faults[0] if faults else ""))
    return Finding(rule=rule, fires=True, because=because, cleared=not standing, standing=tuple(standing))


def _because(case: Case, judged: Judged) -> tuple[Used, ...]:
    rule, world = judged.rule, judged.world
    names: dict[str, None] = {}
    if rule.when.verdict(world, case.params) is judged.verdict:
        names = dict.fromkeys(rule.when.reasons(world, case.params))
    if case.is_contradicted(rule):
        names |= dict.fromkeys(case.facts.worlds.rivals)
    if rule.applies is not None and rule.applies.verdict(world, case.params) is None:
        names |= dict.fromkeys(rule.applies.reasons(world, case.params))
    return tuple(case.used(name, world) for name in names)


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


def _needs(case: Case, findings: Sequence[Finding]) -> tuple[Need, ...]:
    wanted: dict[str, list[str]] = {}
    for finding in findings:
        for name in finding.missing:
            for source in _inputs(case, name):
                wanted.setdefault(source, []).append(finding.rule.id)
    return tuple(_need(case, name, rules) for name, rules in wanted.items())


def _inputs(case: Case, name: str) -> tuple[str, ...]:
    """Return the facts somebody can supply so that a missing one can be derived; itself where nothing derives it."""
    for one in case.book.derivations:
        if one.stated.fact == name:
            inputs = one.stated.difference or tuple(filter(None, [one.stated.count_of]))
            return tuple(fact for fact in inputs if _is_wanted(case, fact))
    return (name,)


def _is_wanted(case: Case, name: str) -> bool:
    used = case.facts.used.get(name)
    return used is None or used.value is None or not used.complete


def _need(case: Case, name: str, rules: list[str]) -> Need:
    field = case.book.fields[name]
    used = case.facts.used.get(name) or Used(name=name, value=None)
    return Need(
        fact=name,
        supplied_by=field.supplied_by,
        ask=field.ask,
        wanted_by=tuple(dict.fromkeys(rules)),
        stale=used.stale,
        partial=used.value is not None and not used.complete,
    )


def _contradictions(case: Case) -> Iterator[Contradiction]:
    worlds = case.facts.worlds
    for used in case.facts.used.values():
        if used.rivals:
            told = (used, *used.rivals)
            yield Contradiction(facts=told, says=f"{used.name} is {' but '.join(map(_with_evidence, told))}")
    for name in worlds.conflicts:
        entered = case.facts.used[name]
        follows = case.used(name, worlds.world({name: None}))
        says = f"{name} was entered as {entered.value} and follows from other facts as {follows.value}"
        yield Contradiction(facts=(entered,), says=says)
    if case.book.contradictions is None:
        return
    rule = case.book.rule(case.book.contradictions)
    for branch in _branches(rule.when):
        verdict, choice = worlds.most_cautious(branch, {})
        if verdict:
            world = worlds.world(choice)
            facts = tuple(case.used(name, world) for name in dict.fromkeys(branch.reasons(world, case.params)))
            says = " and ".join(f"{one.name} = {one.value}" for one in facts) + " cannot all be true"
            yield Contradiction(facts=facts, says=says)


def _with_evidence(used: Used) -> str:
    evidence = ", ".join(filter(None, [used.source, "" if used.as_of is None else used.as_of.isoformat()]))
    value = used.value if used.complete else f"at least {used.value}"
    return f"{value} ({evidence})" if evidence else str(value)


def _branches(condition: Condition) -> tuple[Condition, ...]:
    return condition.members if isinstance(condition, AnyOf) else (condition,)
