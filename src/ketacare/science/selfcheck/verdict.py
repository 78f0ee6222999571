"""What the eligibility rulebook makes of somebody's own answers. Unknown is never a pass, and what calls for help comes first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from ketacare.science.rules import Book, Evaluation, Fact, Finding, Policy, Value, catalogue
from ketacare.science.selfcheck.definition import Check, Flag, Option, Question, Text

Answers = Mapping[str, Sequence[str]]  # question id -> ids of the options, or the number as it was typed

LONGEST_NUMBER = len("1000")  # digits read at all: Python takes its time with very many


class Verdict(StrEnum):
    """The three things that a self-check says."""

    CONSULT = "consult"
    DOCTOR_FIRST = "doctor-first"
    NOT_NOW = "not-now"


# severity of a rule that fires -> what it comes to
WEIGHS: Mapping[str, Verdict] = {
    "absolute": Verdict.NOT_NOW,
    "relative": Verdict.DOCTOR_FIRST,
    "work-up": Verdict.DOCTOR_FIRST,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """One rule that fires on an answer, in patient words; ``verdict`` None: worth knowing, and nothing more."""

    rule: str
    verdict: Verdict | None
    text: Text


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What a self-check comes to, the strongest reasons first, and the questions that are still open."""

    verdict: Verdict
    reasons: tuple[Reason, ...]
    notes: tuple[Reason, ...]
    still_open: tuple[Question, ...]
    evaluation: Evaluation


def facts_of(check: Check, answers: Answers) -> dict[str, Fact | tuple[Fact, ...]]:
    """Return what answers say as facts of the rulebook.

    Args:
        check: the self-check.
        answers: question id -> ids of the options chosen, or one number as it was typed; what is not understood says nothing.

    Returns:
        By fact: the value with the question as its source. Two answers that differ stand side by side, for the engine to take the more
        cautious one; a list stays open.

    Source: own definition (docs/decisions/0015-the-front-desk.md).
    """
    told: dict[str, list[Fact]] = {}
    lists: dict[str, list[str]] = {}
    for question in check.questions:
        if (number := _number(question, answers)) is not None and question.fact:
            told.setdefault(question.fact, []).append(_fact(question.fact, number, question))
        for option in chosen(question, answers):
            for name, value in option.facts.items():
                told.setdefault(name, []).append(_fact(name, value, question))
            for name, value in option.adds.items():
                lists.setdefault(name, []).append(value)
    facts: dict[str, Fact | tuple[Fact, ...]] = {
        name: rows[0] if len({row.value for row in rows}) == 1 else tuple(rows) for name, rows in told.items()
    }
    return facts | {name: Fact(name=name, value=tuple(rows), complete=False) for name, rows in lists.items()}


def _fact(name: str, value: Value, question: Question) -> Fact:
    return Fact(name=name, value=value, source=f"self-check:{question.id}")


def _number(question: Question, answers: Answers) -> int | None:
    typed = next(iter(answers.get(question.id, ())), "").strip()
    if question.fact is None or not (typed.isascii() and typed.isdecimal() and len(typed) <= LONGEST_NUMBER):
        return None
    return None if catalogue()[question.fact].complaint(int(typed)) else int(typed)


def chosen(question: Question, answers: Answers) -> tuple[Option, ...]:
    """Return the options that were chosen; two answers to a question that takes one are none."""
    found = tuple(option for option in question.options if option.id in answers.get(question.id, ()))
    return () if question.kind == "one" and len(found) > 1 else found


def is_open(question: Question, answers: Answers) -> bool:
    """Return whether a question was not answered, or the person is not sure."""
    if question.kind == "number":
        return _number(question, answers) is None
    options = chosen(question, answers)
    return not options or not all(option.is_told for option in options)


def flags(check: Check, answers: Answers) -> tuple[Flag, ...]:
    """Return what calls for help at once, in the order it is asked."""
    found = (option.flag for question in check.questions for option in chosen(question, answers))
    return tuple(check.flags[name] for name in dict.fromkeys(found) if name)


def shows_help(check: Check, answers: Answers) -> bool:
    """Return whether an answer asks that crisis help be shown with whatever comes next."""
    return any(option.shows_help for question in check.questions for option in chosen(question, answers))


def judge(check: Check, answers: Answers, *, book: Book, policy: Policy | None, on: date) -> Outcome:
    """Return what the rulebook makes of somebody's own answers.

    Args:
        check: the self-check.
        answers: question id -> ids of the options chosen, or a number as it was typed.
        book: the eligibility rulebook in force.
        policy: the site's parameters; None: every default.
        on: the day.

    Returns:
        `not-now` where an absolute rule fires on an answer; else `doctor-first` where a relative or a work-up rule does, or where a
        question is open; else `consult`. Rules that fire only because the clinic has not measured yet say nothing about the person.

    Raises:
        BadFacts: never for answers of a self-check that was loaded; what the book would not take says nothing.

    Assumes: answers are the person's own and not checked by anybody; the verdict decides nothing about treatment.
    Source: the rulebook's own findings; what weighs how is our own choice (docs/decisions/0015-the-front-desk.md).
    """
    evaluation = book.evaluate(facts_of(check, answers), on=on, policy=policy)
    told = [
        Reason(rule=one.rule.id, verdict=_weight(check, one), text=check.reason(one.rule.id))
        for one in evaluation.findings
        if one.fires and not one.cleared and _is_told(check, one)
    ]
    still_open = tuple(question for question in check.questions if is_open(question, answers))
    weights = {one.verdict for one in told} | ({Verdict.DOCTOR_FIRST} if still_open else set())
    verdict = next((one for one in (Verdict.NOT_NOW, Verdict.DOCTOR_FIRST) if one in weights), Verdict.CONSULT)
    return Outcome(
        verdict=verdict,
        reasons=tuple(one for one in told if one.verdict is not None),
        notes=tuple(one for one in told if one.verdict is None),
        still_open=still_open,
        evaluation=evaluation,
    )


def _weight(check: Check, finding: Finding) -> Verdict | None:
    return None if finding.rule.id in check.clinic_checks else WEIGHS.get(finding.severity)


def _is_told(check: Check, finding: Finding) -> bool:
    """Whether something that the person said makes a rule fire, and not only that the clinic has yet to measure."""
    if finding.rule.id in check.needs_an_answer:
        return True
    return any(used.name not in finding.missing for used in finding.because)
