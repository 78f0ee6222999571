"""Simulation-based calibration: people drawn from the prior must rank evenly among what the filter then believes of them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ketacare.science.trajectory.presets import Prior
from ketacare.science.trajectory.validating import cohorts, foretelling
from ketacare.science.trajectory.validating.judging import evenness

Floats = NDArray[np.float64]
NAMES = ("set-point", "fast amplitude", "slow amplitude", "fluctuation", "severity", "slow half-life")
DRAWS = 99  # from what is believed of each person: a rank is one of a hundred
BINS = 20


@dataclass(frozen=True, kw_only=True)
class Ranked:
    """One quantity."""

    name: str
    p: float  # chance of ranks as uneven as these, were the filter right
    ranks: Floats  # (n,) from 0 to 1


def calibrated(
    prior: Prior, n: int, *, rng: np.random.Generator, filter_prior: Prior | None = None, kind: str = "research"
) -> list[Ranked]:
    """Return the ranks of what is true of people among draws from what the filter believes after their scores.

    Args:
        prior: people are drawn from it.
        n: people.
        rng: chance.
        filter_prior: what the filter believes; None: the same. Another one must be found out: its ranks are uneven.
        kind: whose days of infusions and scores.

    Source: Talts and others 2018, validating Bayesian inference algorithms with simulation-based calibration.
    """
    about = cohorts.file().cohorts[kind]
    truth = cohorts.drawn(prior, about.infusion_days, np.array(about.score_days), n, rng=rng)
    believed = filter_prior or prior
    given = foretelling.table(believed, truth.courses)
    found = foretelling.run(believed, given)
    kinds = len(believed.weights)
    log_weights = found.log_likelihood.reshape(n, kinds) + believed.log_weights
    weights = np.exp(log_weights - np.logaddexp.reduce(log_weights, axis=1, keepdims=True))
    which = (rng.random((DRAWS, n, 1)) > np.cumsum(weights, axis=1)[None, :, :-1]).sum(axis=2)  # (draws, n)
    column = np.arange(n) * kinds + which
    states = _states(found.mean, found.cov, column, rng)  # (4, draws, n)
    load = given.loads[:, -1]  # (4, n K)
    severity = (load[:, column] * states).sum(axis=0)
    of_people = [*truth.state, truth.severity[-1], truth.half_life.astype(np.float64)]
    drawn = [*states, severity, which.astype(np.float64)]
    return [_ranked(name, true, some, rng) for name, true, some in zip(NAMES, of_people, drawn, strict=True)]


def _states(mean: Floats, cov: Floats, column: NDArray[np.intp], rng: np.random.Generator) -> Floats:
    """Draw the state (4, draws, n) of each person from the columns that were drawn."""
    root = np.linalg.cholesky(np.moveaxis(cov, 2, 0))  # (n K, 4, 4)
    chance = rng.standard_normal((4, *column.shape))
    return np.asarray(mean[:, column] + np.einsum("dnij,jdn->idn", root[column], chance), dtype=np.float64)


def _ranked(name: str, true: Floats, drawn: Floats, rng: np.random.Generator) -> Ranked:
    below, same = (drawn < true).sum(axis=0), (drawn == true).sum(axis=0)
    rank = below + rng.integers(0, same + 1)
    ranks = (rank + 0.5) / (DRAWS + 1)
    return Ranked(name=name, p=evenness(ranks, BINS), ranks=ranks)
