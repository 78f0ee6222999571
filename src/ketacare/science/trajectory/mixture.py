"""Mixtures of normal distributions: chances and quantiles."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

Floats = NDArray[np.float64]
HALVINGS = 60  # of an interval that holds the quantile: to the last digit


def chance_above(limit: float, weights: Floats, mean: Floats, sd: Floats) -> Floats:
    """Return the chance of exceeding a limit, (m,), from weights (K,) and normal distributions (K, m)."""
    return np.asarray((weights[:, None] * ndtr((mean - limit) / sd)).sum(axis=0), dtype=np.float64)


def quantile(share: float, weights: Floats, mean: Floats, sd: Floats) -> Floats:
    """Return the value (m,) that this share lies below, from weights (K,) and normal distributions (K, m)."""
    each = mean + sd * ndtri(share)  # of a mixture it lies between the least and the largest of its parts
    low, high = each.min(axis=0), each.max(axis=0)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        is_high = 1 - (weights[:, None] * ndtr((mean - middle) / sd)).sum(axis=0) >= share
        low, high = np.where(is_high, low, middle), np.where(is_high, middle, high)
    return np.asarray((low + high) / 2, dtype=np.float64)


def interval(level: float, weights: Floats, mean: Floats, sd: Floats) -> tuple[Floats, Floats]:
    """Return the ends of the interval in the middle that holds this share."""
    return (
        quantile((1 - level) / 2, weights, mean, sd),
        quantile((1 + level) / 2, weights, mean, sd),
    )
