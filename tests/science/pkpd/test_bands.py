"""Bands: the exact ones are numpy's, the streamed ones lie within the width they state."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ketacare.science.pkpd.virtual import bands

QUANTILES = (0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1)


def concentrations(rows: int, subjects: int, seed: int = 1) -> np.ndarray:
    """Rows like those of a population's curve: each lognormal, over nine decades."""
    rng = np.random.default_rng(seed)
    return np.exp(rng.normal(np.linspace(-10, 8, rows)[:, None], 0.4, (rows, subjects)))


def streamed(values: np.ndarray, pieces: int) -> bands.Histograms:
    found = bands.Histograms(rows=len(values))
    found.add([bands.part(piece) for piece in np.array_split(values, min(pieces, values.shape[-1]), axis=-1)])
    return found


@given(subjects=st.integers(1, 60), seed=st.integers(0, 99), quantile=st.floats(0, 1))
@settings(max_examples=40)
def test_quantiles_are_those_of_numpy_to_the_last_bit(subjects, seed, quantile):
    values = concentrations(5, subjects, seed)
    expected = np.quantile(values, [*QUANTILES, quantile], axis=-1)
    np.testing.assert_array_equal(bands.quantiles_of(values, [*QUANTILES, quantile]), expected)


def test_more_threads_find_the_same():
    values = concentrations(7, 500)
    one, three = (bands.quantiles_of(values, QUANTILES, threads=threads) for threads in (1, 3))
    np.testing.assert_array_equal(one, three)


def test_the_curves_themselves_stay_in_the_order_of_the_subjects():
    values = concentrations(3, 50)
    before = values.copy()
    bands.quantiles_of(values, QUANTILES)
    np.testing.assert_array_equal(values, before)


@given(subjects=st.integers(1, 3000), seed=st.integers(0, 99), quantile=st.floats(0, 1))
@settings(max_examples=25)
def test_a_streamed_band_lies_within_the_width_it_states(subjects, seed, quantile):
    values = concentrations(4, subjects, seed)
    exact = np.quantile(values, [*QUANTILES, quantile], axis=-1)
    found = streamed(values, 3).quantiles([*QUANTILES, quantile])
    assert np.all(np.abs(found - exact) <= bands.BIN_WIDTH * exact)


def test_the_ends_of_a_streamed_band_are_exact():
    values = concentrations(4, 500)
    found = streamed(values, 2).quantiles([0, 1])
    np.testing.assert_allclose(found, [values.min(axis=-1), values.max(axis=-1)], rtol=bands.BIN_WIDTH)
    assert np.all(found[0] >= values.min(axis=-1))
    assert np.all(found[1] <= values.max(axis=-1))


def test_counts_do_not_depend_on_how_the_subjects_were_cut_or_in_which_order_they_came():
    values = concentrations(4, 1000)
    one, other = streamed(values, 1), bands.Histograms(rows=4)
    for piece in reversed(np.array_split(values, 7, axis=-1)):
        other.add([bands.part(piece)])
    np.testing.assert_array_equal(one.counts, other.counts)
    np.testing.assert_array_equal(one.quantiles(QUANTILES), other.quantiles(QUANTILES))


def test_before_the_dose_everybody_has_nothing_and_so_has_the_band():
    np.testing.assert_array_equal(streamed(np.zeros((2, 100)), 2).quantiles([0.05, 0.5, 0.95]), np.zeros((3, 2)))


@pytest.mark.parametrize("value", [1e-12, 2.0**-24, 3e7, 1e15])
def test_what_no_bin_holds_is_still_kept_by_its_ends(value):
    np.testing.assert_allclose(streamed(np.full((1, 9), value), 3).quantiles([0, 0.5, 1])[:, 0], value, rtol=1e-12)


def test_no_bin_is_wider_than_stated_and_each_holds_its_lower_edge():
    widths = np.diff(bands.EDGES) / bands.EDGES[:-1]
    assert widths.max() <= bands.BIN_WIDTH
    np.testing.assert_array_equal(bands.bins_of(bands.EDGES[:-1]), np.arange(1, bands.BINS + 1))
    np.testing.assert_array_equal(bands.bins_of(np.nextafter(bands.EDGES[1:], 0)), np.arange(1, bands.BINS + 1))
