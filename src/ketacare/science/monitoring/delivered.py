"""How much drug has been given: the dose steps of a session, integrated."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from ketacare.science.errors import OutOfRange, Problem

HOUR = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class DoseStep:
    """One step of giving: a rate lasts until the next step, a dose is given at once, a line loss never arrived."""

    at: datetime
    step: Literal["start", "rate", "pause", "resume", "bolus", "stop", "line-loss"]
    rate_mg_per_h: Decimal | None = None
    dose_mg: Decimal | None = None


def mg_per_h(*, ml_per_h: Decimal, mg_per_ml: Decimal) -> Decimal:
    """Return the rate in mg/h of a pump that runs so many mL/h of a fluid with so many mg/mL; neither may be below 0."""
    below = {"ml_per_h": ml_per_h, "mg_per_ml": mg_per_ml}
    if wrong := [Problem(place=name, says=f"{value} is below 0") for name, value in below.items() if value < 0]:
        raise OutOfRange(wrong)
    return ml_per_h * mg_per_ml


@dataclass(frozen=True, kw_only=True, slots=True)
class Portion:
    """A part of what was given: at a steady rate from one moment to a later one, or at once; a loss is below 0."""

    begins: datetime
    ends: datetime
    mg: Fraction


def portions(steps: Iterable[DoseStep], *, until: datetime) -> list[Portion]:
    """Return what the dose steps of a session gave up to a moment, part by part.

    Args:
        steps: in any order; steps at the same moment count in the order given. `start` and `rate` set the rate (mg/h),
            `pause` and `stop` end it, `resume` takes the last rate up again or the one it names, `bolus` and a `start`
            with a dose give it at once, `line-loss` takes its dose away again.
        until: steps after it do not count; a running rate counts up to it.

    Returns:
        The parts in the order they began, exact; what is at once begins and ends at one moment.

    Raises:
        OutOfRange: a rate or dose below 0, every such step at once.

    Assumes: the pump runs at the stated rate between steps.
    Source: arithmetic.
    """
    counted = [step for step in sorted(steps, key=lambda one: one.at) if step.at <= until]
    _check(counted)
    found, rate, last_rate = [], Fraction(0), Fraction(0)
    ends = [step.at for step in counted[1:]] + [until]
    for step, end in zip(counted, ends, strict=False):
        if step.rate_mg_per_h is not None:
            last_rate = Fraction(step.rate_mg_per_h)
        if step.step in ("start", "rate", "resume"):
            rate = Fraction(0) if step.step == "start" and step.rate_mg_per_h is None else last_rate
        elif step.step in ("pause", "stop"):
            rate = Fraction(0)
        if step.dose_mg:
            dose = Fraction(step.dose_mg)
            found.append(Portion(begins=step.at, ends=step.at, mg=-dose if step.step == "line-loss" else dose))
        if rate and end > step.at:
            hours = Fraction((end - step.at) // timedelta.resolution, HOUR // timedelta.resolution)
            found.append(Portion(begins=step.at, ends=end, mg=rate * hours))
    return found


def delivered_mg(steps: Iterable[DoseStep], *, until: datetime) -> Decimal:
    """Integrate the dose steps of a session up to a moment.

    Args:
        steps: as `portions` takes them.
        until: steps after it do not count; a running rate counts up to it.

    Returns:
        mg given, >= 0.

    Raises:
        OutOfRange: a rate or dose below 0 (every such step at once), or more lost than was given.

    Assumes: the pump runs at the stated rate between steps.
    Source: arithmetic (integral of a step function); checked against superposition and rectangles in the tests.
    """
    given = sum((one.mg for one in portions(steps, until=until)), Fraction(0))
    if given < 0:
        raise OutOfRange("more was lost from the line than was given")
    return Decimal(given.numerator) / Decimal(given.denominator)


def _check(steps: list[DoseStep]) -> None:
    wrong = [
        Problem(place=f"{step.step} at {step.at.isoformat()}", says=f"{value} is below 0")
        for step in steps
        for value in (step.rate_mg_per_h, step.dose_mg)
        if value is not None and value < 0
    ]
    if wrong:
        raise OutOfRange(wrong)
