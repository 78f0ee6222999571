"""The filter's way forward and the smoother's way back over a block of columns: plain arrays, each operation on all columns at once.

A block is small enough that what it writes stays in the processor's cache. ``compiled`` is the same, written for numba.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr

from ketacare.science.trajectory.presets import STATES, Prior

Floats = NDArray[np.float64]
LOG_2_PI = float(np.log(2 * np.pi))
HALF = 0.5  # a whole score stands for what rounds to it
LEAST_SHARE = (
    1e-6  # of a score's precision, of one at the floor that was wholly expected there: it says next to nothing
)
FLUCTUATION = STATES - 1  # the place of the one state that forgets


@dataclass(frozen=True, kw_only=True)
class Rows:
    """What is known of each row and column. Shapes: T rows, n columns."""

    gaps: Floats  # (T, n) days since the row before
    keeps: Floats  # (T, n) what the fluctuation keeps of itself over them
    scores: Floats  # (T, n) points; NaN where there is none
    loads: Floats  # (4, T, n) how a score depends on the state


@dataclass(frozen=True, kw_only=True)
class Forward:
    """What the way forward leaves behind."""

    mean: Floats  # (4, n): of the state after the last row
    cov: Floats  # (4, 4, n)
    score_mean: Floats  # (T, n): of each score, from those before it
    score_var: Floats  # (T, n)
    weighted: Floats  # (T, n): residual / variance; 0 where no score is
    precision: Floats  # (T, n): 1 / variance, or less where a score lies at the floor and says less
    gains: Floats  # (T, 4, n): of the state on a residual, as if there were a score in every row


def keeps(prior: Prior, gaps: Floats) -> Floats:
    """Return what the fluctuation keeps of itself over so many days."""
    return np.asarray(np.exp2(gaps / -prior.fluctuation_half_life_days), dtype=np.float64)


def forward(prior: Prior, rows: Rows) -> Forward:
    """Run the filter over a block."""
    count, columns = rows.scores.shape
    mean, cov = start(prior, columns)
    found = Forward(
        mean=mean,
        cov=cov,
        score_mean=np.empty((count, columns)),
        score_var=np.empty((count, columns)),
        weighted=np.empty((count, columns)),
        precision=np.empty((count, columns)),
        gains=np.empty((count, STATES, columns)),
    )
    is_there = ~np.isnan(rows.scores)
    along, room, outer = np.empty_like(mean), np.empty_like(mean), np.empty_like(cov)
    for row in range(count):
        _pass(prior, rows, row, mean, cov)
        load, score_mean, score_var = rows.loads[:, row], found.score_mean[row], found.score_var[row]
        _along(cov, load, along, room)
        _along(mean, load, score_mean, room[0])
        _along(along, load, score_var, room[0])
        score_var += prior.noise_sd**2
        np.divide(1.0, score_var, out=found.precision[row])
        np.subtract(rows.scores[row], score_mean, out=room[0])
        np.multiply(room[0], found.precision[row], out=found.weighted[row])
        if prior.floor is not None:
            _loosen(found, row, rows.scores[row] <= prior.floor, prior.floor + HALF)
        np.multiply(along, found.precision[row], out=found.gains[row])
        if not is_there[row].all():
            found.weighted[row][~is_there[row]] = 0.0
            along *= is_there[row]
        mean += np.multiply(along, found.weighted[row], out=room)
        np.multiply(found.gains[row][:, None], along[None], out=outer)
        cov -= outer
    return found


def _loosen(found: Forward, row: int, is_low: NDArray[np.bool_], edge: float) -> None:
    """Let scores at the floor say only that what was measured lies below an edge: mean and variance of a normal distribution cut off there.

    They enter as a residual and a precision, so that all else stays as it is (Minka 2001, assumed-density filtering).
    """
    sd = np.sqrt(found.score_var[row][is_low])
    above = (edge - found.score_mean[row][is_low]) / sd
    ratio = np.exp(-0.5 * above * above - 0.5 * LOG_2_PI - log_ndtr(above))
    found.weighted[row][is_low] = -ratio / sd
    found.precision[row][is_low] = np.clip(ratio * (above + ratio), LEAST_SHARE, 1.0) / (sd * sd)


def _along(rows: Floats, load: Floats, into: Floats, room: Floats) -> None:
    """into = load . rows; set-point and fluctuation count whole in every score."""
    np.add(rows[0], rows[FLUCTUATION], out=into)
    for state in (1, 2):
        into += np.multiply(rows[state], load[state], out=room)


def start(prior: Prior, columns: int) -> tuple[Floats, Floats]:
    """Return the state on the first day: mean (4, n), covariance (4, 4, n)."""
    mean = np.repeat(np.array(prior.mean)[:, None], columns, axis=1)
    cov = np.repeat(np.diag(np.square(prior.sd))[:, :, None], columns, axis=2)
    return mean, cov


def _pass(prior: Prior, rows: Rows, row: int, mean: Floats, cov: Floats) -> None:
    """Let the days of a row pass: the set-point wanders, the fluctuation forgets."""
    keep = rows.keeps[row]
    mean[FLUCTUATION] *= keep
    cov[FLUCTUATION] *= keep
    cov[:, FLUCTUATION] *= keep
    cov[0, 0] += prior.drift_variance_per_day * rows.gaps[row]
    cov[FLUCTUATION, FLUCTUATION] += prior.sd[FLUCTUATION] ** 2 * (1 - keep * keep)


def log_scores(rows: Rows, found: Forward, *, floor: float | None) -> Floats:
    """Return the log density of each score from those before it, (T, n); 0 where there is none, a log chance at the floor."""
    square = np.square(found.weighted) * found.score_var
    found_all = np.where(np.isnan(rows.scores), 0.0, -0.5 * (LOG_2_PI + np.log(found.score_var) + square))
    if floor is not None:
        is_low = rows.scores <= floor
        sd = np.sqrt(found.score_var[is_low])
        found_all[is_low] = log_ndtr((floor + HALF - found.score_mean[is_low]) / sd)
    return found_all


def backward(rows: Rows, found: Forward, *, noise_var: float) -> tuple[Floats, Floats]:
    """Return mean and variance (T, n) of each row's severity from all scores.

    Where there is a score they follow from what is known of its noise; else the same formulas hold with the score's own
    variance in the place of the noise's (Durbin and Koopman, sections 4.4 and 4.5).
    """
    count, columns = rows.scores.shape
    mean, var = np.empty((count, columns)), np.empty((count, columns))
    back, spread = np.zeros((STATES, columns)), np.zeros((STATES, STATES, columns))
    across, room = np.empty_like(back), np.empty_like(back)
    inner, pull, known, line = (np.empty(columns) for _ in range(4))
    is_there = ~np.isnan(rows.scores)
    for row in range(count - 1, -1, -1):
        load, gain, weighted = rows.loads[:, row], found.gains[row], found.weighted[row]
        if row + 1 < count:
            _unpass(rows.keeps[row + 1], back, spread)
        np.einsum("ijn,jn->in", spread, gain, out=across)
        np.einsum("in,in->n", across, gain, out=inner)
        np.einsum("in,in->n", gain, back, out=pull)
        severity_var = found.score_var[row] - noise_var
        np.divide(1.0, found.precision[row], out=known)
        known -= is_there[row] * severity_var
        np.add(found.score_mean[row], np.multiply(severity_var, weighted, out=line), out=mean[row])
        mean[row] += np.multiply(known, pull, out=line)
        np.multiply(severity_var, found.precision[row], out=line)
        line -= np.multiply(known, inner, out=var[row])
        np.multiply(known, line, out=var[row])
        inner += found.precision[row]
        inner *= 0.5
        _score(load, inner, across, room)
        if not is_there[row].all():
            across *= is_there[row]
            pull *= is_there[row]
        _add(load, np.subtract(weighted, pull, out=pull), back, line)
        _add(load[:, None], across, spread, room)
        _add(load[:, None], across, spread.swapaxes(0, 1), room)
    return mean, var


def _score(load: Floats, inner: Floats, across: Floats, room: Floats) -> None:
    """across = load x inner - across: what a score adds to the spread, one half of it."""
    np.subtract(np.multiply(load, inner, out=room), across, out=across)


def _add(load: Floats, what: Floats, to: Floats, room: Floats) -> None:
    """to += load x what; set-point and fluctuation count whole in every score."""
    to[0] += what
    to[FLUCTUATION] += what
    for state in (1, 2):
        to[state] += np.multiply(load[state], what, out=room)


def _unpass(keep: Floats, back: Floats, spread: Floats) -> None:
    back[FLUCTUATION] *= keep
    spread[FLUCTUATION] *= keep
    spread[:, FLUCTUATION] *= keep
