"""The chance of staying below a limit on several days, against cases with a closed form and against another program."""

import numpy as np
import pytest
from scipy.special import ndtr
from scipy.stats import multivariate_normal

from ketacare.science.trajectory.relapse import stays_below


def test_independent_days_multiply():
    mean = np.array([[1.0, 2.0, 3.0]])
    below = stays_below(mean, np.eye(3)[None], 2.5)[0]
    assert below == pytest.approx(np.cumprod(ndtr([1.5, 0.5, -0.5])), abs=1e-6)


@pytest.mark.parametrize("correlation", [-0.9, -0.3, 0.2, 0.7, 0.99])
def test_two_days_at_their_means_have_the_quarter_and_the_angle(correlation):
    cov = np.array([[[1.0, correlation], [correlation, 1.0]]])
    wanted = 0.25 + np.arcsin(correlation) / (2 * np.pi)
    assert stays_below(np.zeros((1, 2)), cov, 0.0)[0, 1] == pytest.approx(wanted, abs=1e-5)


def test_equally_correlated_days_with_half_in_common_are_one_in_one_more_than_the_days():
    days = 8
    cov = np.full((days, days), 0.5) + 0.5 * np.eye(days)
    assert stays_below(np.zeros((1, days)), cov[None], 0.0)[0] == pytest.approx(
        [1 / (count + 1) for count in range(1, days + 1)], abs=1e-4
    )


def test_the_same_day_twice_changes_nothing():
    cov = np.array([[[4.0, 4.0, 1.0], [4.0, 4.0, 1.0], [1.0, 1.0, 4.0]]])
    mean = np.array([[1.0, 1.0, 0.0]])
    once = stays_below(mean[:, ::2], cov[:, ::2, ::2], 2.0)[0]
    twice = stays_below(mean, cov, 2.0)[0]
    assert twice == pytest.approx([once[0], once[0], once[1]], abs=1e-5)


def test_another_program_says_the_same():
    rng = np.random.default_rng(3)
    for days in (3, 6, 10):
        root = rng.normal(size=(days, days))
        cov, mean = root @ root.T + 0.1 * np.eye(days), rng.normal(size=days)
        wanted = multivariate_normal(mean, cov, allow_singular=False).cdf(
            np.full(days, 2.0), rng=np.random.default_rng(1)
        )
        assert stays_below(mean[None], cov[None], 2.0)[0, -1] == pytest.approx(wanted, abs=3e-4)


def test_it_is_the_same_every_time():
    mean, cov = np.zeros((2, 4)), np.repeat(np.eye(4)[None] + 0.3, 2, axis=0)
    assert np.array_equal(stays_below(mean, cov, 0.5), stays_below(mean, cov, 0.5))
