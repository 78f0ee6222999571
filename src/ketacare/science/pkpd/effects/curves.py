"""The curves that effects are made of, and how an effect is put together."""

import numpy as np
from numpy.typing import ArrayLike

from ketacare.science.pkpd.effects.book import book, reference
from ketacare.science.pkpd.effects.effect import Effect
from ketacare.science.pkpd.series import Flag, Series
from ketacare.science.pkpd.solving.arrays import Floats


def saturating(concentration: ArrayLike, half: float, exponent: float = 1) -> Floats:
    """Return the share of the largest effect: ``x^g / (1 + x^g)``, ``x = C / C50``.

    Args:
        concentration: any shape, >= 0; what rounding has left below 0 counts as 0.
        half: C50 in the same unit, > 0.
        exponent: g, > 0.
    """
    x = (np.maximum(np.asarray(concentration, dtype=np.float64), 0) / half) ** exponent
    return np.asarray(x / (1 + x), dtype=np.float64)


def of_series(
    name: str,
    series: Series,
    *,
    value: Floats,
    low: Floats | None,
    high: Floats | None,
    drivers: tuple[str, ...],
    flags: tuple[Flag, ...],
    title: str | None = None,
) -> Effect:
    """Return the effect of a series under its name in the data, with its own flags before those of the series."""
    definition = book().effects[name]
    return Effect(
        name=name,
        title=title or definition.title,
        unit=definition.unit,
        t_min=series.t_min,
        value=value,
        low=low,
        high=high,
        status=definition.status,
        says=definition.says,
        drivers=drivers,
        flags=(*flags, *series.flags),
        reference=reference(),
    )
