"""Quantiles over a population: exact while the curves are held, from fine histograms while they stream by.

Both know only arrays of shape (rows, subjects): what the rows are is the caller's business. A histogram counts whole
subjects in bins that never move, so blocks may come in any order and from anywhere and the counts are the same.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ketacare.science.pkpd.solving.arrays import Floats

# The bins: every doubling from 2**LOWEST to 2**HIGHEST ng/mL is cut into 2**STEPS equal steps. A bin's number is then
# the leading bits of the number itself, so binning is exact, the same on every machine, and needs no logarithm.
LOWEST, HIGHEST, STEPS = -24, 24, 8
BIN_WIDTH = 2.0**-STEPS  # of a bin, as a share of the values in it: at most this
BINS = (HIGHEST - LOWEST) << STEPS
ROW_BYTES = (BINS + 2) * np.dtype(np.uint32).itemsize  # of one histogram
_MANTISSA_BITS = 52
_SHIFT = _MANTISSA_BITS - STEPS
_FIRST = int(np.float64(2.0**LOWEST).view(np.int64)) >> _SHIFT


def quantiles_of(values: Floats, quantiles: Sequence[float], *, threads: int = 1) -> Floats:
    """Return quantiles along the last axis, equal to ``numpy.quantile`` with linear interpolation, in a third of its time.

    Args:
        values: shape (rows, s), no NaN; left as it is.
        quantiles: q numbers from 0 to 1.
        threads: how many sort at once.

    Returns:
        Shape (q, rows).
    """
    below, share = _ranks(quantiles, values.shape[-1])
    above = np.minimum(below + 1, values.shape[-1] - 1)
    found = np.empty((len(below), len(values)))

    def fill(rows: range) -> None:
        for row in rows:
            ordered = np.sort(values[row])  # one row at a time: it stays in the cache
            found[:, row] = _between(ordered[below], ordered[above], share)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(fill, (range(first, len(values), threads) for first in range(threads))))
    return found


def _ranks(quantiles: Sequence[float], count: int) -> tuple[NDArray[np.intp], Floats]:
    """Return, for each quantile, the rank it lies at or above, and how far towards the next."""
    place = np.asarray(quantiles, dtype=float) * (count - 1)
    below = np.floor(place).astype(np.intp)
    return below, place - below


def _between(low: Floats, high: Floats, share: Floats) -> Floats:
    """Interpolate from the nearer end, as numpy does: the same bits."""
    step = high - low
    near_low: Floats = low + step * share
    return np.where(share >= 1 / 2, high - step * (1 - share), near_low)


def bins_of(values: Floats) -> NDArray[np.uint16]:
    """Return the number of the bin of each value of a row; 0 is for what is too small or 0, the last for what is too large."""
    number = (values.view(np.int64) >> _SHIFT) - (_FIRST - 1)
    found: NDArray[np.uint16] = np.clip(number, 0, BINS + 1).astype(np.uint16)
    return found


# The lower edge of every bin from 1 on; the last is the upper edge of the last bin but one.
EDGES: Floats = ((np.arange(BINS + 1, dtype=np.int64) + _FIRST) << _SHIFT).view(np.float64)


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A block of subjects as a histogram takes it: the bin of each value, and each row's ends.

    Args:
        bins: shape (rows, s).
        low: each row's least value, shape (rows,).
        high: each row's greatest value, shape (rows,).
    """

    bins: NDArray[np.uint16]
    low: Floats
    high: Floats


def part(values: Floats) -> Part:
    """Return a block of curves, shape (rows, s), as a histogram takes it."""
    bins = np.empty(values.shape, dtype=np.uint16)
    for row, line in enumerate(np.ascontiguousarray(values)):
        bins[row] = bins_of(line)  # one row at a time: it stays in the cache
    return Part(bins=bins, low=values.min(axis=-1), high=values.max(axis=-1))


@dataclass(kw_only=True, slots=True)
class Histograms:
    """One histogram a row; grows by ``add`` and never forgets.

    Args:
        rows: how many.
    """

    rows: int
    counts: NDArray[np.uint32] = field(init=False)
    low: Floats = field(init=False)
    high: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.counts = np.zeros((self.rows, BINS + 2), dtype=np.uint32)
        self.low = np.full(self.rows, np.inf)
        self.high = np.full(self.rows, -np.inf)

    def add(self, parts: Sequence[Part]) -> None:
        """Count more subjects; several blocks at once are counted faster than one by one."""
        together = np.concatenate([one.bins for one in parts], axis=-1)
        for row, line in enumerate(together):
            counted = np.bincount(line)
            self.counts[row, : len(counted)] += counted.astype(np.uint32)
        self.low = np.minimum(self.low, np.min([one.low for one in parts], axis=0))
        self.high = np.maximum(self.high, np.max([one.high for one in parts], axis=0))

    def quantiles(self, quantiles: Sequence[float]) -> Floats:
        """Return quantiles of every row, shape (q, rows), each within one bin's width (``BIN_WIDTH``) of the exact one."""
        found = [self._row(row, quantiles) for row in range(self.rows)]
        return np.array(found).reshape(self.rows, len(quantiles)).T

    def _row(self, row: int, quantiles: Sequence[float]) -> Floats:
        upto = np.cumsum(self.counts[row], dtype=np.int64)
        below, share = _ranks(quantiles, int(upto[-1]))
        high = self._ranked(row, upto, np.minimum(below + 1, int(upto[-1]) - 1))
        return _between(self._ranked(row, upto, below), high, share)

    def _ranked(self, row: int, upto: NDArray[np.int64], rank: NDArray[np.intp]) -> Floats:
        """Return the values at these ranks, taking the values of a bin to lie evenly in it."""
        at = np.searchsorted(upto, rank, side="right")
        count = self.counts[row, at]
        ends = np.concatenate([[self.low[row]], EDGES, [self.high[row]]])
        ends = np.clip(ends, self.low[row], self.high[row])
        inside = (rank - (upto[at] - count) + 1 / 2) / count
        value: Floats = ends[at] + (ends[at + 1] - ends[at]) * inside
        return value
