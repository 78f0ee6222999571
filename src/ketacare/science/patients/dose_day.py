"""What a patient is told about the day of treatment: sentences of ours around the numbers of the start gate in force."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Literal

from pydantic import Field as Key

from ketacare.science.patients import words
from ketacare.science.reference import Frozen, Review

Part = Literal["fasting", "escort", "medicines"]
PARTS: tuple[Part, ...] = ("fasting", "escort", "medicines")
Names = Annotated[tuple[str, ...], Key(strict=False)]
TIME = {"en": ("minutes", "1 hour", "hours"), "es": ("minutos", "1 hora", "horas")}


class Item(words.Text):
    """One sentence, the rule of the start gate that it rests on, and the parameter that it names."""

    id: str
    rule: str = ""  # empty: none, our own advice to call
    part: Part
    routes: Names = Key(default=(), alias="for")
    hours: str | None = None


class Day(Frozen):
    """The file."""

    id: str
    version: int
    schema_: Literal["ketacare.dose_day/1"] = Key(alias="schema")
    title: str
    review: Review
    sources: Names
    items: Annotated[tuple[Item, ...], Key(strict=False, min_length=1)]


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of the checklist."""

    part: Part
    text: str
    rule: str


@cache
def load() -> Day:
    """Return the sentences as released."""
    return words.read("dose_day", Day)


def checklist(route: str | None, hours: Mapping[str, float], *, language: str) -> tuple[Line, ...]:
    """Return what to do before and on the day, in the order of the file.

    Args:
        route: how the drug is given; None: not known, and then nothing that depends on it is said.
        hours: the parameters of the start gate in force at the site.
        language: of the page.

    Returns:
        One line a sentence, with the rule that it rests on.

    Raises:
        KeyError: a sentence names a parameter that this start gate lacks.
    """
    return tuple(
        Line(part=one.part, text=said(one, hours, language=language), rule=one.rule)
        for one in load().items
        if not one.routes or route in one.routes
    )


def said(item: Item, hours: Mapping[str, float], *, language: str) -> str:
    """Return one sentence with its time in words."""
    text = item.said(language)
    return text if item.hours is None else text.format(time=in_words(hours[item.hours], language=language))


def in_words(hours: float, *, language: str) -> str:
    """Return a span of hours in words: 0.5 is "30 minutes", 1 "1 hour", 6 "6 hours"."""
    minutes, one, many = TIME["es" if language.startswith("es") else "en"]
    if hours == 1:
        return one
    return f"{hours * 60:g} {minutes}" if hours < 1 else f"{hours:g} {many}"
