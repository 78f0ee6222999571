"""Sums of exponentials on a grid, in blocks that stay in the processor's cache: by numpy, and the way to numba's."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ketacare.science.errors import OutOfRange, Problem
from ketacare.science.pkpd.solving.arrays import Floats
from ketacare.science.pkpd.solving.structure import Structure
from ketacare.science.pkpd.solving.system import Forcing, System
from ketacare.science.pkpd.solving.tracked import Real

Engine = Literal["numpy", "numba"]
Table = NDArray[np.int64]

TIMES = (
    24  # of one piece, for all subjects that a thread has: long calls, which leave Python's lock to the other threads
)
SMALL = 16384  # subjects x times up to which more times are one piece: its exponentials fit into a megabyte
CLOSED = 3  # compartments of the largest block that the compiled sums know
EVEN = 1e-14  # how much a curve may change, of its size, because a time is taken as lying on its even grid


@dataclass(frozen=True, kw_only=True, slots=True)
class Stretch:
    """A time during which nothing changes.

    While nothing flows in ``y = sum of weight x exp(pole x t)``; while something does
    ``y = start + sum of weight x (exp(pole x t) - 1) + slope x t``, which loses no digits to slow poles: what they will
    come to in the end is far larger than what they are while a push runs.

    Args:
        poles: shape (p, s), 1/min.
        weights: shape (o, p, s).
        start: shape (o, s), the curves at the first of the times; or None where nothing flows in.
        slope: shape (o, s), per minute; or None where no pole is 0 or nothing flows in.
        spans: for each output the first and the last pole + 1 that have a weight.
    """

    poles: Real
    weights: Real
    start: Real | None
    slope: Real | None
    spans: Sequence[tuple[int, int]]


def fill(found: Real, stretch: Stretch, after_min: Floats) -> None:
    """Write a stretch's curves at the given times after its first into ``found`` (o, t, s)."""
    # Few subjects: longer pieces; but not of wide floats, whose exponentials are dear, and fewer on even grids.
    most = max(TIMES, SMALL // max(1, found.shape[2])) if found.dtype == np.float64 else TIMES
    for times, factors, weights in _pieces(stretch, after_min, _even_step(stretch, after_min, most), most):
        for number, (first, last) in enumerate(stretch.spans):
            heard, into = slice(first, last), found[number, times]
            np.einsum("ps,pts->ts", weights[number, heard], factors[heard], out=into)
    _add_what_flows_in(found, stretch, after_min)


def _even_step(stretch: Stretch, after_min: Floats, most: int) -> float | None:
    """The grid's step, if it is even, longer than one piece, and nothing flows in."""
    if after_min.size <= most or stretch.start is not None:
        return None
    step = float(after_min[-1] / (after_min.size - 1))
    off = np.abs(after_min - np.arange(after_min.size) * step)
    # A mode changes by at most rate x off x exp(-rate x time): whatever the rate, less than off / time.
    change = off * np.minimum(np.abs(stretch.poles).max(initial=0), 1 / np.maximum(after_min, step))
    return step if change.max() <= EVEN else None


def _pieces(stretch: Stretch, after_min: Floats, step: float | None, most: int) -> Iterator[tuple[slice, Real, Real]]:
    """Yield times, exponentials (p, t, s) and weights (o, p, s) so that their products are the answer.

    On an even grid the exponentials of one piece serve all; the weights are moved on to where each piece begins.
    """
    poles, weights = stretch.poles, stretch.weights
    of = np.exp if stretch.start is None else np.expm1
    factors = np.empty((len(poles), min(most, after_min.size), poles.shape[1]), dtype=poles.dtype)
    if step is not None:
        _exponentials(of, poles, after_min[:most], factors)
    for start in range(0, after_min.size, most):
        count = min(most, after_min.size - start)
        here = factors[:, :count]
        if step is None:
            yield slice(start, start + count), _exponentials(of, poles, after_min[start : start + count], here), weights
        else:
            yield slice(start, start + count), here, weights * np.exp(poles * after_min[start])


def _exponentials(of: np.ufunc, poles: Real, after_min: Floats, into: Real) -> Real:
    np.multiply(poles[:, None], after_min[:, None], out=into)
    return np.asarray(of(into, out=into))


def _add_what_flows_in(found: Real, stretch: Stretch, after_min: Floats) -> None:
    if stretch.start is not None:
        found += stretch.start[:, None]
    if stretch.slope is not None:
        found += stretch.slope[:, None] * after_min[:, None]


def compiled_for(shape: Structure, engine: Engine | None) -> bool:
    """Say whether the compiled sums are asked for and can serve; refuse an engine that is not there."""
    if engine is None or engine == "numpy":
        return False
    if engine != "numba":
        raise OutOfRange([Problem(place="engine", says=f"{engine!r} is neither numpy nor numba")])
    if find_spec("numba") is None:
        raise OutOfRange(
            [Problem(place="engine", says="numba is not installed; pip install 'ketacare[fast]' brings it")]
        )
    return max(map(len, shape.blocks), default=0) <= CLOSED


def fill_compiled(
    found: Floats,
    system: System,
    forcing: Forcing,
    times: Floats,
    shape: Structure,
    limits: tuple[float, float],
    part: slice,
) -> NDArray[np.bool_]:
    """Write all curves of one part of the subjects into ``found`` (o, t, s); return for each whether it must be solved again.

    Args:
        limits: the rounding of a mode, and the error that a curve may have, of its peak.
        part: from which subject to which.
    """
    solve: Callable[..., None] = import_module("ketacare.science.pkpd.solving.fused").solve
    doubtful = np.empty(found.shape[2], dtype=np.bool_)
    edges = np.append(np.searchsorted(times, forcing.at_min), times.size)
    given = [system.rates_per_min, system.readout, forcing.at_min, forcing.bolus_mg, forcing.rate_mg_per_min, times]
    plain = map(np.ascontiguousarray, given)
    solve(found, doubtful, tables(shape), *plain, edges, (*limits, EVEN), part.start, part.stop)
    return doubtful[part]


@lru_cache(maxsize=256)
def tables(shape: Structure) -> tuple[Table, Table, Table, Table, Table]:
    """The structure as whole numbers: where blocks begin, their compartments, ways, the blocks of each, spans."""
    passes = [(*way.before, way.block, *way.after) for way in shape.ways]
    longest = max(map(len, passes), default=1)
    ways = [(way.entry, way.block, len(way.before), len(way.after)) for way in shape.ways]
    return (
        np.cumsum([0, *map(len, shape.blocks)], dtype=np.int64),
        np.array([one for block in shape.blocks for one in block], dtype=np.int64),
        np.array(ways, dtype=np.int64).reshape(-1, 4),
        np.array([[*each, *[0] * (longest - len(each))] for each in passes], dtype=np.int64).reshape(-1, longest),
        np.array(shape.spans, dtype=np.int64).reshape(-1, 2),
    )
