"""What the law of a place asks of a controlled-drug register: one data file a jurisdiction, ``other`` where there is none."""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from typing import Annotated, Literal, Self

from pydantic import Field as Key
from pydantic import ValidationError, model_validator

from ketacare.science import reference
from ketacare.science.errors import BadReference, Problem
from ketacare.science.reference import Frozen, Mark, Review

FOLDER = "jurisdictions"
ELSEWHERE = "other"
SATURDAY = 5
# Acts that may ask for a second person. Waste always does: a file may add to these, never leave waste out.
Act = Literal["waste", "breakage", "expired", "loss", "count", "discrepancy", "correction"]
Names = Annotated[tuple[str, ...], Key(strict=False, min_length=1)]
Acts = Annotated[tuple[Act, ...], Key(strict=False, min_length=1)]


class Rule(Frozen):
    """A part of the file with its own sources."""

    sources: Names
    mark: Mark
    note: str = ""


class Schedule(Rule):
    """How a drug is scheduled here; None: we do not know."""

    schedule: str | None


class Span(Rule):
    """A span of time in years."""

    years: Annotated[int, Key(ge=1)]


class SecondPerson(Rule):
    """For which acts a second signed-in person is needed."""

    acts: Acts

    @model_validator(mode="after")
    def _waste_is_always_seen_by_two(self) -> Self:
        if "waste" not in self.acts:
            raise ValueError("waste is always seen by two people")
        return self


class FormField(Frozen):
    """One field of the loss report. ``known`` names what the register fills in; without it a person does."""

    label: str
    known: str | None = None


class LossReport(Rule):
    """Whom a theft or loss is reported to, on what form, and by when."""

    form: str | None
    notice_to: str
    notice_within_business_days: Annotated[int, Key(ge=1)] | None
    form_within_days: Annotated[int, Key(ge=1)] | None
    fields: Annotated[tuple[FormField, ...], Key(strict=False, min_length=1)]


class Jurisdiction(Frozen):
    """The law of one place, as far as a register goes."""

    id: str
    version: int
    schema_: str = Key(alias="schema")
    title: str
    status: str
    review: Review
    sources: Names
    drugs: Mapping[str, Schedule]
    retention: Span
    inventory: Span
    second_person: SecondPerson
    loss_report: LossReport
    destruction: Rule  # where expired stock goes, in the note
    dispensing_log: Rule  # what an inspector reads of each dose, in the note

    @property
    def two_person_acts(self) -> frozenset[str]:
        """The acts that stay an open discrepancy until a second person has signed them."""
        return frozenset(self.second_person.acts)


@cache
def load(name: str) -> Jurisdiction:
    """Return what holds in a jurisdiction; ``other`` where we have no file of it.

    Raises:
        BadReference: the file is not what it must be; every problem at once.
    """
    stem = f"{FOLDER}/{name.lower()}"
    file = reference.newest(stem if f"{stem}.1.yaml" in reference.data_files() else f"{FOLDER}/{ELSEWHERE}")
    return parse(reference.read_yaml(file), place=file)


def parse(raw: object, *, place: str) -> Jurisdiction:
    """Turn what a file says into a frozen value, or raise BadReference with every problem."""
    try:
        found = Jurisdiction.model_validate(raw)
    except ValidationError as error:
        raise BadReference(reference.problems_of(error, place=place)) from error
    parts = (found.retention, found.inventory, found.second_person, found.loss_report, *found.drugs.values())
    named = {*found.sources, *(key for part in parts for key in part.sources)}
    named |= {*found.destruction.sources, *found.dispensing_log.sources}
    if unknown := sorted(named - reference.sources().keys()):
        raise BadReference([Problem(place=place, says=f"no such source: {', '.join(unknown)}")])
    return found


def years_before(day: date, years: int) -> date:
    """Return the same day so many years earlier; 28 February where there is no 29th."""
    return _in_year(day, day.year - years)


def years_after(day: date, years: int) -> date:
    """Return the same day so many years later; 28 February where there is no 29th."""
    return _in_year(day, day.year + years)


def _in_year(day: date, year: int) -> date:
    try:
        return day.replace(year=year)
    except ValueError:
        return day.replace(year=year, day=day.day - 1)


def business_days_after(day: date, days: int) -> date:
    """Return the day so many business days later: Saturdays and Sundays do not count.

    Assumes: no public holiday falls in between; we hold no calendar of them, so the date is never later than the law's.
    """
    while days:
        day += timedelta(days=1)
        days -= day.weekday() < SATURDAY
    return day
