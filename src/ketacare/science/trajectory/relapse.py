"""The chance that a course stays at or below a limit on every day of a grid: a normal distribution in as many dimensions as days."""

from functools import cache

import numpy as np
import scipy
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

Floats = NDArray[np.float64]
POINTS = 2**14  # with them the errors are 3e-5, the largest of twenty seeds 9e-5, on twelve weekly days
SEED = 1
SMALLEST = 1e-12  # variances below this share of a day's own are none: two days at one moment


def stays_below(mean: Floats, cov: Floats, limit: float, *, points: int = POINTS) -> Floats:
    """Return the chance of being at or below a limit on the first day, on the first two, ..., on all.

    Args:
        mean: (K, m) of the severity on m days, in K cases; points.
        cov: (K, m, m) points squared.
        limit: points.
        points: of the integral, a power of two; fewer where thousands of people are judged together.

    Returns:
        (K, m) falling along the days.

    Source: Genz 1992, numerical computation of multivariate normal probabilities: one day after the other, given those before.
    """
    cases, days = mean.shape
    root = _root(cov)
    above = limit - mean
    drawn = np.zeros((cases, days, points))
    chance = np.ones((cases, points))
    found = np.empty((cases, days))
    for day in range(days):
        known = np.einsum("kd,kdp->kp", root[:, day, :day], drawn[:, :day])
        below = ndtr((above[:, day, None] - known) / root[:, day, day, None])
        chance = chance * below
        found[:, day] = chance.mean(axis=1)
        if day + 1 < days:
            drawn[:, day] = ndtri(np.clip(lattice(days - 1, points)[day] * below, 1e-300, 1 - 1e-16))
    return found


@cache
def lattice(dimensions: int, points: int = POINTS) -> Floats:
    """Return points that fill the unit cube evenly, (dimensions, points); always the same."""
    return np.ascontiguousarray(scipy.stats.qmc.Sobol(dimensions, rng=np.random.default_rng(SEED)).random(points).T)


def _root(cov: Floats) -> Floats:
    """The lower triangular root of each covariance, of a singular one too."""
    days = cov.shape[1]
    root = np.zeros_like(cov)
    for day in range(days):
        for before in range(day):
            shared = (root[:, day, :before] * root[:, before, :before]).sum(axis=1)
            root[:, day, before] = (cov[:, day, before] - shared) / root[:, before, before]
        left = cov[:, day, day] - np.square(root[:, day, :day]).sum(axis=1)
        root[:, day, day] = np.sqrt(np.maximum(left, SMALLEST * cov[:, day, day]))
    return root
