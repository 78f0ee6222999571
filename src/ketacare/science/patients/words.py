"""Texts in the languages of the patients' pages, and how such a file is read."""

from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from ketacare.science import reference
from ketacare.science.errors import BadReference, Problem
from ketacare.science.reference import Frozen

FOLDER = "patients"
LANGUAGES = ("en", "es")
M = TypeVar("M", bound=BaseModel)


class Text(Frozen):
    """One sentence in each language."""

    en: str
    es: str

    def said(self, language: str) -> str:
        """Return the sentence in a language; English where it is none of ours.

        Args:
            language: a code such as ``es`` or ``es-mx``.
        """
        return self.es if language.partition("-")[0].lower() == "es" else self.en


def read(name: str, model: type[M]) -> M:
    """Return the newest version of a file of this folder as a frozen value, or raise BadReference with every problem."""
    file = reference.newest(f"{FOLDER}/{name}")
    raw: Mapping[str, object] = reference.read_yaml(file)
    try:
        found = model.model_validate(raw)
    except ValidationError as error:
        raise BadReference(reference.problems_of(error, place=file)) from error
    if unknown := sorted(set(getattr(found, "sources", ())) - reference.sources().keys()):
        raise BadReference([Problem(place=file, says=f"no such source: {', '.join(unknown)}")])
    return found
