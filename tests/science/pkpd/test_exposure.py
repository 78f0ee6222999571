"""Exposure of many subjects at once: what one curve at a time gives, and what is known without computing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacare.science.pkpd.noncompartmental import curve_noncompartmental
from ketacare.science.pkpd.virtual import exposure

TIMES = np.array([0.0, 10, 20, 40, 60, 120, 240, 480])


def curves(seed: int = 1, subjects: int = 9) -> np.ndarray:
    """Curves that rise and fall, each its own way."""
    rng = np.random.default_rng(seed)
    up, down = rng.uniform(0.02, 0.2, (2, 1, subjects))
    t = TIMES[:, None]
    return 100 * (np.exp(-0.1 * down * t) - np.exp(-up * t))


@given(st.integers(0, 50))
def test_peak_and_area_are_those_of_each_curve_alone(seed):
    values = curves(seed)
    peaks, when = exposure.peak(TIMES, values)
    areas = exposure.area_h(TIMES, values)
    for number in range(values.shape[1]):
        alone = curve_noncompartmental(TIMES, values[:, number], analyte="any")
        assert peaks[number] == alone.cmax_ng_per_ml
        assert when[number] == alone.tmax_min
        assert areas[number] == pytest.approx(alone.auc_ng_h_per_ml, rel=1e-12)


def test_the_area_under_an_exponential_is_exact_on_any_grid():
    areas = exposure.area_h(TIMES, 50 * np.exp(-0.01 * TIMES)[:, None])
    assert areas[0] == pytest.approx(50 / 0.01 * (1 - np.exp(-0.01 * 480)) / 60, rel=1e-12)


def test_a_curve_that_falls_to_nothing_or_not_at_all_has_an_area():
    flat, gone = np.full((8, 1), 6.0), np.array([[6.0], *[[0.0]] * 7])
    assert exposure.area_h(TIMES, flat)[0] == pytest.approx(6 * 480 / 60)
    assert exposure.area_h(TIMES, gone)[0] == pytest.approx(6 * 10 / 2 / 60)


def test_time_above_a_limit_is_read_off_straight_lines():
    t_min = np.array([0.0, 10, 20, 30])
    tent, flat, at = np.array([0.0, 100, 100, 0]), np.full(4, 51.0), np.full(4, 50.0)
    found = exposure.time_above(t_min, np.stack([tent, flat, at], axis=-1), 50)
    np.testing.assert_allclose(found, [20, 30, 0])


@given(st.integers(0, 50), st.floats(0.1, 60))
def test_a_higher_limit_is_never_exceeded_for_longer(seed, limit):
    values = curves(seed)
    low, high = (exposure.time_above(TIMES, values, one) for one in (limit, 2 * limit))
    assert np.all(high <= low)
    assert np.all((low >= 0) & (low <= TIMES[-1]))
