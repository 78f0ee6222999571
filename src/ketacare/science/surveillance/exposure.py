"""What somebody was given in all, from the sessions as they were given: never as they were planned."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

DAYS_OF_A_YEAR = Decimal("365.25")
MONTHS_OF_A_YEAR = 12
Drug = Literal["racemic", "esketamine"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Dose:
    """One session as it was given. ``mg_per_kg`` None: the weight of that day is not known."""

    at: datetime
    drug: Drug
    mg: Decimal
    mg_per_kg: Decimal | None
    is_of_this_course: bool = True
    is_maintenance: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Exposure:
    """Everything given up to a moment."""

    sessions: int
    racemic_mg: Decimal
    esketamine_mg: Decimal
    mg_per_kg: Decimal | None  # None: of at least one session it is not known, so no sum is told
    mg_per_kg_known: Decimal  # of the sessions of which it is known
    without_weight: int  # sessions of which it is not
    first_at: datetime | None
    last_at: datetime | None
    years: Decimal | None  # since the first session
    months_of_maintenance: Decimal


def exposure(doses: Iterable[Dose], *, at: datetime) -> Exposure:
    """Return what was given up to a moment.

    Args:
        doses: the sessions of one person, in any order; later ones than the moment are left out.
        at: the moment, aware.

    Returns:
        Sessions, mg of each drug, mg/kg and years. The two drugs are never added up: a mg of one is not a mg of the other.

    Source: protocols, surveillance.cumulative_exposure (what is tracked).
    """
    given = sorted((one for one in doses if one.at <= at), key=lambda one: one.at)
    known = [one.mg_per_kg for one in given if one.mg_per_kg is not None]
    first = given[0].at if given else None
    later = next((one.at for one in given if one.is_of_this_course and one.is_maintenance), None)
    return Exposure(
        sessions=len(given),
        racemic_mg=sum((one.mg for one in given if one.drug == "racemic"), Decimal(0)),
        esketamine_mg=sum((one.mg for one in given if one.drug == "esketamine"), Decimal(0)),
        mg_per_kg=sum(known, Decimal(0)) if len(known) == len(given) else None,
        mg_per_kg_known=sum(known, Decimal(0)),
        without_weight=len(given) - len(known),
        first_at=first,
        last_at=given[-1].at if given else None,
        years=None if first is None else years_between(first, at),
        months_of_maintenance=Decimal(0) if later is None else months_between(later, at),
    )


def within(doses: Iterable[Dose], *, days: int, at: datetime) -> list[Dose]:
    """Return the sessions of the last so many days, as the surveillance book counts them: younger than that."""
    return [one for one in doses if timedelta() <= at - one.at < timedelta(days=days)]


def years_between(first: datetime, last: datetime) -> Decimal:
    """Return the years between two moments."""
    return Decimal(str((last - first) / timedelta(days=1))) / DAYS_OF_A_YEAR


def months_between(first: datetime, last: datetime) -> Decimal:
    """Return the months between two moments, a twelfth of a year each."""
    return years_between(first, last) * MONTHS_OF_A_YEAR


def curve(doses: Sequence[Dose], drug: Drug) -> list[tuple[datetime, Decimal]]:
    """Return how the sum of one drug rose: each session with what was given until then, mg."""
    total, points = Decimal(0), []
    for one in sorted(doses, key=lambda dose: dose.at):
        if one.drug == drug:
            total += one.mg
            points.append((one.at, total))
    return points
