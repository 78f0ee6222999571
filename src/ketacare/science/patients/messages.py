"""Messages of patients: how soon they are answered, and words after which whom to call is shown at once."""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Literal

from pydantic import Field as Key

from ketacare.science.patients import words
from ketacare.science.reference import Frozen, Mark, Review

Positive = Annotated[int, Key(ge=1)]


class Invitation(Frozen):
    """How long the link that begins a log-in works, and how many wrong dates of birth end it."""

    days: Positive
    wrong_tries: Positive


class Messages(Frozen):
    """The file."""

    id: str
    version: int
    schema_: Literal["ketacare.patient_messages/1"] = Key(alias="schema")
    title: str
    review: Review
    sources: Annotated[tuple[str, ...], Key(strict=False)]
    mark: Mark
    response_h: Positive
    danger_h: Positive
    invitation: Invitation
    longest: Positive
    danger: Mapping[str, Annotated[tuple[str, ...], Key(strict=False, min_length=1)]]


@cache
def load() -> Messages:
    """Return the settings as released."""
    return words.read("messages", Messages)


def names_danger(text: str) -> bool:
    """Return whether a message names danger by one of our words.

    Args:
        text: what somebody wrote, in whatever language and script.

    Returns:
        True where a word of the list was found. False says nothing: people have more words than lists.

    Assumes: nothing is decided by it but what is shown beside; no message is held back, and none is put last.
    """
    return _danger().search(f" {plain(text)} ") is not None


@cache
def _danger() -> re.Pattern[str]:
    listed = {plain(word) for found in load().danger.values() for word in found}
    return re.compile(" (?:" + "|".join(map(re.escape, sorted(listed))) + ")")


def plain(text: str) -> str:
    """Return a text in small letters without accents, apostrophes and signs, one blank between words."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(one for one in apart if not unicodedata.combining(one) and one not in "'’ʼ`´")
    return " ".join(re.sub(r"[^\w]|_", " ", letters).split())
