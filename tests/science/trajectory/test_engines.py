"""Filter and smoother of many courses at once, by numpy and by numba, against the textbook's loop."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from ketacare.science.errors import OutOfRange
from ketacare.science.trajectory import kalman
from ketacare.science.trajectory.presets import Floor, prior
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


@pytest.mark.parametrize("engine", ["numpy", "numba"])
def test_less_noise_near_the_floor_makes_both_engines_trust_a_low_score_more(engine):
    gaps, loads = np.full((2, 200), 7.0), kalman.loading(np.ones((2, 200)), np.ones((2, 200)))
    points = np.full((2, 200), 2.0)
    low = replace(prior(), mean=(27.0, 9.0, 16.0, 0.0))
    aware = replace(low, floor=Floor(below=10, least_share=0.25))
    everywhere, near = (kalman.smoothed(one, gaps, points, loads, engine=engine) for one in (low, aware))
    assert (near.var < everywhere.var).all()
    assert kalman.smoothed(aware, gaps, points, loads).mean == pytest.approx(near.mean, abs=1e-12)


def test_an_engine_that_is_not_there_is_refused_by_name(monkeypatch):
    given = rows(3, 2, 1)
    with pytest.raises(OutOfRange, match="'fortran' is neither numpy nor numba"):
        kalman.smoothed(prior(), *given, engine="fortran")
    monkeypatch.setattr(kalman, "find_spec", lambda name: None)
    with pytest.raises(OutOfRange, match=r"ketacare\[fast\]"):
        kalman.smoothed(prior(), *given, engine="numba")
