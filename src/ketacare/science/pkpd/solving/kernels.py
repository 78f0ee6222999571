"""Sums of exponentials on a grid, in blocks that stay in the processor's cache: by numpy, and the way to numba's."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib import import_module
from importlib.util import find_spec
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ketacare.science.errors import OutOfRange, Problem
from ketacare.science.pkpd.solving.arrays import Floats
from ketacare.science.pkpd.solving.side_by_side import Threads, parts
from ketacare.science.pkpd.solving.structure import Structure
from ketacare.science.pkpd.solving.system import Forcing, System
from ketacare.science.pkpd.solving.tracked import Real

Engine = Literal["numpy", "numba"]
Table = NDArray[np.int64]

TIMES = 24  # of one piece, for ten thousand subjects: long calls, which leave Python's lock to the other threads
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


def fill(found: Real, stretch: Stretch, after_min: Floats, threads: Threads) -> None:
    """Write a stretch's curves at the given times after its first into ``found`` (o, t, s), piece after piece of the times.

    On an even grid the exponentials of one piece serve all; the weights are moved on to where each piece begins.
    """
    length = _length(found, after_min.size)
    pieces = parts(after_min.size, length)
    if len(pieces) == 1 or not _is_even(stretch, after_min):
        threads.run([partial(_write, found[:, piece], stretch, after_min[piece]) for piece in pieces])
        return
    factors = np.empty((len(stretch.poles), length, found.shape[2]), dtype=found.dtype)
    ones = parts(len(factors), 1)
    threads.run([partial(_exponentials, np.exp, stretch.poles[one], after_min[:length], factors[one]) for one in ones])
    threads.run([partial(_write_moved, found[:, one], stretch, after_min[one.start], factors) for one in pieces])


def _length(found: Real, times: int) -> int:
    """How many times one piece has; of many subjects an even number of pieces, half of them for each of two threads."""
    if found.dtype != np.float64:  # whose exponentials are dear, and fewer on even grids
        return min(TIMES, times)
    most = max(TIMES, SMALL // max(1, found.shape[2]))
    return times if times * found.shape[2] <= SMALL else -(-times // (2 * -(-times // (2 * most))))


def _is_even(stretch: Stretch, after_min: Floats) -> bool:
    """Whether the times are even and nothing flows in."""
    if stretch.start is not None:
        return False
    step = float(after_min[-1] / (after_min.size - 1))
    off = np.abs(after_min - np.arange(after_min.size) * step)
    # A mode changes by at most rate x off x exp(-rate x time): whatever the rate, less than off / time.
    change = off * np.minimum(np.abs(stretch.poles).max(initial=0), 1 / np.maximum(after_min, step))
    return bool(change.max() <= EVEN)


def _exponentials(of: np.ufunc, poles: Real, after_min: Floats, into: Real) -> None:
    np.multiply(poles[:, None], after_min[:, None], out=into)
    of(into, out=into)


def _write_moved(found: Real, stretch: Stretch, by_min: float, factors: Real) -> None:
    """Write a piece by exponentials that began elsewhere."""
    _add_up(found, stretch, stretch.weights * np.exp(stretch.poles * by_min), factors[:, : found.shape[1]])


def _write(found: Real, stretch: Stretch, after_min: Floats) -> None:
    """Write a piece by its own exponentials."""
    factors = np.empty((len(stretch.poles), *found.shape[1:]), dtype=found.dtype)
    _exponentials(np.exp if stretch.start is None else np.expm1, stretch.poles, after_min, factors)
    _add_up(found, stretch, stretch.weights, factors)
    _add_what_flows_in(found, stretch, after_min)


def _add_up(found: Real, stretch: Stretch, weights: Real, factors: Real) -> None:
    for number, (first, last) in enumerate(stretch.spans):
        np.einsum("ps,pts->ts", weights[number, first:last], factors[first:last], out=found[number])


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
    plain = (np.ascontiguousarray(one, dtype=np.float64) for one in given)
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
