"""The law of a place about a patient's record, as far as a clinic's days and years go; ``other`` where there is no file."""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from typing import Annotated, Literal, Self, get_args

from pydantic import Field as Key
from pydantic import ValidationError, model_validator

from ketacare.science import reference
from ketacare.science.errors import BadReference, Problem
from ketacare.science.reference import Frozen, Mark, Review

FOLDER, ELSEWHERE = "rights", "other"
LEAP = (2, 29)
Names = Annotated[tuple[str, ...], Key(strict=False, min_length=1)]
Kind = Literal["care", "audit", "drug_register", "messages", "requests", "consultations", "links", "log_ins"]
From = Literal["last_contact", "written", "decided", "ended"]


class Days(Frozen):
    """Until when a request is decided, and by how much that may be put off, once."""

    days: Annotated[int, Key(ge=1)]
    more: Annotated[int, Key(ge=0)]
    sources: Names
    mark: Mark
    note: str = ""


class Kept(Frozen):
    """How long one kind of thing is kept, counted from when, and whether it may go before."""

    kind: Kind
    years: Annotated[int, Key(ge=0)] = 0
    days: Annotated[int, Key(ge=0)] = 0
    counted_from: From = Key(alias="from")
    erasable: bool
    sources: Names
    mark: Mark
    note: str = ""

    @property
    def title(self) -> str:
        """The kind for people."""
        return self.kind.replace("_", " ").capitalize()


class Law(Frozen):
    """The file."""

    id: str
    version: int
    schema_: Literal["ketacare.rights/1"] = Key(alias="schema")
    title: str
    review: Review
    sources: Names
    days: Mapping[Literal["correction", "erasure"], Days]
    retention: Annotated[tuple[Kept, ...], Key(strict=False, min_length=1)]

    @model_validator(mode="after")
    def names_every_kind_once(self) -> Self:
        """Refuse a file that leaves out how long something is kept."""
        named = sorted(one.kind for one in self.retention)
        if named != sorted(get_args(Kind)):
            raise ValueError(f"retention names each of {', '.join(get_args(Kind))} once")
        return self

    def kept(self, kind: Kind) -> Kept:
        """Return how long one kind is kept."""
        return next(one for one in self.retention if one.kind == kind)


@cache
def load(jurisdiction: str) -> Law:
    """Return what holds in a jurisdiction; ``us-ca`` falls back to ``us``, an unknown one to ``other``.

    Raises:
        BadReference: the file is not what it must be; every problem at once.
    """
    name = jurisdiction.lower()
    files = reference.data_files()
    stems = [f"{FOLDER}/{one}" for one in (name, name.partition("-")[0], ELSEWHERE)]
    file = reference.newest(next(one for one in stems if f"{one}.1.yaml" in files))
    try:
        found = Law.model_validate(reference.read_yaml(file))
    except ValidationError as error:
        raise BadReference(reference.problems_of(error, place=file)) from error
    parts: tuple[Kept | Days, ...] = (*found.retention, *found.days.values())
    named = {*found.sources, *(key for one in parts for key in one.sources)}
    if unknown := sorted(named - reference.sources().keys()):
        raise BadReference([Problem(place=file, says=f"no such source: {', '.join(unknown)}")])
    return found


def due_on(law: Law, kind: Literal["correction", "erasure"], made_on: date) -> date:
    """Return the last day on which a request is decided in time; the day it was made does not count."""
    return made_on + timedelta(days=law.days[kind].days)


def stays_until(kept: Kept, counted_from: date) -> date:
    """Return the last day on which something stays; from 29 February to 28 February where there is none."""
    return years_on(counted_from, kept.years) + timedelta(days=kept.days)


def goes_if_before(kept: Kept, today: date) -> date:
    """Return the day before which the count must have begun for something to go today: whatever began earlier stayed its time."""
    return years_on(today - timedelta(days=kept.days), -kept.years)


def years_on(day: date, years: int) -> date:
    """The same day of another year."""
    year = day.year + years
    try:
        return day.replace(year=year)
    except ValueError:
        return date(year, LEAP[0], LEAP[1] - 1)
