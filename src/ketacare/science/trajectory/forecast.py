"""What one person's scores say of the days to come: severity with its bands, the risk of relapse, and when to look again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from ketacare.science.errors import BadFacts, Problem
from ketacare.science.trajectory import mixture
from ketacare.science.trajectory.course import Course
from ketacare.science.trajectory.kalman import Filtered, Smoothed, filtered, later, loading, passed, smoothed
from ketacare.science.trajectory.presets import Prior, file
from ketacare.science.trajectory.refills import refill
from ketacare.science.trajectory.relapse import stays_below

Floats = NDArray[np.float64]
NEGLIGIBLE = 1e-6  # of the weight: what such a half-life adds is below the digits that are shown


@dataclass(frozen=True, kw_only=True)
class Day:
    """One day of a forecast; points of the scale."""

    day: float
    severity: float  # expected
    band_50: tuple[float, float]  # of the severity
    band_90: tuple[float, float]
    score_band_50: tuple[float, float]  # of a score that would be taken
    score_band_90: tuple[float, float]
    point_risk: float  # of a severity above the threshold on that day
    relapse_by: float  # of a severity above it on that day or on one before it, of the days that were asked for


@dataclass(frozen=True)
class Fit:
    """The model after one person's scores. K: the slow half-lives."""

    prior: Prior
    course: Course

    @cached_property
    def found(self) -> Filtered:
        """The filter's result, a column for each slow half-life."""
        return filtered(self.prior, *_rows(self.prior, self.course, self._days, self._scores))

    @cached_property
    def log_likelihood(self) -> float:
        """Of all scores, half-lives averaged by their prior weights."""
        return float(np.logaddexp.reduce(self.prior.log_weights + self.found.log_likelihood))

    @cached_property
    def weights(self) -> Floats:
        """(K,) of the slow half-lives, after the scores."""
        return np.asarray(np.exp(self.prior.log_weights + self.found.log_likelihood - self.log_likelihood))

    @cached_property
    def amplitudes(self) -> tuple[float, float]:
        """Expected fast and slow amplitude, points; negative where scores rose with treatment."""
        fast, slow = (self.found.mean[1:3] * self.weights).sum(axis=1)
        return float(fast), float(slow)

    @property
    def _days(self) -> Floats:
        return np.array([day for day, _ in self.course.scores], dtype=np.float64)

    @property
    def _scores(self) -> Floats:
        return np.array([score for _, score in self.course.scores], dtype=np.float64)

    def score_intervals(self, level: float) -> tuple[Floats, Floats]:
        """Return the interval in which each score was expected, (T,), from the scores before it."""
        before = np.cumsum(self.found.log_scores, axis=0) - self.found.log_scores + self.prior.log_weights
        weights = np.exp(before - np.logaddexp.reduce(before, axis=1, keepdims=True))
        mean, sd = self.found.score_mean, np.sqrt(self.found.score_var)
        ends = [mixture.interval(level, weights[row], mean[row, :, None], sd[row, :, None]) for row in range(len(mean))]
        return np.array([low[0] for low, _ in ends]), np.array([high[0] for _, high in ends])

    def ahead(self, days: Sequence[float], *, infusions: Sequence[float] = ()) -> tuple[Floats, Floats]:
        """Return mean (K, m) and covariance (K, m, m) of the severity on days from the last score on, points.

        Args:
            days: in order, none before the last score.
            infusions: more of them, none before the last score.
        """
        across: list[Floats] = []  # of the state with the severity of each day so far, carried along
        means, covs = [], np.zeros((len(self.weights), len(days), len(days)))
        for row, (mean, cov, factor, load) in enumerate(self._walk(days, infusions)):
            across = [one * factor for one in across] + [(cov * load).sum(axis=1)]
            means.append((mean * load).sum(axis=0))
            for before, one in enumerate(across):
                covs[:, row, before] = covs[:, before, row] = (one * load).sum(axis=0)
        return np.array(means).T, covs

    def each_day(self, days: Sequence[float], *, infusions: Sequence[float] = ()) -> tuple[Floats, Floats]:
        """Return mean and SD of the severity on each day by itself, both (K, m); arguments as for `ahead`."""
        means, sds = [], []
        for mean, cov, _, load in self._walk(days, infusions):
            means.append((mean * load).sum(axis=0))
            sds.append(np.sqrt(((cov * load).sum(axis=1) * load).sum(axis=0)))
        return np.array(means).T, np.array(sds).T

    def _walk(
        self, days: Sequence[float], infusions: Sequence[float]
    ) -> Iterator[tuple[Floats, Floats, Floats, Floats]]:
        """From day to day: mean and covariance of the state, what time kept of it, and how the severity depends on it."""
        course = self.course.with_infusions(*infusions) if infusions else self.course
        asked = np.array(days, dtype=np.float64)
        _refuse_before(asked, course.last_day, "days")
        _refuse_before(np.array(infusions, dtype=np.float64), course.last_day, "infusions")
        loads, gaps = _loads(self.prior, course, asked), np.diff(asked, prepend=course.last_day)
        mean, cov = self.found.mean, self.found.cov
        for row in range(len(asked)):
            factor, added = passed(self.prior, np.full(mean.shape[1], gaps[row]))
            mean, cov = later(mean, cov, factor, added)
            yield mean, cov, factor, loads[:, row]

    def forecast(self, days: Sequence[float], *, threshold: float, infusions: Sequence[float] = ()) -> list[Day]:
        """Return what is expected on each day.

        Args:
            days: from the last score on; they are the grid on which a relapse would be noticed.
            threshold: a severity above it is a relapse, points.
            infusions: more of them, on days after the last score: what if.

        Returns:
            Day by day. The finer the days, the larger ``relapse_by``.

        Raises:
            BadFacts: a day before the last score.

        Source: own model (data/trajectory/presets).
        """
        ordered = sorted(set(map(float, days)))
        if not ordered:
            return []
        mean, cov = self.ahead(ordered, infusions=infusions)
        sd = np.sqrt(np.diagonal(cov, axis1=1, axis2=2))
        noisy = np.hypot(sd, self.prior.noise_sd)
        bands = [mixture.interval(level, self.weights, mean, one) for one in (sd, noisy) for level in (0.5, 0.9)]
        risk = mixture.chance_above(threshold, self.weights, mean, sd)
        counts = self.weights > NEGLIGIBLE
        held = stays_below(mean[counts], cov[counts], threshold)
        relapsed = 1 - (self.weights[counts, None] * held).sum(axis=0) / self.weights[counts].sum()
        expected = (self.weights[:, None] * mean).sum(axis=0)
        pairs = [list(zip(low.tolist(), high.tolist(), strict=True)) for low, high in bands]
        return [
            Day(
                day=day,
                severity=float(expected[at]),
                band_50=pairs[0][at],
                band_90=pairs[1][at],
                score_band_50=pairs[2][at],
                score_band_90=pairs[3][at],
                point_risk=float(risk[at]),
                relapse_by=float(relapsed[at]),
            )
            for at, day in enumerate(ordered)
        ]

    def risk_ahead(self, days: Sequence[float], *, threshold: float, infusions: Sequence[float] = ()) -> Floats:
        """Return the chance (K, m) of a severity above the threshold on each day, for each slow half-life."""
        mean, sd = self.each_day(days, infusions=infusions)
        return np.asarray(ndtr((mean - threshold) / sd), dtype=np.float64)

    def past(self, days: Sequence[float]) -> tuple[Floats, Floats, Floats]:
        """Return what all scores say of days up to the last one: weights (K,), mean and SD (K, m) of the severity."""
        asked = np.array(days, dtype=np.float64)
        order = np.argsort(np.concatenate([self._days, asked]), kind="stable")
        all_days = np.concatenate([self._days, asked])[order]
        scores = np.concatenate([self._scores, np.full(len(asked), np.nan)])[order]
        found: Smoothed = smoothed(self.prior, *_rows(self.prior, self.course, all_days, scores))
        at = np.argsort(order)[len(self._days) :]
        return self.weights, found.mean[at].T, np.sqrt(np.maximum(found.var[at].T, 0))


def fit(course: Course, prior: Prior) -> Fit:
    """Return the model after one person's scores."""
    return Fit(prior, course)


def threshold_of(course: Course, scale: str) -> float:
    """Return above which severity a course counts as relapsed where nobody named one: the scale's own, or a share of the first score.

    Raises:
        BadFacts: neither is there.
    """
    own = file().scales[scale].threshold
    if own is not None:
        return own
    if not course.scores:
        raise BadFacts(
            [Problem(place="threshold", says=f"{scale} has none of its own, and there is no score to take half of")]
        )
    return file().threshold_of_first_score * course.scores[0][1]


def _rows(prior: Prior, course: Course, days: Floats, scores: Floats) -> tuple[Floats, Floats, Floats]:
    """The filter's arguments: every row the same in each column, but for how full the slow response is."""
    columns = len(prior.weights)
    gaps = np.diff(days, prepend=course.first_day)
    return (
        np.repeat(gaps[:, None], columns, axis=1),
        np.repeat(scores[:, None], columns, axis=1),
        _loads(prior, course, days),
    )


def _loads(prior: Prior, course: Course, days: Floats) -> Floats:
    """(4, T, K)."""
    fast = refill(course.infusions, days, gain=prior.fast_gain, half_life_days=prior.fast_half_life_days)
    slow = [
        refill(course.infusions, days, gain=prior.slow_gain, half_life_days=one) for one in prior.slow_half_lives_days
    ]
    return loading(np.repeat(fast[:, None], len(slow), axis=1), np.array(slow).T.reshape(len(days), len(slow)))


def _refuse_before(days: Floats, last: float, place: str) -> None:
    problems = [
        Problem(place=f"{place}: {day:g}", says=f"lies before the last score, on day {last:g}")
        for day in days
        if not day >= last
    ]
    if problems:
        raise BadFacts(problems)
