"""The filter and the smoother of many courses at once: each column is one person with one slow half-life.

State: set-point b, fast amplitude a_f, slow amplitude a_s, fluctuation n. A score is b - a_f phi_f - a_s phi_s + n + noise; the refills
phi are known. Between scores b wanders and n forgets; the amplitudes stay. Days and scores may differ from person to person.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ketacare.science.errors import OutOfRange, Problem
from ketacare.science.trajectory import sweeps
from ketacare.science.trajectory.presets import STATES, Prior

Floats = NDArray[np.float64]
Engine = Literal["numpy", "numba"]
BLOCK = (
    8192  # columns at a time at most: long enough for Python's lock to be seldom asked for, small enough for the cache
)


@dataclass(frozen=True, kw_only=True)
class Filtered:
    """What the filter found. Shapes: T scores, n columns."""

    log_likelihood: Floats  # (n,)
    mean: Floats  # (4, n): of the state after the last score
    cov: Floats  # (4, 4, n)
    score_mean: Floats  # (T, n): of each score, from those before it
    score_var: Floats  # (T, n)
    log_scores: Floats  # (T, n): log density of each score, from those before it; 0 where it is missing


@dataclass(frozen=True, kw_only=True)
class Smoothed:
    """What all scores say of each day. Shapes: T days, n columns."""

    log_likelihood: Floats  # (n,)
    mean: Floats  # (T, n): of the severity
    var: Floats  # (T, n)


Filler = Callable[[Smoothed, Prior, Floats, Floats, Floats, slice], None]


def loading(fast: Floats, slow: Floats) -> Floats:
    """Return how a score depends on the state: (4, ...) from the refills (...)."""
    ones = np.ones_like(fast)
    return np.stack([ones, -fast, -slow, ones])


def passed(prior: Prior, days: Floats) -> tuple[Floats, Floats]:
    """Return what time does: the factor on the state (4, n), and the variance it adds to set-point and fluctuation (4, n)."""
    keeps = sweeps.keeps(prior, days)
    none, one = np.zeros_like(days), np.ones_like(days)
    added = np.stack([prior.drift_variance_per_day * days, none, none, prior.sd[3] ** 2 * (1 - keeps * keeps)])
    return np.stack([one, one, one, keeps]), added


def later(mean: Floats, cov: Floats, factor: Floats, added: Floats) -> tuple[Floats, Floats]:
    """Return the state after time has passed."""
    cov = cov * factor[:, None] * factor[None]
    cov[range(STATES), range(STATES)] += added
    return mean * factor, cov


def filtered(prior: Prior, gaps: Floats, scores: Floats, loads: Floats) -> Filtered:
    """Run the filter.

    Args:
        prior: the model; days and points.
        gaps: (T, n) days since the row before; the first since the day the prior holds for.
        scores: (T, n) points; NaN where there is none.
        loads: (4, T, n), see `loading`.

    Returns:
        Filtered.

    Source: Kalman 1960, in the form of Durbin and Koopman, Time Series Analysis by State Space Methods, section 4.3.
    """
    parts = [_filtered(prior, gaps[:, at], scores[:, at], loads[:, :, at]) for at in _blocks(scores.shape[1])]
    return Filtered(**{name: np.concatenate([getattr(one, name) for one in parts], axis=-1) for name in vars(parts[0])})


def _filtered(prior: Prior, gaps: Floats, scores: Floats, loads: Floats) -> Filtered:
    rows = sweeps.Rows(gaps=gaps, keeps=sweeps.keeps(prior, gaps), scores=scores, loads=loads)
    found = sweeps.forward(prior, rows)
    log_scores = sweeps.log_scores(rows, found, floor=prior.floor)
    return Filtered(
        log_likelihood=log_scores.sum(axis=0),
        mean=found.mean,
        cov=found.cov,
        score_mean=found.score_mean,
        score_var=found.score_var,
        log_scores=log_scores,
    )


def smoothed(
    prior: Prior,
    gaps: Floats,
    scores: Floats,
    loads: Floats,
    *,
    engine: Engine = "numpy",
    threads: int | None = 1,
) -> Smoothed:
    """Say what all scores together tell of the severity on each day.

    Args:
        prior: as for `filtered`, like the next three.
        gaps: (T, n).
        scores: (T, n).
        loads: (4, T, n).
        engine: numba is worth its start of a second for a hundred thousand columns, not for one person's six.
        threads: at once; None: as many as there are cores. The answer does not depend on it.

    Returns:
        Smoothed.

    Raises:
        OutOfRange: an engine that is not there.

    Source: de Jong 1989, the fixed-interval smoother without inverses (Durbin and Koopman, sections 4.4 and 4.5).
    """
    fill = _filler(engine)
    found = Smoothed(log_likelihood=np.empty(scores.shape[1]), mean=np.empty(scores.shape), var=np.empty(scores.shape))
    at_once = threads or os.cpu_count() or 1
    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(partial(fill, found, prior, gaps, scores, loads), _blocks(scores.shape[1], at_once)))
    return found


def _by_numpy(found: Smoothed, prior: Prior, gaps: Floats, scores: Floats, loads: Floats, at: slice) -> None:
    """Fill some columns."""
    rows = sweeps.Rows(
        gaps=gaps[:, at], keeps=sweeps.keeps(prior, gaps[:, at]), scores=scores[:, at], loads=loads[:, :, at]
    )
    way = sweeps.forward(prior, rows)
    found.log_likelihood[at] = sweeps.log_scores(rows, way, floor=prior.floor).sum(axis=0)
    found.mean[:, at], found.var[:, at] = sweeps.backward(rows, way, noise_var=prior.noise_sd**2)


def _by_numba(found: Smoothed, prior: Prior, gaps: Floats, scores: Floats, loads: Floats, at: slice) -> None:
    """Fill some columns. Fewer than a tile are not worth compiled code, and it knows of no floor."""
    compiled = import_module("ketacare.science.trajectory.compiled")
    if at.stop - at.start < compiled.TILE or prior.floor is not None:
        _by_numpy(found, prior, gaps, scores, loads, at)
        return
    about = (prior.drift_variance_per_day, prior.sd[3] ** 2, prior.noise_sd**2)
    given = tuple(map(np.ascontiguousarray, (gaps, sweeps.keeps(prior, gaps[:, at]), scores, loads[1], loads[2])))
    compiled.sweep(about, prior.mean, tuple(np.square(prior.sd)), given, tuple(vars(found).values()), at.start, at.stop)


def _filler(engine: Engine) -> Filler:
    """How columns are filled; OutOfRange for an engine that is not there."""
    if engine == "numpy":
        return _by_numpy
    if engine != "numba":
        raise OutOfRange([Problem(place="engine", says=f"{engine!r} is neither numpy nor numba")])
    if find_spec("numba") is None:
        says = "numba is not installed; pip install 'ketacare[fast]' brings it"
        raise OutOfRange([Problem(place="engine", says=says)])
    return _by_numba


def _blocks(columns: int, at_once: int = 1) -> list[slice]:
    """Cut the columns into blocks of one size, as many for each thread."""
    rounds = -(-columns // (BLOCK * at_once))
    size = max(1, -(-columns // max(1, rounds * at_once)))
    return [slice(first, min(first + size, columns)) for first in range(0, max(columns, 1), size)]
