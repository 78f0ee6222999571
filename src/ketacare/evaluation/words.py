"""What facts are called and how their values are read on this room's pages."""

from functools import cache

from ketacare.clinic.routes import ROUTES
from ketacare.science.rules.questions import sections
from ketacare.science.surveillance.checks import checks
from ketacare.ui.words import in_words, unit_as_read

BOOK = "eligibility"  # whose questions give the facts their labels


@cache
def labels() -> dict[str, str]:
    """The label of each fact that is asked, at the evaluation or in the long run."""
    return checks().labels | {question.fact: question.label for part in sections(BOOK) for question in part.questions}


def label_of(fact: str) -> str:
    """What a fact is called."""
    return labels().get(fact, in_words(fact.partition(".")[2]))


def text_of(value: object, unit: str | None) -> str:
    """A fact's value with its unit; empty while it is unknown."""
    text = "" if value is None else said(value)
    return f"{text} {unit_as_read(unit)}" if text and unit else text


def said(value: object) -> str:
    """A fact's value in words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return ROUTES.get(value) or in_words(value)
    if isinstance(value, tuple | list):
        return ", ".join(said(str(one)) for one in value) or "none"
    return f"{value:.10g}" if isinstance(value, float) else str(value)
