"""The dose steps of a session as the regimen that the pharmacology takes: what was given, and what follows if nothing changes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor

from ketacare.science.errors import OutOfRange
from ketacare.science.monitoring.delivered import HOUR, DoseStep, Portion, portions
from ketacare.science.pkpd.regimen import Dose, Drug, Regimen, Route
from ketacare.science.pkpd.series import Flag

MINUTE = timedelta(minutes=1)
LOST = Flag(
    code="line-loss",
    about="regimen",
    says="What never arrived is taken off what was given last before the loss was noticed; when exactly it was lost is not known.",
)
NO_PLANNED_END = Flag(
    code="no-planned-end",
    about="regimen",
    says="There is no order that says when the pump will be done: the curve counts it as stopped now.",
)
RUNS_OVER = Flag(
    code="runs-over",
    about="regimen",
    says="The ordered dose is in and no end is recorded: the curve counts the pump as running until now.",
)


@dataclass(frozen=True, kw_only=True)
class Way:
    """How a session's drug enters, in the words of the pharmacology."""

    route: Route
    drug: Drug


@dataclass(frozen=True, kw_only=True)
class AsGiven:
    """What was given, with what a running pump will still give."""

    begins_at: datetime  # minute 0 of the regimen: the first drug that went in
    regimen: Regimen
    ends_at: datetime | None  # when a pump that runs now is taken to stop; None: nothing runs
    flags: tuple[Flag, ...]


def as_given(steps: Sequence[DoseStep], way: Way, *, ordered_mg: Decimal | None, at: datetime) -> AsGiven | None:
    """The regimen of a session at a moment, foreseen as if nothing changes; None while nothing has gone in."""
    known = [one for one in steps if one.at <= at]
    ends_at, flags = _end(known, ordered_mg, at=at)
    arrived = arrivals(portions(known, until=ends_at or at))
    if not arrived:
        return None
    begins_at = arrived[0].begins
    lost = (LOST,) if any(one.step == "line-loss" for one in known) else ()
    return AsGiven(
        begins_at=begins_at,
        regimen=Regimen(tuple(_dose(one, way.route, begins_at) for one in arrived), drug=way.drug),
        ends_at=ends_at,
        flags=(*lost, *flags),
    )


def arrivals(given: Iterable[Portion]) -> list[Portion]:
    """What arrived: each loss is taken off the newest part before it, then the one before that, the rest off later ones.

    A part that ran stays as long as it was and becomes thinner: its total is exact, its shape the least bold guess.
    """
    all_parts = list(given)
    parts = [one for one in all_parts if one.mg > 0]
    for loss in (one for one in all_parts if one.mg < 0):
        before = [place for place, one in enumerate(parts) if one.ends <= loss.begins]
        later = [place for place in range(len(parts)) if place not in before]
        left = -loss.mg
        for place in (*reversed(before), *later):
            taken = min(left, parts[place].mg)
            parts[place] = replace(parts[place], mg=parts[place].mg - taken)
            left -= taken
        if left:
            raise OutOfRange("more was lost from the line than was given")
    return [one for one in parts if one.mg]


def _end(
    known: Sequence[DoseStep], ordered_mg: Decimal | None, *, at: datetime
) -> tuple[datetime | None, tuple[Flag, ...]]:
    """When the pump that runs now will have given the ordered dose; a pump that should have ended runs until now, no longer."""
    given, in_an_hour = (_total(known, until=until) for until in (at, at + HOUR))
    mg_per_h = in_an_hour - given
    if not mg_per_h:
        return None, ()
    this_minute_ends = at.replace(second=0, microsecond=0) + MINUTE  # one curve a minute, not one a question
    if ordered_mg is None:
        return this_minute_ends, (NO_PLANNED_END,)
    hours = (Fraction(ordered_mg) - given) / mg_per_h
    if hours <= 0:
        return this_minute_ends, (RUNS_OVER,)
    # Rounded down, so that every moment of one run foresees the same end to the microsecond.
    return at + timedelta.resolution * floor(hours * (HOUR // timedelta.resolution)), ()


def _total(steps: Sequence[DoseStep], *, until: datetime) -> Fraction:
    return sum((one.mg for one in portions(steps, until=until)), Fraction(0))


def _dose(part: Portion, route: Route, begins_at: datetime) -> Dose:
    start, lasts = (part.begins - begins_at) / MINUTE, (part.ends - part.begins) / MINUTE
    return Dose(float(part.mg), route, start, lasts)
