"""Sums of exponentials on a grid, in blocks that stay in the processor's cache."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ketacare.science.pkpd.arrays import Floats
from ketacare.science.pkpd.tracked import Real

SUBJECTS, TIMES = 1024, 16  # of one piece: its exponentials and its part of the answer fit into a megabyte
EVEN = 1e-14  # how much a curve may change, of its size, because a time is taken as lying on its even grid


@dataclass(frozen=True, kw_only=True, slots=True)
class Stretch:
    """A time during which nothing changes: ``y = sum of weight x exp(pole x t) + steady + slope x t``.

    Args:
        poles: shape (p, s), 1/min.
        weights: shape (o, p, s), at the first of the times.
        steady: shape (o, s), or None where nothing flows in.
        slope: shape (o, s), per minute; or None where no pole is 0 or nothing flows in.
        spans: for each output the first and the last pole + 1 that have a weight.
    """

    poles: Real
    weights: Real
    steady: Real | None
    slope: Real | None
    spans: Sequence[tuple[int, int]]


def fill(found: Real, stretch: Stretch, after_min: Floats) -> None:
    """Write a stretch's curves at the given times after its first into ``found`` (o, t, s)."""
    step = _even_step(stretch, after_min)
    for start in range(0, found.shape[2], SUBJECTS):
        piece = slice(start, start + SUBJECTS)
        for times, factors, weights in _pieces(stretch, after_min, step, piece):
            for number, (first, last) in enumerate(stretch.spans):
                heard, into = slice(first, last), found[number, times, piece]
                np.einsum("ps,pts->ts", weights[number, heard], factors[heard], out=into)
    _add_what_flows_in(found, stretch, after_min)


def _even_step(stretch: Stretch, after_min: Floats) -> float | None:
    """The grid's step, if it is even and longer than one piece."""
    if after_min.size <= TIMES:
        return None
    step = float(after_min[-1] / (after_min.size - 1))
    off = np.abs(after_min - np.arange(after_min.size) * step)
    # A mode changes by at most rate x off x exp(-rate x time): whatever the rate, less than off / time.
    change = off * np.minimum(np.abs(stretch.poles).max(initial=0), 1 / np.maximum(after_min, step))
    return step if change.max() <= EVEN else None


def _pieces(
    stretch: Stretch, after_min: Floats, step: float | None, piece: slice
) -> Iterator[tuple[slice, Real, Real]]:
    """Yield times, exponentials (p, t, s) and weights (o, p, s) so that their products are the answer.

    On an even grid the exponentials of one piece serve all; the weights are moved on to where each piece begins.
    """
    poles, weights = stretch.poles[:, piece], stretch.weights[:, :, piece]
    factors = np.empty((len(poles), min(TIMES, after_min.size), poles.shape[1]), dtype=poles.dtype)
    if step is not None:
        _exponentials(poles, after_min[:TIMES], factors)
    for start in range(0, after_min.size, TIMES):
        count = min(TIMES, after_min.size - start)
        here = factors[:, :count]
        if step is None:
            yield slice(start, start + count), _exponentials(poles, after_min[start : start + count], here), weights
        else:
            yield slice(start, start + count), here, weights * np.exp(poles * after_min[start])


def _exponentials(poles: Real, after_min: Floats, into: Real) -> Real:
    np.multiply(poles[:, None], after_min[:, None], out=into)
    return np.exp(into, out=into)


def _add_what_flows_in(found: Real, stretch: Stretch, after_min: Floats) -> None:
    if stretch.steady is not None:
        found += stretch.steady[:, None]
    if stretch.slope is not None:
        found += stretch.slope[:, None] * after_min[:, None]
