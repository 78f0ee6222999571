"""What the pages of this room show, as plain values. Nothing here reads the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.forms import BoundField
from django.http import Http404

from ketacare.evaluation import queries
from ketacare.evaluation.evidence import ANSWERED
from ketacare.evaluation.forms import AnswersForm, DecisionForm, field_name
from ketacare.evaluation.queries import Assessment, Known
from ketacare.evaluation.words import label_of, said, text_of
from ketacare.science import rules
from ketacare.science.facts.entries import RecordEntry
from ketacare.science.rules import Book, Fact, Finding, Need, Rule, Used
from ketacare.science.rules.disputes import by_rule
from ketacare.science.rules.override import Demand
from ketacare.science.rules.questions import Question, Section, sections
from ketacare.science.rules.sentences import sentence

# disposition -> how it is said and the mark that goes with it
DISPOSITIONS = {
    "eligible": ("Nothing found against treatment", "clear"),
    "eligible_with_precautions": ("Treatment possible with precautions", "caution"),
    "needs_workup": ("Cannot be judged yet: work-up needed", "wait"),
    "not_eligible": ("Findings speak against treatment", "stop"),
}
SUPPLIERS = {
    "self": "The patient can tell",
    "patient": "The patient can tell",
    "clin": "A clinician can judge",
    "nurse": "A nurse can see",
    "lab": "A laboratory or ECG result is missing",
    "device": "Measure it",
    "derived": "It follows from other answers",
    "site": "The site's settings say it",
}


@dataclass(frozen=True, kw_only=True)
class ValueShown:
    """One of the patient's own values, in words."""

    label: str
    text: str  # empty: unknown
    evidence: str  # where it comes from and when; empty: not told


@dataclass(frozen=True, kw_only=True)
class FindingShown:
    """A finding with the patient's values and the controls that going on against it asks for."""

    finding: Finding
    because: tuple[ValueShown, ...]
    demand: Demand | None
    clearances: tuple[tuple[str, str], ...]  # what would clear it, and why it does not yet
    is_disputed: bool
    controls: tuple[BoundField, ...]


@dataclass(frozen=True, kw_only=True)
class Overview:
    """The evaluation page."""

    assessment: Assessment
    words: str
    mark: str
    findings: tuple[FindingShown, ...]
    needs: tuple[tuple[str, tuple[tuple[Need, str, str], ...]], ...]  # supplier -> (need, label, section)
    form: DecisionForm


def overview(assessment: Assessment, form: DecisionForm) -> Overview:
    """The evaluation of a course as its page shows it."""
    words, mark = DISPOSITIONS[assessment.evaluation.disposition]
    return Overview(
        assessment=assessment,
        words=words,
        mark=mark,
        findings=tuple(finding_shown(one, assessment, form) for one in assessment.evaluation.findings),
        needs=needs_shown(assessment),
        form=form,
    )


def finding_shown(finding: Finding, assessment: Assessment, form: DecisionForm) -> FindingShown:
    """A finding with the controls of the decision form that belong to it."""
    demand = next((one.demand for one in assessment.obstacles if one.finding is finding), None)
    names = (f"{part}-{finding.rule.id}" for part in ("read", "code", "text", "document", "expires"))
    controls = tuple(form[name] for name in names if name in form.fields)
    because = tuple(map(value_shown, finding.because))
    return FindingShown(
        finding=finding,
        because=because,
        demand=demand,
        clearances=finding.standing,
        is_disputed=finding.rule.id in by_rule(),
        controls=controls,
    )


def value_shown(used: Used) -> ValueShown:
    """A value as it is read: yes and no, numbers with their units, lists in words."""
    text = text_of(used.value, used.unit)
    least = "" if used.complete or not text else "at least "
    return ValueShown(label=label_of(used.name), text=least + text, evidence=evidence_of(used))


def evidence_of(used: Used) -> str:
    """Where a value comes from, in words: an entry of the record tells its own date, an answer and a measurement have one."""
    on = "" if used.as_of is None else f"{used.as_of.day} {used.as_of:%b %Y}"
    if used.source.startswith(ANSWERED):
        return f"answered {on}".strip()
    return used.source or on


def findings_then(findings: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The findings that a decision kept, with the patient's values in words."""
    return [{**one, "because": [value_then(used) for used in one["because"]]} for one in findings]


def value_then(used: Mapping[str, Any]) -> ValueShown:
    """A value that a decision kept, as it is read."""
    return ValueShown(label=label_of(used["fact"]), text=text_of(used["value"], used["unit"]), evidence="")


def needs_shown(assessment: Assessment) -> tuple[tuple[str, tuple[tuple[Need, str, str], ...]], ...]:
    """What is missing, by who can supply it, with its label and the section where it is asked."""
    where = {question.fact: (question.label, one.id) for one in sections(queries.BOOK) for question in one.questions}
    grouped: dict[str, list[tuple[Need, str, str]]] = {}
    for need in assessment.evaluation.needs:
        label, section = where.get(need.fact, (label_of(need.fact), ""))
        grouped.setdefault(SUPPLIERS[need.supplied_by], []).append((need, label, section))
    return tuple((supplier, tuple(needs)) for supplier, needs in grouped.items())


def section_called(name: str) -> Section:
    """The section of the questions that an address names."""
    for section in sections(queries.BOOK):
        if section.id == name:
            return section
    raise Http404


def section_after(section: Section) -> Section:
    """The next section; the last is followed by itself."""
    every = sections(queries.BOOK)
    return every[min(every.index(section) + 1, len(every) - 1)]


@dataclass(frozen=True, kw_only=True)
class ContradictionShown:
    """Two sources that differ, each with its value, its day and where it comes from."""

    fact: str
    label: str
    section: str
    answered: str
    answered_on: date | None
    answered_by: str
    recorded: str
    record_says: str


@dataclass(frozen=True, kw_only=True)
class QuestionShown:
    """A question with its control, what is known of it in words, and what the record says about it."""

    question: Question
    control: BoundField
    fact: Fact | None
    text: str
    entries: tuple[RecordEntry, ...]
    at_least: str
    rivals: ContradictionShown | None
    extra: tuple[
        BoundField, ...
    ]  # that a list is whole; why an answer counts against the record, and the entries looked at


def questions_shown(section: Section, form: AnswersForm, known: Known) -> list[QuestionShown]:
    """The questions of a section, each with what is known of it."""
    rivals = {one.fact: one for one in contradictions_shown(known)}
    return [question_shown(one, form, known, rivals.get(one.fact)) for one in section.questions]


def question_shown(
    question: Question, form: AnswersForm, known: Known, rivals: ContradictionShown | None
) -> QuestionShown:
    """One question, with the field for a reason where the record says something for good."""
    name, fact = field_name(question.fact), known.facts.get(question.fact)
    return QuestionShown(
        question=question,
        control=form[name],
        fact=fact,
        text=said(fact.value) if fact else "",
        entries=known.record.speaks.get(question.fact, ()),
        at_least=text_of(known.record.at_least.get(question.fact), question.field.unit),
        rivals=rivals,
        extra=tuple(form[f"{part}-{name}"] for part in ("all", "why", "seen") if f"{part}-{name}" in form.fields),
    )


def contradictions_shown(known: Known) -> list[ContradictionShown]:
    """Where an answer and the record contradict each other, in the order of the facts' names."""
    where = {question.fact: one.id for one in sections(queries.BOOK) for question in one.questions}
    return [
        ContradictionShown(
            fact=fact,
            label=label_of(fact),
            section=where.get(fact, ""),
            answered=said(one.answer.value),
            answered_on=one.answer.as_of,
            answered_by=known.answers[fact].answered_by.name,
            recorded=said(one.record.value),
            record_says=one.record.source,
        )
        for fact, one in sorted(known.rivals.items())
    ]


def progress(known: Mapping[str, Fact]) -> list[tuple[Section, int]]:
    """Each section and how many of its questions have an answer."""
    return [
        (section, sum(1 for one in section.questions if (fact := known.get(one.fact)) and fact.value is not None))
        for section in sections(queries.BOOK)
    ]


@dataclass(frozen=True, kw_only=True)
class RuleShown:
    """A rule on its book's page."""

    rule: Rule
    when: str
    is_disputed: bool


@dataclass(frozen=True, kw_only=True)
class SeverityShown:
    """What a severity means, and its rules."""

    meaning: str
    rules: tuple[RuleShown, ...]


def book_shown(book: Book) -> list[tuple[str, SeverityShown]]:
    """The rules of a book by severity, strongest first."""
    disputed = by_rule()
    found = []
    for name, severity in book.severities.items():
        rules_of = [rule for rule in book.rules if rule.severity == name]
        shown = (RuleShown(rule=one, when=when_text(one, book), is_disputed=one.id in disputed) for one in rules_of)
        found.append((name, SeverityShown(meaning=severity.meaning, rules=tuple(shown))))
    return found


def when_text(rule: Rule, book: Book) -> str:
    """When a rule fires, in words, with the numbers that hold unless a site tightens them."""
    return sentence(rule.when, fields=book.fields, params=book.defaults.values, label=name_of)


def name_of(code: str) -> str:
    """What a fact or a coded value is called."""
    return label_of(code) if "." in code else said(code)


def book_with(rule: str) -> Book | None:
    """The newest book that has a rule: one that a newer version dropped still stands in decisions and in force."""
    versions = [(name, version) for name in rules.names() for version in reversed(rules.versions(name))]
    books = (rules.load(name, version) for name, version in versions)
    return next((book for book in books if rule in {one.id for one in book.rules}), None)


def rules_that_cite(key: str) -> list[Rule]:
    """The rules of every book that rest on a source."""
    return [rule for name in rules.names() for rule in rules.load(name).rules if key in rule.sources]
