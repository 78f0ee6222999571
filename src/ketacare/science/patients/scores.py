"""What a scale is about and what its bands mean, in a patient's words; never a promise, never a diagnosis."""

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Literal

from pydantic import Field as Key

from ketacare.science.patients import words
from ketacare.science.patients.words import Text
from ketacare.science.reference import Frozen, Review


class ScoreWords(Frozen):
    """The file."""

    id: str
    version: int
    schema_: Literal["ketacare.score_words/1"] = Key(alias="schema")
    title: str
    review: Review
    sources: Annotated[tuple[str, ...], Key(strict=False)]
    asks: Mapping[str, Text]
    bands: Mapping[str, Text]


@cache
def load() -> ScoreWords:
    """Return the words as released."""
    return words.read("scores", ScoreWords)


def about(scale: str, *, language: str) -> str:
    """Return what a scale asks about; empty where we have no words for it."""
    found = load().asks.get(scale)
    return "" if found is None else found.said(language)


def band(label: str, *, language: str) -> str:
    """Return what a band means; empty where we have no words for it, so that nothing is named a patient was not meant to read."""
    found = load().bands.get(label)
    return "" if found is None else found.said(language)
