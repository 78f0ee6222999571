"""The self-check in the reader's language: what is asked, what it came to, and the answers as they travel in the form."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.http import QueryDict
from django.utils.translation import get_language

from ketacare.science.selfcheck import definition
from ketacare.science.selfcheck.definition import Check, Flag, Question, Text
from ketacare.science.selfcheck.verdict import Outcome, Reason, Verdict

STAYS = "stay"  # the page is asked for again, in another language
MOST_ANSWERS = 20  # of one question that are read at all


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One answer that may be chosen."""

    id: str
    text: str
    is_chosen: bool


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One question as the page shows it."""

    id: str
    kind: str
    text: str
    choices: tuple[Choice, ...]
    typed: str


@dataclass(frozen=True, kw_only=True)
class StepPage:
    """Questions of one page, and the answers of the pages before."""

    id: str
    title: str
    number: int
    of: int
    questions: tuple[Asked, ...]
    carried: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class FlagPage:
    """What cannot wait."""

    title: str
    text: str
    calls_emergency: bool


@dataclass(frozen=True, kw_only=True)
class ResultPage:
    """What the self-check came to."""

    verdict: str
    reasons: tuple[str, ...]
    notes: tuple[str, ...]
    still_open: tuple[str, ...]
    carried: tuple[tuple[str, str], ...]
    is_not_now: bool


def here(text: Text) -> str:
    """A text in the reader's language."""
    return text.get(get_language() or "", text["en"])


def answers_in(sent: QueryDict) -> dict[str, list[str]]:
    """The answers that a form carries: only ids that there are, and numbers short enough to be ages."""
    found: dict[str, list[str]] = {}
    for question in definition.load().questions:
        given = [one for one in sent.getlist(question.id)[:MOST_ANSWERS] if is_answer(question, one)]
        if given:
            found[question.id] = given
    return found


def is_answer(question: Question, given: str) -> bool:
    """Whether this could be an answer to a question."""
    if question.kind == "number":
        return given.isascii() and given.isdecimal() and len(given) <= len("100")
    return question.option(given) is not None


def steps_done(steps: Sequence[str], sent: QueryDict) -> int:
    """How many pages of questions are behind: one that is only shown in another language is not."""
    if sent.get("step") not in steps:
        return 0
    return steps.index(sent["step"]) + (STAYS not in sent)


def carried(answers: Mapping[str, Sequence[str]], *, without: Sequence[str] = ()) -> Iterator[tuple[str, str]]:
    """The answers as hidden fields."""
    for name, given in answers.items():
        if name not in without:
            yield from ((name, one) for one in given)


def step_page(check: Check, number: int, answers: Mapping[str, Sequence[str]]) -> StepPage:
    """A page of questions with what was answered so far."""
    step = check.steps[number]
    own = [question.id for question in step.questions]
    return StepPage(
        id=step.id,
        title=here(step.title),
        number=number + 1,
        of=len(check.steps),
        questions=tuple(asked(question, answers.get(question.id, ())) for question in step.questions),
        carried=tuple(carried(answers, without=own)),
    )


def asked(question: Question, given: Sequence[str]) -> Asked:
    """One question with what was answered."""
    return Asked(
        id=question.id,
        kind=question.kind,
        text=here(question.text),
        choices=tuple(Choice(id=one.id, text=here(one.text), is_chosen=one.id in given) for one in question.options),
        typed=next(iter(given), "") if question.kind == "number" else "",
    )


def flag_pages(found: Sequence[Flag]) -> tuple[FlagPage, ...]:
    """What cannot wait, the emergencies first."""
    urgent_first = sorted(found, key=lambda flag: not flag.calls_emergency)
    return tuple(
        FlagPage(title=here(flag.title), text=here(flag.text), calls_emergency=flag.calls_emergency)
        for flag in urgent_first
    )


def result_page(outcome: Outcome, answers: Mapping[str, Sequence[str]]) -> ResultPage:
    """What the rulebook makes of the answers, in patient words."""
    return ResultPage(
        verdict=outcome.verdict,
        reasons=tuple(words(outcome.reasons)),
        notes=tuple(words(outcome.notes)),
        still_open=tuple(here(question.text) for question in outcome.still_open),
        carried=tuple(carried(answers)),
        is_not_now=outcome.verdict == Verdict.NOT_NOW,
    )


def words(reasons: Sequence[Reason]) -> dict[str, None]:
    """The reasons in words, each once, in their order."""
    return dict.fromkeys(here(one.text) for one in reasons)
