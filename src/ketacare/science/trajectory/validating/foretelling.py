"""What each score was expected to be from the same person's earlier ones: by the model, and by three simple rivals."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from ketacare.science.errors import MissingInput, Problem
from ketacare.science.trajectory.course import Course
from ketacare.science.trajectory.kalman import Filtered, filtered, loading
from ketacare.science.trajectory.presets import Prior
from ketacare.science.trajectory.refills import refill

Floats = NDArray[np.float64]
FEW = 3  # other people in the same place of their course: with fewer there is no mean and no spread
LEAST_SD = 0.5  # of a rival's forecast: half a point, within which whole scores do not differ


@dataclass(frozen=True, kw_only=True)
class Foretold:
    """Scores and the mixture of normal distributions each was expected from. Shapes: m scores, K parts of the mixture."""

    person: NDArray[np.intp]  # (m,)
    score: Floats  # (m,) points
    weights: Floats  # (K, m)
    mean: Floats  # (K, m) points
    sd: Floats  # (K, m)


@dataclass(frozen=True, kw_only=True)
class Table:
    """Courses as the filter wants them, a column for each person and slow half-life. Shapes: T scores, n people, K half-lives."""

    gaps: Floats  # (T, n K)
    scores: Floats  # (T, n K); NaN beyond a person's last
    loads: Floats  # (4, T, n K)
    points: Floats  # (T, n)


def table(prior: Prior, courses: Sequence[Course]) -> Table:
    """Return courses side by side; only the prior's gains and half-lives matter."""
    kinds, rows = len(prior.weights), max(len(one.scores) for one in courses)
    gaps, fast = np.zeros((rows, len(courses))), np.zeros((rows, len(courses)))
    points, slow = np.full((rows, len(courses)), np.nan), np.zeros((rows, len(courses), kinds))
    for at, one in enumerate(courses):
        count = len(one.scores)
        days = np.array([day for day, _ in one.scores])
        gaps[:count, at] = np.diff(days, prepend=one.first_day)
        points[:count, at] = [score for _, score in one.scores]
        if one.infusions:
            fast[:count, at] = refill(
                one.infusions, days, gain=prior.fast_gain, half_life_days=prior.fast_half_life_days
            )
            for kind, half_life in enumerate(prior.slow_half_lives_days):
                slow[:count, at, kind] = refill(one.infusions, days, gain=prior.slow_gain, half_life_days=half_life)
    loads = loading(np.repeat(fast, kinds, axis=1), slow.reshape(rows, -1))
    return Table(
        gaps=np.repeat(gaps, kinds, axis=1), scores=np.repeat(points, kinds, axis=1), loads=loads, points=points
    )


def run(prior: Prior, given: Table) -> Filtered:
    """Run the filter over all people and half-lives."""
    return filtered(prior, given.gaps, given.scores, given.loads)


def by_model(prior: Prior, courses: Sequence[Course]) -> Foretold:
    """Return what the model expected of each score but everybody's first.

    Args:
        prior: the model.
        courses: infusions and scores of many people.
    """
    given = table(prior, courses)
    found = run(prior, given)
    rows, people = given.points.shape
    shape = (rows, people, len(prior.weights))
    each = found.log_scores.reshape(shape)
    before = np.cumsum(each, axis=0) - each + prior.log_weights
    weights = np.exp(before - np.logaddexp.reduce(before, axis=2, keepdims=True))
    judged = ~np.isnan(given.points)
    judged[0] = False
    person = np.broadcast_to(np.arange(people), (rows, people))[judged]
    return Foretold(
        person=person,
        score=given.points[judged],
        weights=weights[judged].T,
        mean=found.score_mean.reshape(shape)[judged].T,
        sd=np.sqrt(found.score_var.reshape(shape)[judged].T),
    )


def _alone(courses: Sequence[Course], mean: Floats, sd: Floats) -> Foretold:
    """Forecasts (T, n) that are one normal distribution each, in the order of `by_model`."""
    points = _points(courses)
    judged = ~np.isnan(points)
    judged[0] = False
    person = np.broadcast_to(np.arange(len(courses)), points.shape)[judged]
    return Foretold(
        person=person,
        score=points[judged],
        weights=np.ones((1, len(person))),
        mean=mean[judged][None],
        sd=np.maximum(sd[judged], LEAST_SD)[None],
    )


def _points(courses: Sequence[Course], at: int = 1) -> Floats:
    """Scores, or with 0 their days, (T, n); NaN where there is none."""
    found = np.full((max(len(one.scores) for one in courses), len(courses)), np.nan)
    for column, one in enumerate(courses):
        found[: len(one.scores), column] = [score[at] for score in one.scores]
    return found


def by_last_value(known: Sequence[Course], courses: Sequence[Course]) -> Foretold:
    """Return the last score carried forward, with the spread of such differences among other people."""
    points = _points(courses)
    sd = float(np.nanstd(np.diff(_points(known), axis=0)))
    mean = np.vstack([points[:1], points[:-1]])
    return _alone(courses, mean, np.full(points.shape, sd))


def by_population(known: Sequence[Course], courses: Sequence[Course]) -> Foretold:
    """Return the mean and spread of other people's scores of the same place in their course."""
    points, others = _points(courses), _points(known)
    rows = np.minimum(np.arange(len(points)), _learnt(others) - 1)
    mean, sd = np.nanmean(others[: rows.max() + 1], axis=1), np.nanstd(others[: rows.max() + 1], axis=1, ddof=1)
    return _alone(courses, *(np.broadcast_to(one[rows][:, None], points.shape) for one in (mean, sd)))


def _learnt(points: Floats) -> int:
    """In how many of the first places of a course there are people enough to learn from; MissingInput where in none but the first."""
    enough = (~np.isnan(points)).sum(axis=1) >= FEW
    found = int(np.argmin(enough)) if not enough.all() else len(enough)
    if found < 2:
        raise MissingInput([Problem(place="other people", says="too few to learn from")])
    return found


def by_mixed_model(known: Sequence[Course], courses: Sequence[Course]) -> Foretold:
    """Return what a linear mixed model that was fitted to other people expects of each score, given the person's earlier ones.

    A mean for each place in the course; a level and a slope over the logarithm of time that differ from person to person.

    Raises:
        MissingInput: statsmodels is not installed.
    """
    if find_spec("statsmodels") is None:
        says = "the mixed model needs statsmodels: pip install 'ketacare[research]'"
        raise MissingInput([Problem(place="statsmodels", says=says)])
    points, others = _points(courses), _points(known)
    most = _learnt(others)
    effects, between, noise = _fitted(others[:most], _time(known)[:most])
    rows = np.minimum(np.arange(len(points)), most - 1)
    mean, sd = np.zeros(points.shape), np.ones(points.shape)
    for column, time in enumerate(_time(courses).T):
        design = np.column_stack([np.ones(len(rows)), time])
        for row in range(1, int((~np.isnan(time)).sum())):
            seen, now = design[:row], design[row]
            cov = seen @ between @ seen.T + noise * np.eye(row)
            across = now @ between @ seen.T
            gain = np.linalg.solve(cov, across)
            mean[row, column] = effects[rows[row]] + gain @ (points[:row, column] - effects[rows[:row]])
            sd[row, column] = np.sqrt(now @ between @ now + noise - gain @ across)
    return _alone(courses, mean, sd)


def _time(courses: Sequence[Course]) -> Floats:
    return np.asarray(np.log1p(_points(courses, 0)), dtype=np.float64)


def _fitted(points: Floats, time: Floats) -> tuple[Floats, Floats, float]:
    """Means by place, covariance between people, variance of the noise."""
    row, person = np.nonzero(~np.isnan(points))
    fixed = np.eye(len(points))[row]
    varying = np.column_stack([np.ones(len(row)), time[row, person]])
    lm = import_module("statsmodels.regression.mixed_linear_model")
    with (
        np.errstate(all="ignore"),
        warnings.catch_warnings(),
    ):  # of a slow search; how good its end is, the judgement says
        warnings.simplefilter("ignore")
        found = lm.MixedLM(points[row, person], fixed, groups=person, exog_re=varying).fit(method=["lbfgs"])
    return np.asarray(found.fe_params), np.asarray(found.cov_re), float(found.scale)
