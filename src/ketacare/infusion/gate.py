"""May this session start now? Every item of the start gate with where its answer comes from; what is blank blocks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from ketacare.clinic.errors import Reason
from ketacare.clinic.queries import in_force
from ketacare.infusion import outside, states
from ketacare.infusion.models import Session
from ketacare.science.facts.readings import gate_facts
from ketacare.science.monitoring.events import Event, Signature
from ketacare.science.monitoring.parameters import attestable
from ketacare.science.monitoring.timeline import State
from ketacare.science.rules.book import Book
from ketacare.science.rules.fields import Fact, Field
from ketacare.science.rules.findings import Evaluation, Finding
from ketacare.science.rules.policy import Policy

BOOK = "start_gate"
STOPS_WHEN_UNKNOWN = ("block", "hold")
WANTED_SIGNATURES = {
    "reason": 1,
    "acknowledge": 1,
    "second_prescriber": 2,
}  # by different people; forbidden: none is enough
WHO = {
    "clin": "a clinician",
    "nurse": "the infusion nurse",
    "patient": "the patient, asked by the nurse",
    "self": "the patient",
    "lab": "whoever reads the test",
    "device": "the infusion nurse, by measuring",
    "site": "whoever answers for the site today",
    "derived": "the room that keeps it",
}


@dataclass(frozen=True, kw_only=True)
class Item:
    """One fact that the gate looks at: its value now, who answered or measured it, and when."""

    name: str
    field: Field
    fact: Fact | None
    is_attested: bool  # answered by a named person; the others come from data
    is_stale: bool
    matters_to: tuple[str, ...]  # the rules that fire or cannot be judged because of it

    @property
    def is_blank(self) -> bool:
        return self.fact is None or self.fact.value is None or self.is_stale


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One finding of the gate, and who has gone on against it."""

    finding: Finding
    overrides: tuple[Event, ...]

    @property
    def may_be_overridden(self) -> bool:
        return self.finding.fires is True and self.finding.override in WANTED_SIGNATURES

    @property
    def is_overridden(self) -> bool:
        signed = {event.by for event in self.overrides}
        return self.may_be_overridden and len(signed) >= WANTED_SIGNATURES[self.finding.override]

    @property
    def stops(self) -> bool:
        """Whether it keeps the session from starting."""
        if self.finding.fires:
            return not self.is_overridden
        return self.finding.severity in STOPS_WHEN_UNKNOWN


@dataclass(frozen=True, kw_only=True)
class Readiness:
    """The whole gate at one moment."""

    evaluation: Evaluation
    policy: Policy
    items: tuple[Item, ...]
    findings: tuple[Standing, ...]

    @property
    def is_clear(self) -> bool:
        return not any(one.stops for one in self.findings)

    @property
    def reasons(self) -> list[Reason]:
        """Why the session may not start, each with who can do something about it."""
        return [self._reason(one.finding) for one in self.findings if one.stops]

    def _reason(self, finding: Finding) -> Reason:
        if finding.fires:
            return Reason(text=finding.rule.statement, rule=finding.rule.id, who=OVERRIDE_WORDS[finding.override])
        fields = {item.name: item.field for item in self.items}
        who = sorted({WHO[fields[name].supplied_by] for name in finding.missing})
        asked = ", ".join(finding.missing)
        return Reason(text=f"Not answered: {asked}.", rule=finding.rule.id, who=" or ".join(who))


OVERRIDE_WORDS = {
    "forbidden": "only the fact itself can change",
    "second_prescriber": "two prescribers, with a reason",
    "reason": "a clinician, with a reason",
    "acknowledge": "a clinician who has read it",
}


def readiness(session: Session, *, at: datetime) -> Readiness:
    """Evaluate the start gate on what the system knows and what named people have attested."""
    book, policy = in_force(session.site, BOOK, at=at)
    here = at.astimezone(ZoneInfo(session.site.time_zone))
    state = states.current(session)
    facts = facts_at(session, state, book, policy, at=here)
    evaluation = book.evaluate(facts, on=here, policy=policy)
    findings = tuple(Standing(finding=one, overrides=_overrides(state, one)) for one in evaluation.findings)
    return Readiness(
        evaluation=evaluation, policy=policy, items=tuple(_items(book, facts, evaluation)), findings=findings
    )


def facts_at(session: Session, state: State, book: Book, policy: Policy, *, at: datetime) -> dict[str, Fact]:
    """The facts of the gate: what other rooms know, and before that the session's own answers and today's readings."""
    green = policy.values
    own = gate_facts(state, green_sys=green["bp_green_sys"], green_dia=green["bp_green_dia"], at=at)
    known = {name: fact for name, fact in outside.facts(session, at=at).items() if name in book.fields}
    both = {name: (known[name], own[name]) for name in outside.WORSE if name in known and name in own}
    return known | own | {name: worse(*two, order=outside.WORSE[name]) for name, two in both.items()}


def worse(one: Fact, other: Fact, *, order: Sequence[str]) -> Fact:
    """Of two answers the more cautious one; no answer is none."""
    return max(one, other, key=lambda fact: order.index(fact.value) if fact.value in order else -1)


def _items(book: Book, facts: Mapping[str, Fact], evaluation: Evaluation) -> list[Item]:
    matters: dict[str, list[str]] = {}
    for finding in evaluation.findings:
        for used in finding.because:
            matters.setdefault(used.name, []).append(finding.rule.id)
    return [
        Item(
            name=name,
            field=field,
            fact=facts.get(name),
            is_attested=name in attestable(),
            is_stale=name in evaluation.facts and evaluation.facts[name].stale,
            matters_to=tuple(matters.get(name, ())),
        )
        for name, field in book.fields.items()
    ]


def _overrides(state: State, finding: Finding) -> tuple[Event, ...]:
    return tuple(
        event
        for event in state.of_kind("signature")
        if isinstance(event.payload, Signature)
        and event.payload.meaning == "gate-override"
        and event.payload.subject == finding.rule.id
    )
