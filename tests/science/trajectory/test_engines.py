"""Filter and smoother of many courses at once, by numpy and by numba, against the textbook's loop."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st
from scipy.stats import norm

from ketacare.science.errors import OutOfRange
from ketacare.science.trajectory import kalman
from ketacare.science.trajectory.presets import prior
from tests.science.trajectory import textbook


def rows(columns: int, scores: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Days apart, scores of which some are missing, and loads, as different as can be."""
    rng = np.random.default_rng(seed)
    gaps = rng.integers(0, 30, (scores, columns)) / 2
    points = rng.uniform(0, 60, gaps.shape)
    points[rng.random(gaps.shape) < 0.2] = np.nan
    return gaps, points, kalman.loading(rng.random(gaps.shape), rng.random(gaps.shape))


@settings(max_examples=15, deadline=None)
@for_all(st.sampled_from(["numpy", "numba"]), st.integers(1, 400), st.integers(1, 12), st.integers(0, 99))
def test_both_engines_agree_with_the_textbook(engine, columns, scores, seed):
    gaps, points, loads = rows(columns, scores, seed)
    found = kalman.smoothed(prior(), gaps, points, loads, engine=engine, threads=2)
    for at in {0, columns // 2, columns - 1}:
        log_likelihood, mean, var = textbook.smoothed(prior(), gaps[:, at], points[:, at], loads[:, :, at])
        assert found.log_likelihood[at] == pytest.approx(log_likelihood, rel=1e-12, abs=1e-10)
        assert found.mean[:, at] == pytest.approx(mean, abs=1e-10)
        assert found.var[:, at] == pytest.approx(var, abs=1e-10)


def test_the_number_of_threads_and_of_columns_beside_changes_nothing(monkeypatch):
    gaps, points, loads = rows(700, 6, 1)
    whole = kalman.smoothed(prior(), gaps, points, loads)
    monkeypatch.setattr(kalman, "BLOCK", 90)
    cut = kalman.smoothed(prior(), gaps, points, loads, threads=3)
    assert np.array_equal(cut.mean, whole.mean)
    assert np.array_equal(cut.log_likelihood, whole.log_likelihood)


def cut_off(prior, gaps, scores, loads, floor, draws=400_000):
    """Severity on both days by brute force: draws from the prior, of which those are kept that the scores allow."""
    rng = np.random.default_rng(5)
    state = rng.normal(np.array(prior.mean)[:, None], np.array(prior.sd)[:, None], (4, draws))
    log_weights, severity = np.zeros(draws), []
    for gap, score, load in zip(gaps, scores, loads.T, strict=True):
        keep = 2 ** (-gap / prior.fluctuation_half_life_days)
        state[3] = keep * state[3] + rng.normal(0, prior.sd[3] * np.sqrt(1 - keep**2), draws)
        state[0] += rng.normal(0, np.sqrt(prior.drift_variance_per_day * gap), draws)
        severity.append(load @ state)
        log_weights += (
            norm.logcdf(floor + 0.5, severity[-1], prior.noise_sd)
            if score <= floor
            else norm.logpdf(score, severity[-1], prior.noise_sd)
        )
    weights = np.exp(log_weights - log_weights.max())
    means = [np.average(one, weights=weights) for one in severity]
    sds = [np.sqrt(np.average((one - m) ** 2, weights=weights)) for one, m in zip(severity, means, strict=True)]
    return np.log(np.exp(log_weights).mean()), means, sds


def test_a_score_at_the_floor_says_only_that_severity_is_no_higher():
    gaps, scores = np.array([0.0, 7.0]), np.array([4.0, 0.0])
    loads = kalman.loading(np.array([0.0, 0.5]), np.array([0.0, 0.6]))
    low = replace(prior(), mean=(8.0, 9.0, 6.0, 0.0), sd=(4.0, 3.0, 4.0, 3.0), floor=0.0)
    log_likelihood, mean, sd = cut_off(low, gaps, scores, loads, 0.0)
    found = kalman.smoothed(low, gaps[:, None], scores[:, None], loads[:, :, None])
    assert found.log_likelihood[0] == pytest.approx(log_likelihood, abs=0.02)
    assert found.mean[:, 0] == pytest.approx(mean, abs=0.05)
    assert np.sqrt(found.var[:, 0]) == pytest.approx(sd, rel=0.03)
    at_its_word = kalman.smoothed(replace(low, floor=None), gaps[:, None], scores[:, None], loads[:, :, None])
    assert at_its_word.mean[1, 0] > found.mean[1, 0] + 1


def test_a_floor_that_no_score_reaches_changes_nothing():
    gaps, points, loads = rows(300, 5, 2)
    found = [kalman.smoothed(one, gaps, points, loads) for one in (prior(), replace(prior(), floor=-1.0))]
    assert np.array_equal(found[0].mean, found[1].mean)
    assert np.array_equal(found[0].log_likelihood, found[1].log_likelihood)


def test_an_engine_that_is_not_there_is_refused_by_name(monkeypatch):
    given = rows(3, 2, 1)
    with pytest.raises(OutOfRange, match="'fortran' is neither numpy nor numba"):
        kalman.smoothed(prior(), *given, engine="fortran")
    monkeypatch.setattr(kalman, "find_spec", lambda name: None)
    with pytest.raises(OutOfRange, match=r"ketacare\[fast\]"):
        kalman.smoothed(prior(), *given, engine="numba")
