"""The antidepressant course after one infusion: a calendar curve, not driven by any concentration."""

import numpy as np
from numpy.typing import ArrayLike

from ketacare.science.errors import OutOfRange, Problem
from ketacare.science.pkpd.effects.book import book, reference
from ketacare.science.pkpd.effects.effect import Effect
from ketacare.science.pkpd.given import row
from ketacare.science.pkpd.solving.arrays import Floats
from ketacare.science.units import MINUTES_PER_DAY

NAME = "antidepressant"


def antidepressant(days: ArrayLike) -> Effect:
    """Return the mean change of the MADRS against an active control on the days after one infusion.

    Args:
        days: days since the infusion, shape (t,), any order, >= 0.

    Returns:
        An effect in MADRS points, shape (t,), negative = better; the band is that of how fast it wears off. ``t_min`` is the days
        in minutes.

    Raises:
        OutOfRange: a day that is negative or not a number.

    Assumes: one infusion; the average of trials, nobody's forecast. It takes no dose and no concentration, because levels did not
        predict response in the studies seen.
    Source: project calibration to Kishimoto 2016 (PMC5116384) and Murrough (APA 2013 abstract); ``data/pharmacology/effects``.
    """
    day = np.atleast_1d(row(days, place="days"))
    if not (np.isfinite(day) & (day >= 0)).all():
        raise OutOfRange([Problem(place="days", says="must be numbers of 0 or more")])
    table = book()
    definition = table.effects[NAME]
    fast, value, slow = (_change(day, tau_off) for tau_off in table.parameter(NAME, "tau_off").band)
    return Effect(
        name=NAME,
        title=definition.title,
        unit=definition.unit,
        t_min=MINUTES_PER_DAY * day,
        value=value,
        low=slow,
        high=fast,
        status=definition.status,
        says=definition.says,
        drivers=(),
        flags=(),
        reference=reference(),
    )


def _change(day: Floats, tau_off: float) -> Floats:
    size, tau_on = (book().parameter(NAME, name).value for name in ("size", "tau_on"))
    return np.asarray(-size * -np.expm1(-day / tau_on) * np.exp(-day / tau_off), dtype=np.float64)
