"""What many subjects were exposed to: peak, its time, area, time above a limit; each from curves of shape (t, s) at once."""

import numpy as np

from ketacare.science.pkpd.solving.arrays import Floats
from ketacare.science.units import MINUTES_PER_HOUR


def peak(t_min: Floats, curves: Floats) -> tuple[Floats, Floats]:
    """Return each subject's highest value among the times, and when it first was: both shape (s,)."""
    at = np.argmax(curves, axis=0)
    return np.take_along_axis(curves, at[None], axis=0)[0], t_min[at]


def area_h(t_min: Floats, curves: Floats) -> Floats:
    """Return the area under each curve over all the times, (unit of the curve) * h, shape (s,).

    Args:
        t_min: shape (t,), min, ascending.
        curves: shape (t, s), >= 0.

    Assumes: straight lines upwards, exponentials downwards (linear-up, log-down), as ``noncompartmental`` does for one curve.
    """
    before, after, step = curves[:-1], curves[1:], np.diff(t_min)[:, None]
    falls = (after > 0) & (after < before)
    lost = before - after
    logarithmic = lost / np.log1p(np.divide(lost, after, where=falls, out=np.ones_like(lost)))
    found: Floats = np.sum(step * np.where(falls, logarithmic, (before + after) / 2), axis=0) / MINUTES_PER_HOUR
    return found


def time_above(t_min: Floats, curves: Floats, limit: float) -> Floats:
    """Return for how long each curve lies above a limit, min, shape (s,); between two times a curve is a straight line."""
    low, high = np.minimum(curves[:-1], curves[1:]), np.maximum(curves[:-1], curves[1:])
    part = np.divide(high - limit, high - low, where=high > low, out=np.where(low > limit, 1.0, 0.0))
    found: Floats = np.sum(np.diff(t_min)[:, None] * np.clip(part, 0, 1), axis=0)
    return found
