"""The filter and the smoother of many courses at once: each column is one person with one slow half-life.

State: set-point b, fast amplitude a_f, slow amplitude a_s, fluctuation n. A score is b - a_f phi_f - a_s phi_s + n + noise; the refills
phi are known. Between scores b wanders and n forgets; the amplitudes stay. Days and scores may differ from person to person.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ketacare.science.trajectory.presets import STATES, Prior

Floats = NDArray[np.float64]
LOG_2_PI = float(np.log(2 * np.pi))
BLOCK = 2048  # columns at a time: their covariances stay in the processor's cache


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


def loading(fast: Floats, slow: Floats) -> Floats:
    """Return how a score depends on the state: (4, ...) from the refills (...)."""
    ones = np.ones_like(fast)
    return np.stack([ones, -fast, -slow, ones])


def start(prior: Prior, columns: int) -> tuple[Floats, Floats]:
    """Return the state on the first day: mean (4, n), covariance (4, 4, n)."""
    mean = np.repeat(np.array(prior.mean)[:, None], columns, axis=1)
    cov = np.repeat(np.diag(np.square(prior.sd))[:, :, None], columns, axis=2)
    return mean, cov


def passed(prior: Prior, days: Floats) -> tuple[Floats, Floats]:
    """Return what time does: the factor on the state (4, n), and the variance it adds to set-point and fluctuation (4, n)."""
    keeps = np.exp2(-days / prior.fluctuation_half_life_days)
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
    columns = scores.shape[1]
    parts = [_filtered(prior, gaps[:, at], scores[:, at], loads[:, :, at])[0] for at in _blocks(columns)]
    return parts[0] if len(parts) == 1 else _joined(parts)


def _blocks(columns: int) -> list[slice]:
    return [slice(first, first + BLOCK) for first in range(0, max(columns, 1), BLOCK)]


def _joined(parts: list[Filtered]) -> Filtered:
    return Filtered(**{name: np.concatenate([getattr(one, name) for one in parts], axis=-1) for name in vars(parts[0])})


@dataclass(frozen=True, kw_only=True)
class _Step:
    """One row as the smoother needs it again on the way back."""

    mean: Floats
    cov: Floats
    factor: Floats
    load: Floats
    gain: Floats
    weighted: Floats  # residual / variance; 0 where no score is
    precision: Floats  # 1 / variance; 0 where no score is


def _filtered(prior: Prior, gaps: Floats, scores: Floats, loads: Floats) -> tuple[Filtered, list[_Step]]:
    rows, columns = scores.shape
    mean, cov = start(prior, columns)
    score_mean, score_var, log_scores = (np.zeros((rows, columns)) for _ in range(3))
    steps = []
    for row in range(rows):
        factor, added = passed(prior, gaps[row])
        mean, cov = later(mean, cov, factor, added)
        load = loads[:, row]
        along = (cov * load).sum(axis=1)
        variance = (along * load).sum(axis=0) + prior.noise_sd**2
        score_mean[row], score_var[row] = (mean * load).sum(axis=0), variance
        is_there = ~np.isnan(scores[row])
        residual = np.where(is_there, scores[row] - score_mean[row], 0.0)
        precision = is_there / variance
        log_scores[row] = -0.5 * is_there * (LOG_2_PI + np.log(variance)) - 0.5 * residual * residual * precision
        gain = along * precision
        steps.append(
            _Step(
                mean=mean,
                cov=cov,
                factor=factor,
                load=load,
                gain=gain,
                weighted=residual * precision,
                precision=precision,
            )
        )
        mean = mean + gain * residual
        cov = cov - gain[:, None] * along[None]
    found = Filtered(
        log_likelihood=log_scores.sum(axis=0),
        mean=mean,
        cov=cov,
        score_mean=score_mean,
        score_var=score_var,
        log_scores=log_scores,
    )
    return found, steps


def smoothed(prior: Prior, gaps: Floats, scores: Floats, loads: Floats) -> Smoothed:
    """Say what all scores together tell of the severity on each day; arguments as for `filtered`.

    Source: de Jong 1989, the fixed-interval smoother without inverses (Durbin and Koopman, section 4.4).
    """
    parts = [_smoothed(prior, gaps[:, at], scores[:, at], loads[:, :, at]) for at in _blocks(scores.shape[1])]
    return Smoothed(**{name: np.concatenate([getattr(one, name) for one in parts], axis=-1) for name in vars(parts[0])})


def _smoothed(prior: Prior, gaps: Floats, scores: Floats, loads: Floats) -> Smoothed:
    found, steps = _filtered(prior, gaps, scores, loads)
    rows, columns = scores.shape
    mean, var = np.empty((rows, columns)), np.empty((rows, columns))
    back, spread = np.zeros((STATES, columns)), np.zeros((STATES, STATES, columns))
    for row in range(rows - 1, -1, -1):
        one = steps[row]
        if row + 1 < rows:
            factor = steps[row + 1].factor
            back, spread = back * factor, spread * factor[:, None] * factor[None]
        back = back + one.load * (one.weighted - (one.gain * back).sum(axis=0))
        across = (spread * one.gain).sum(axis=1)
        inner = (across * one.gain).sum(axis=0) + one.precision
        mixed = across[:, None] * one.load[None]
        spread = spread - mixed - mixed.swapaxes(0, 1) + one.load[:, None] * one.load[None] * inner
        along = (one.cov * one.load).sum(axis=1)
        mean[row] = (one.mean * one.load).sum(axis=0) + (along * back).sum(axis=0)
        var[row] = (along * one.load).sum(axis=0) - ((spread * along).sum(axis=1) * along).sum(axis=0)
    return Smoothed(log_likelihood=found.log_likelihood, mean=mean, var=var)
