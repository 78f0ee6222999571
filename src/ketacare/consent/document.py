"""Every text that is shipped, and which one somebody reads."""

from collections.abc import Iterable
from functools import cache
from typing import TypeVar

from ketacare.clinic.models import Patient
from ketacare.consent.shapes import FOLDER, Document, SeparateText, Text, parse
from ketacare.science import reference

T = TypeVar("T", bound=Text)
FIRST_LANGUAGE = "en"
USUAL = "iv_ketamine"
# In the order in which they are shown.
SEPARATE = ("off_label", "telehealth", "touch", "recording", "registry", "data_sharing")


@cache
def texts() -> tuple[Document | SeparateText, ...]:
    """The newest version of every text that is shipped."""
    prefix = f"{FOLDER}/"
    stems = {file.rsplit(".", 2)[0] for file in reference.data_files() if file.startswith(prefix)}
    return tuple(parse(reference.newest(stem)) for stem in sorted(stems))


@cache
def documents() -> tuple[Document, ...]:
    """The consents to treatment."""
    return tuple(one for one in texts() if isinstance(one, Document))


@cache
def separate_texts() -> tuple[SeparateText, ...]:
    """The consents beside the one to treatment."""
    return tuple(one for one in texts() if isinstance(one, SeparateText))


def document_for(*, indication: str, route: str | None = None, language: str = FIRST_LANGUAGE) -> Document | None:
    """The document for an indication (and route); None when the clinic has none."""
    fitting = [
        one
        for one in documents()
        if indication in one.stated.indications and (route is None or one.stated.route == route)
    ]
    if not fitting:
        return None
    first = usual(fitting).stated
    return in_language([one for one in fitting if one.stated.route == first.route], language)


def usual(fitting: list[Document]) -> Document:
    """The document read where nobody has said how the drug is to be given: the infusion's for depression, else the first."""
    return next((one for one in fitting if without_language(one) == USUAL), fitting[0])


def separate_for(kind: str, *, language: str = FIRST_LANGUAGE) -> SeparateText:
    """The text of a separate consent; raises LookupError for a kind that there is not."""
    found = [one for one in separate_texts() if one.kind == kind]
    if not found:
        raise LookupError(f"there is no separate consent called {kind}")
    return in_language(found, language)


def in_language(among: Iterable[T], language: str) -> T:
    """The text in a language; in English where nobody has put it into that one."""
    by_language = {one.stated.language: one for one in among}
    return by_language[language if language in by_language else FIRST_LANGUAGE]


def languages_of(text: Text) -> list[str]:
    """The languages in which the same text can be read."""
    return sorted(one.stated.language for one in texts() if is_same(one, text))


def is_same(one: Text, other: Text) -> bool:
    """Whether two texts say the same, in whatever language."""
    return without_language(one) == without_language(other)


def without_language(text: Text) -> str:
    """What a text is called without its language: iv_ketamine_en -> iv_ketamine."""
    return text.stated.id.removesuffix(f"_{text.stated.language}")


def newest(text_id: str) -> Text | None:
    """The newest version of a text by its id; None where it is no longer shipped."""
    return next((one for one in texts() if one.stated.id == text_id), None)


def language_of(patient: Patient) -> str:
    """The language a patient reads in."""
    return patient.language or FIRST_LANGUAGE
