"""What a curve shows without a model: its peak, its areas, its last half-life."""

import math
from dataclasses import dataclass, replace

import numpy as np

from ketacare.science.errors import OutOfRange, Problem
from ketacare.science.pkpd.given import refuse_strangers
from ketacare.science.pkpd.series import Flag, Series
from ketacare.science.pkpd.solving.arrays import Floats
from ketacare.science.units import MINUTES_PER_HOUR

# A line through fewer points has no freedom left to be wrong: the usual least number in such an analysis.
FEWEST_POINTS = 3
# More points are taken for as good a fit as this. A computed curve has no noise: a looser rule, as for measured points, would take in the
# phase before the last and shorten the half-life.
BETTER_FIT = 1e-8
# Beyond this share the area to infinity is more extrapolation than data: the usual limit in such an analysis.
MOST_EXTRAPOLATED = 0.2
# Below this the points do not lie on a line, and a half-life would be a guess.
LEAST_FIT = 0.8


@dataclass(frozen=True, kw_only=True, slots=True)
class NonCompartmental:
    """What one analyte's curve shows.

    Args:
        analyte: which curve.
        cmax_ng_per_ml: the highest concentration among the times, ng/mL.
        tmax_min: when, min; the first time if there are several.
        t_last_min: the last time with a concentration above 0, min.
        auc_ng_h_per_ml: area under the curve from the first to the last time, ng*h/mL.
        auc_inf_ng_h_per_ml: with the tail to infinity; None without a terminal half-life.
        extrapolated_share: the tail's share of ``auc_inf_ng_h_per_ml``, 0 to 1; None as above.
        half_life_min: of the terminal phase, min; None where none was found.
        half_life_points: how many points the terminal phase has.
        half_life_r2_adjusted: how well they lie on a line (log concentration over time).
        flags: what a reader must know; of a simulated series with what its flags say about this analyte.
    """

    analyte: str
    cmax_ng_per_ml: float
    tmax_min: float
    t_last_min: float
    auc_ng_h_per_ml: float
    auc_inf_ng_h_per_ml: float | None
    extrapolated_share: float | None
    half_life_min: float | None
    half_life_points: int
    half_life_r2_adjusted: float | None
    flags: tuple[Flag, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Terminal:
    """A terminal phase: its rate, how many points show it, and how well."""

    rate_per_min: float
    points: int
    r2_adjusted: float


def noncompartmental(series: Series, analyte: str | None = None) -> NonCompartmental:
    """Return peak, areas and terminal half-life of one analyte as its points show them.

    Args:
        series: a simulated curve; its times in any order.
        analyte: a name of ``series.concentration_ng_per_ml``; None: the parent.

    Raises:
        OutOfRange: an analyte that the series does not have, fewer than two different times, nothing above 0.

    Assumes: the grid is dense enough; between two points the curve is a straight line upwards and an exponential
        downwards (linear-up, log-down).
    Source: the usual conventions of non-compartmental analysis; held in the tests against the models' exact areas.
    """
    refuse_strangers(series=(series, Series), analyte=("" if analyte is None else analyte, str))
    name = series.parent if analyte is None else analyte
    t_min, value = _curve(series, name)
    found = curve_noncompartmental(t_min, value, analyte=name)
    return replace(found, flags=(*found.flags, *(flag for flag in series.flags if flag.about == name)))


def curve_noncompartmental(t_min: Floats, concentration_ng_per_ml: Floats, *, analyte: str) -> NonCompartmental:
    """As ``noncompartmental``, for any curve: both shape (t,), times ascending and different."""
    peak = int(np.argmax(concentration_ng_per_ml))
    last = int(np.flatnonzero(concentration_ng_per_ml > 0)[-1])
    area = _area(t_min, concentration_ng_per_ml) / MINUTES_PER_HOUR
    terminal = _terminal(t_min[peak:], concentration_ng_per_ml[peak:])
    tail = float(concentration_ng_per_ml[-1]) / terminal.rate_per_min / MINUTES_PER_HOUR if terminal else None
    share = None if tail is None else tail / (area + tail)
    return NonCompartmental(
        analyte=analyte,
        cmax_ng_per_ml=float(concentration_ng_per_ml[peak]),
        tmax_min=float(t_min[peak]),
        t_last_min=float(t_min[last]),
        auc_ng_h_per_ml=area,
        auc_inf_ng_h_per_ml=None if tail is None else area + tail,
        extrapolated_share=share,
        half_life_min=math.log(2) / terminal.rate_per_min if terminal else None,
        half_life_points=terminal.points if terminal else 0,
        half_life_r2_adjusted=terminal.r2_adjusted if terminal else None,
        flags=_flags(analyte, t_min, concentration_ng_per_ml, share),
    )


def _curve(series: Series, analyte: str) -> tuple[Floats, Floats]:
    """Return different times, ascending, and the concentration at each."""
    curves = series.concentration_ng_per_ml
    if analyte not in curves:
        raise OutOfRange([Problem(place="analyte", says=f"{analyte!r} is none of {', '.join(curves)}")])
    t_min, first = np.unique(series.t_min, return_index=True)
    if len(t_min) <= 1:
        raise OutOfRange([Problem(place="t_min", says="an area needs two different times")])
    value = curves[analyte][first]
    if not (value > 0).any():
        raise OutOfRange([Problem(place=analyte, says="nothing of it is there at these times")])
    return t_min, value


def _area(t_min: Floats, value: Floats) -> float:
    """Return the area, (unit of value) * min: linear upwards, logarithmic downwards."""
    before, after, step = value[:-1], value[1:], np.diff(t_min)
    falls = (after > 0) & (after < before)
    # The logarithmic mean of both ends; log1p keeps its digits where they are nearly the same.
    down = (before - after) / -np.log1p(
        (after - before) / np.where(falls, before, 1), where=falls, out=-np.ones_like(step)
    )
    return float(np.sum(step * np.where(falls, down, (before + after) / 2)))


def _terminal(t_min: Floats, value: Floats) -> _Terminal | None:
    """Return the straight end of the curve on a log scale, after its peak; None: none falls in a line.

    Of the stretches that end with the last point, the longest of those that fit best.
    """
    t, seen = t_min[1:], value[1:]
    t, log_value = t[seen > 0], np.log(seen[seen > 0])
    if len(t) < FEWEST_POINTS:
        return None
    rate, fit = _lines(t[-1] - t[::-1], log_value[::-1] - log_value[-1])
    rising = rate <= 0
    if rising.all():
        return None
    fit = np.where(rising, -np.inf, fit)
    chosen = int(np.flatnonzero(fit >= fit.max() - BETTER_FIT)[-1])
    if fit[chosen] < LEAST_FIT:
        return None
    return _Terminal(rate_per_min=float(rate[chosen]), points=chosen + FEWEST_POINTS, r2_adjusted=float(fit[chosen]))


def _lines(back: Floats, rise: Floats) -> tuple[Floats, Floats]:
    """Return slope and adjusted r2 of the straight line through the first n points, for each n from the fewest to all.

    Both shape (t,), beginning at 0 with the last point of the curve and going back in time.
    """
    n = np.arange(1, len(back) + 1, dtype=np.float64)
    sum_x, sum_y = np.cumsum(back), np.cumsum(rise)
    spread_x = np.cumsum(back * back) - sum_x * sum_x / n
    spread_y = np.cumsum(rise * rise) - sum_y * sum_y / n
    together = np.cumsum(back * rise) - sum_x * sum_y / n
    kept = slice(FEWEST_POINTS - 1, None)
    n, spread_x, spread_y, together = n[kept], spread_x[kept], spread_y[kept], together[kept]
    r2 = together**2 / np.where(spread_y > 0, spread_x * spread_y, np.inf)
    return together / spread_x, 1 - (1 - np.minimum(r2, 1)) * (n - 1) / (n - 2)


def _flags(analyte: str, t_min: Floats, value: Floats, share: float | None) -> tuple[Flag, ...]:
    """What makes the answer weaker than its digits look."""
    tail = "unknown" if share is None else f"{share:.0%}"
    told = {
        "starts-late": (value[0] > 0 and t_min[0] > 0, f"what was there before {t_min[0]:g} min is in no area"),
        "peak-at-the-end": (value.argmax() == len(value) - 1, "the last is the highest: the peak may lie later"),
        "no-terminal-phase": (share is None, "no straight fall at the end: no half-life, no area to infinity"),
        "mostly-extrapolated": ((share or 0) > MOST_EXTRAPOLATED, f"{tail} of the area lies after the last time"),
    }
    return tuple(Flag(code=code, about=analyte, says=says) for code, (holds, says) in told.items() if holds)
