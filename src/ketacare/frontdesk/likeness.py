"""Who may be the same person: how far each field agrees, what that weighs, and nothing that decides. Nothing here reads or writes."""

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from typing import Literal

import phonenumbers
from anyascii import anyascii
from phonenumbers import MatchType
from pydantic import Field as Key
from rapidfuzz import fuzz

from ketacare.science import reference
from ketacare.science.reference import Frozen, Mark, Review

FILE = "identity/likeness"
FIELDS = ("name", "born", "phone", "email")
KEPT = 2  # spellings: whom everybody is compared with, and the one at hand


class Born(Frozen):
    """How far dates of birth agree, per cent."""

    same: int
    day_and_month_swapped: int
    one_digit_different: int


class Phone(Frozen):
    """How far telephone numbers agree, per cent."""

    same: int
    same_last_digits: int


class Weights(Frozen):
    """What each field weighs, and from how many points on somebody is shown."""

    id: str
    version: int
    schema_: Literal["ketacare.likeness/1"] = Key(alias="schema")
    review: Review
    mark: Mark
    sources: list[str]
    weights: dict[str, int]
    names_alike_from: int
    born: Born
    phone: Phone
    show_from: int
    strong_from: int
    at_most: int


@dataclass(frozen=True, kw_only=True)
class Person:
    """What two people are compared by."""

    given_name: str
    family_name: str
    born_on: date
    phone: str
    email: str


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """How far one field agrees: per cent, points of its weight, and in words. ``per_cent`` None: one side lacks it."""

    field: str
    per_cent: int | None
    points: int
    weight: int
    says: str


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """How much says that two people are one: 0 to 100 points of the fields that both have."""

    score: int
    agreements: tuple[Agreement, ...]


@cache
def weights() -> Weights:
    """The newest weights."""
    return Weights.model_validate(reference.read_yaml(reference.newest(FILE)))


def likeness(one: Person, other: Person) -> Likeness:
    """How alike two people are, field by field."""
    agreements = tuple(agreement(field, one, other) for field in FIELDS)
    possible = sum(row.weight for row in agreements if row.per_cent is not None)
    points = sum(row.points for row in agreements)
    return Likeness(score=round(100 * points / possible), agreements=agreements)


def agreement(field: str, one: Person, other: Person) -> Agreement:
    """How far one field agrees."""
    per_cent, says = COMPARED[field](one, other)
    weight = weights().weights[field]
    return Agreement(
        field=field, per_cent=per_cent, points=round(weight * (per_cent or 0) / 100), weight=weight, says=says
    )


def names(one: Person, other: Person) -> tuple[int, str]:
    """Names in any order and any script: as they stand, and as they sound in Latin letters."""
    ours, theirs = full_name(one), full_name(other)
    as_written = fuzz.token_sort_ratio(folded(ours), folded(theirs))
    as_sounded = fuzz.token_sort_ratio(sounded(ours), sounded(theirs))
    found = round(max(as_written, as_sounded))
    if found < weights().names_alike_from:
        return 0, "different"
    if found == 100:
        return 100, "the same" if round(as_written) == 100 else "the same in Latin letters"
    return found, f"{found} % of the letters agree"


def full_name(person: Person) -> str:
    return f"{person.given_name} {person.family_name}"


@lru_cache(maxsize=KEPT)
def folded(text: str) -> str:
    """A name for comparing alone: width, case and marks put aside. What is stored is never touched."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(sign for sign in apart if not unicodedata.combining(sign)).split())


@lru_cache(maxsize=KEPT)
def sounded(text: str) -> str:
    return " ".join(anyascii(text).casefold().split())


def born(one: Person, other: Person) -> tuple[int, str]:
    """Dates of birth: equal, or a slip of the pen apart."""
    ours, theirs, given = one.born_on, other.born_on, weights().born
    if ours == theirs:
        return given.same, "the same"
    if (ours.year, ours.month, ours.day) == (theirs.year, theirs.day, theirs.month):
        return given.day_and_month_swapped, "day and month swapped"
    if sum(a != b for a, b in zip(ours.isoformat(), theirs.isoformat(), strict=True)) == 1:
        return given.one_digit_different, "one digit different"
    return 0, "different"


def phones(one: Person, other: Person) -> tuple[int | None, str]:
    """Telephone numbers, with or without the country's code."""
    if not one.phone or not other.phone:
        return None, "not known of both"
    match phonenumbers.is_number_match(one.phone, other.phone):
        case MatchType.EXACT_MATCH | MatchType.NSN_MATCH:
            return weights().phone.same, "the same"
        case MatchType.SHORT_NSN_MATCH:
            return weights().phone.same_last_digits, "the same last digits"
    return 0, "different"


def emails(one: Person, other: Person) -> tuple[int | None, str]:
    """E-mail addresses, whatever the case."""
    if not one.email or not other.email:
        return None, "not known of both"
    return (100, "the same") if one.email.casefold() == other.email.casefold() else (0, "different")


COMPARED: dict[str, Callable[[Person, Person], tuple[int | None, str]]] = {
    "name": names,
    "born": born,
    "phone": phones,
    "email": emails,
}


def may_be_shown(one: Person, other: Person) -> bool:
    """Whether two people can reach the points from which they are shown, were their telephones the same: those take longest to compare."""
    told = {field: COMPARED[field](one, other)[0] for field in FIELDS if field != "phone"}
    told["phone"] = 100 if one.phone and other.phone else None
    known = [(weights().weights[field], per_cent) for field, per_cent in told.items() if per_cent is not None]
    points = sum(round(weight * per_cent / 100) for weight, per_cent in known)
    return round(100 * points / sum(weight for weight, _ in known)) >= weights().show_from


def alike(one: Person, others: Iterable[tuple[int, Person]]) -> list[tuple[int, Likeness]]:
    """Those who may be the same person, the likeliest first; each with the id it came with."""
    found = [(key, likeness(one, other)) for key, other in others if may_be_shown(one, other)]
    shown = [pair for pair in found if pair[1].score >= weights().show_from]
    return sorted(shown, key=lambda pair: (-pair[1].score, pair[0]))[: weights().at_most]
