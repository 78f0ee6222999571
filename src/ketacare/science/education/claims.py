"""What the education pages say: every claim with its figures, its grade, its sources and the day it must be looked at again."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from ketacare.science import reference
from ketacare.science.errors import BadReference, Problem
from ketacare.science.reference import Frozen, Mark, Review

STEM = "education/claims"
LANGUAGES = ("en", "es")
Grade = Literal["official", "moderate", "low", "disputed", "own"]
Names = Annotated[tuple[str, ...], Field(strict=False, min_length=1)]
SHARE = re.compile(r"(\d+) (?:in|de cada) (10|100)\b")
NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?")


class Statement(Frozen):
    """One thing said, in both languages, with the figures as the source gives them."""

    en: str
    es: str
    figures: dict[str, float] = {}
    sources: Names

    def said(self, language: str) -> str:
        """Return the statement in a language that the pages speak."""
        return self.es if language == "es" else self.en


class Claim(Statement):
    """A statement with how sure it is; where sources disagree, each side of it."""

    grade: Grade
    sides: Annotated[tuple[Statement, ...], Field(strict=False)] = ()
    mark: Mark
    look_again_on: date


class Claims(Frozen):
    """A version of all claims."""

    id: Literal["claims"]
    version: int
    schema_: Literal["ketacare.education/1"] = Field(alias="schema")
    title: str
    review: Review
    claims: dict[str, Claim]


def parse(raw: object, *, place: str) -> Claims:
    """Return the claims that a data file states.

    Args:
        raw: what the file says.
        place: what to call it in a problem.

    Raises:
        BadReference: every problem at once: an unknown key, a source nobody knows, a number that is not among the figures
            of its statement, a dispute without two sides.
    """
    try:
        found = Claims.model_validate(raw)
    except ValidationError as error:
        raise BadReference(reference.problems_of(error, place=place)) from error
    problems = [
        Problem(place=f"{place}: {name}", says=says)
        for name, claim in found.claims.items()
        for says in wrong_with(claim)
    ]
    if problems:
        raise BadReference(problems)
    return found


def wrong_with(claim: Claim) -> Iterator[str]:
    """Return why a claim may not be shown."""
    if (claim.grade == "disputed") != (len(claim.sides) > 1):
        yield "a dispute has two sides or more, and nothing else has any"
    for statement in (claim, *claim.sides):
        for source in statement.sources:
            if source not in reference.sources():
                yield f"there is no source {source}"
            if source not in claim.sources:
                yield f"the source {source} of a side is not among the claim's"
        for language in LANGUAGES:
            for number in unfounded(statement.said(language), statement.figures):
                yield f"{number} ({language}) is not among its figures"


def unfounded(text: str, figures: Mapping[str, float]) -> list[str]:
    """Return the numbers of a text that its figures do not give.

    Args:
        text: a statement. ``5 in 10`` and ``1 in 100`` (also in Spanish) stand for a percentage, rounded to the nearest.
        figures: the numbers as the source gives them; those named ``..._percent`` may be rounded.

    Returns:
        Each number that no figure stands behind, as it is written; empty where all are founded.
    """
    percents = [value for name, value in figures.items() if name.endswith("percent")]
    wrong = [
        match.group()
        for match in SHARE.finditer(text)
        if int(match[1]) not in {round(value * int(match[2]) / 100) for value in percents}
    ]
    known = {*figures.values(), *map(round, percents)}
    rest = NUMBER.findall(SHARE.sub(" ", text))
    return wrong + [number for number in rest if float(number.replace(",", "")) not in known]


@cache
def load(version: int | None = None) -> Claims:
    """Return a version of the claims, the newest unless one is named."""
    file = reference.newest(STEM) if version is None else f"{STEM}.{version}.yaml"
    return parse(reference.read_yaml(file), place=file)
