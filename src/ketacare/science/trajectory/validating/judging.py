"""How good forecasts of whole scores were: how often bands held, how far off, how surprised; and how sure one may be of that."""

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray
from scipy.special import ndtr

from ketacare.science.trajectory.validating.foretelling import Foretold

Floats = NDArray[np.float64]
LEVELS = (0.5, 0.8, 0.9, 0.95)
BINS = 10  # of the histogram
LEAST = 1e-12  # the least chance a forecast is said to have given: one that gave none would be infinitely wrong
BEYOND = 40  # points beyond the scale that a forecast which does not know of its ends may still spread over
HALF = 0.5  # a whole score stands for what rounds to it


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A forecast's worth over many scores."""

    people: int
    scores: int
    crps: float  # points: how far off, with the spread counted in; less is better
    crps_error: float  # standard error, people being independent
    log_score: float  # mean of minus the logarithm of the chance given to what came; less is better
    coverage: dict[float, float]  # share that lay in the middle interval of each level
    coverage_error: dict[float, float]
    histogram: Floats  # (BINS,) shares of the probability integral transform; even when calibrated
    even_p: float  # chance of a histogram as uneven as this if the forecast were calibrated


def chances(foretold: Foretold, *, largest: float | None, smallest: float = 0.0) -> tuple[Floats, Floats]:
    """Return whole scores (c,) and the chance (m, c) of being at or below each.

    Args:
        foretold: the forecasts.
        largest: of the scale: what would lie beyond its ends counts as the end itself. None: the forecast does not know of ends.
        smallest: of the scale.
    """
    top = float(foretold.score.max()) if largest is None else largest
    grid = np.arange(smallest, top + 1)
    if largest is None:
        grid = np.arange(smallest - BEYOND, top + BEYOND + 1)
    below = np.zeros((len(foretold.score), len(grid)))
    for weight, mean, sd in zip(foretold.weights, foretold.mean, foretold.sd, strict=True):
        below += weight[:, None] * ndtr((grid + HALF - mean[:, None]) / sd[:, None])
    if largest is not None:
        below[:, -1] = 1.0
    return grid, below


def transform(grid: Floats, below: Floats, score: Floats) -> tuple[Floats, Floats]:
    """Return between which chances each score lies: at or below the one before it, and at or below itself.

    Source: Czado, Gneiting and Held 2009, predictive model assessment for count data: the transform of what is counted.
    """
    at = np.searchsorted(grid, score)
    rows = np.arange(len(score))
    return np.where(at > 0, below[rows, at - 1], 0.0), below[rows, at]


def crps(grid: Floats, below: Floats, score: Floats) -> Floats:
    """Return the continuous ranked probability score of each whole score, points."""
    return np.asarray(np.square(below - (grid >= score[:, None])).sum(axis=1), dtype=np.float64)


def within(low: Floats, high: Floats, level: float) -> Floats:
    """Return how much of each transform lies in the middle interval of a level: its mean is the level when calibrated."""
    first, last = (1 - level) / 2, (1 + level) / 2
    inside = np.minimum(high, last) - np.maximum(low, first)
    width = np.maximum(high - low, LEAST)
    return np.asarray(np.clip(inside / width, 0, 1), dtype=np.float64)


def histogram(low: Floats, high: Floats, bins: int = BINS) -> Floats:
    """Return the shares of the transforms in even bins; each score is spread over the bins that it may lie in."""
    edges = np.linspace(0, 1, bins + 1)
    width = np.maximum(high - low, LEAST)
    below = np.clip((edges[:, None] - low) / width, 0, 1)
    return np.asarray(np.diff(below, axis=0).mean(axis=1), dtype=np.float64)


def evenness(ranks: Floats, bins: int) -> float:
    """Return the chance of ranks from 0 to 1 as uneven as these, if they were even (chi-squared)."""
    counts = np.histogram(ranks, bins=bins, range=(0, 1))[0]
    expected = len(ranks) / bins
    return float(scipy.stats.chi2.sf(np.square(counts - expected).sum() / expected, bins - 1))


def clustered(values: Floats, person: NDArray[np.intp]) -> tuple[float, float]:
    """Return the mean, and its standard error when what belongs to one person is not independent; of one person alone the scores are taken as such."""
    mean = float(values.mean())
    if (person == person[0]).all():
        return mean, float(values.std() / np.sqrt(len(values)))
    sums = np.bincount(person, values - mean)
    return mean, float(np.sqrt(np.square(sums).sum()) / len(values))


def judge(foretold: Foretold, *, largest: float | None, smallest: float = 0.0, rng: np.random.Generator) -> Judged:
    """Return what forecasts were worth.

    Args:
        foretold: forecasts with what came.
        largest: of the scale; None: the forecast does not know of the scale's ends.
        smallest: of the scale.
        rng: breaks the ties of whole scores, for the test of evenness alone.
    """
    grid, below = chances(foretold, largest=largest, smallest=smallest)
    low, high = transform(grid, below, foretold.score)
    mean, error = clustered(crps(grid, below, foretold.score), foretold.person)
    covers = {level: clustered(within(low, high, level), foretold.person) for level in LEVELS}
    return Judged(
        people=len(np.unique(foretold.person)),
        scores=len(foretold.score),
        crps=mean,
        crps_error=error,
        log_score=float(-np.log(np.maximum(high - low, LEAST)).mean()),
        coverage={level: one for level, (one, _) in covers.items()},
        coverage_error={level: one for level, (_, one) in covers.items()},
        histogram=histogram(low, high),
        even_p=evenness(low + rng.random(len(low)) * (high - low), BINS),
    )
