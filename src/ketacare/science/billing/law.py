"""What the law of a place asks of an estimate: whether, by when, in which words; and when a bill may be disputed."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from typing import Annotated, Literal

from pydantic import Field as Key
from pydantic import ValidationError

from ketacare.science import reference
from ketacare.science.errors import BadReference, Problem
from ketacare.science.reference import Frozen, Mark, Review
from ketacare.science.stewardship.jurisdiction import SATURDAY, business_days_after

FOLDER, ELSEWHERE = "billing", "other"
Names = Annotated[tuple[str, ...], Key(strict=False, min_length=1)]


class Time(Frozen):
    """Booked so many business days before: due within so many business days of the booking."""

    booked_business_days_before: int
    within_business_days: int


class Disclaimer(Frozen):
    """One sentence that stands on every estimate."""

    says: str
    mark: Mark


class EstimateLaw(Frozen):
    """What is asked of an estimate."""

    name: str
    is_asked: bool
    who: str
    times: Annotated[tuple[Time, ...], Key(strict=False)]
    on_request_within_business_days: int | None
    longest_months: int
    sources: Names
    mark: Mark
    note: str
    disclaimers: Annotated[tuple[Disclaimer, ...], Key(strict=False, min_length=1)]


class Dispute(Frozen):
    """From how much above the estimate a bill may be disputed."""

    at_least: str
    currency: str
    says: str
    sources: Names
    mark: Mark


class Law(Frozen):
    """The law of one place, as far as an estimate goes."""

    id: str
    version: int
    schema_: Literal["ketacare.billing_law/1"] = Key(alias="schema")
    title: str
    status: str
    review: Review
    sources: Names
    estimate: EstimateLaw
    dispute: Dispute | None

    def may_dispute(self, over: Decimal, currency: str) -> bool:
        """Return whether a bill so far above its estimate may be disputed."""
        rule = self.dispute
        return rule is not None and rule.currency == currency and over >= Decimal(rule.at_least)


@dataclass(frozen=True, kw_only=True)
class Due:
    """By when an estimate is to be given, and why then; no day: no law that we hold says one."""

    on: date | None
    why: str


@cache
def law_of(jurisdiction: str) -> Law:
    """Return what holds in a jurisdiction; ``other`` where we have no file of it.

    Raises:
        BadReference: the file is not what it must be; every problem at once.
    """
    stem = f"{FOLDER}/law_{jurisdiction.lower()}"
    place = reference.newest(stem if f"{stem}.1.yaml" in reference.data_files() else f"{FOLDER}/law_{ELSEWHERE}")
    try:
        found = Law.model_validate(reference.read_yaml(place))
    except ValidationError as error:
        raise BadReference(reference.problems_of(error, place=place)) from error
    named = {*found.sources, *found.estimate.sources, *(found.dispute.sources if found.dispute else ())}
    if unknown := sorted(named - reference.sources().keys()):
        raise BadReference([Problem(place=place, says=f"no such source: {', '.join(unknown)}")])
    return found


def due(law: Law, *, booked_on: date | None, requested_on: date | None, service_on: date) -> Due:
    """Return by when an estimate is to be given.

    Args:
        law: of the site's jurisdiction.
        booked_on: when the service was booked; None: it is not booked yet.
        requested_on: when the patient asked for an estimate; None: they did not.
        service_on: the day of the first service.

    Assumes: no public holiday falls in between; we hold no calendar of them, so the date is never later than the law's.
    Source: 45 CFR 149.610 in the data (B-GFE).
    """
    rules, found = law.estimate, []
    if booked_on is not None:
        days = business_days_between(booked_on, service_on)
        for time in sorted(rules.times, key=lambda one: one.booked_business_days_before, reverse=True):
            if days >= time.booked_business_days_before:
                why = f"booked {days} business days before: within {time.within_business_days} of the booking"
                found.append(Due(on=business_days_after(booked_on, time.within_business_days), why=why))
                break
    if requested_on is not None and rules.on_request_within_business_days is not None:
        within = rules.on_request_within_business_days
        found.append(Due(on=business_days_after(requested_on, within), why=f"asked for: within {within} business days"))
    is_open = rules.is_asked and booked_on is None and requested_on is None
    none = "neither booked nor asked for yet" if is_open else "no day is set by a law held here"
    return min(found, key=lambda one: one.on or date.max, default=Due(on=None, why=none))


def business_days_between(first: date, last: date) -> int:
    """Return how many business days lie after the first day, the last one included; none where it is not later."""
    days = range(1, (last - first).days + 1)
    return sum((first + timedelta(days=one)).weekday() < SATURDAY for one in days)
