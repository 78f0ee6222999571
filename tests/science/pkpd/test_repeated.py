"""Delays in equal stages: a pole that several compartments share, held to 50 digits like every other."""

from dataclasses import replace
from itertools import pairwise

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings

from ketacare.science.pkpd.solving import modes, powers, repeated, stretches, weighing
from ketacare.science.pkpd.solving.structure import structure
from ketacare.science.pkpd.solving.system import Forcing, System
from tests.science.pkpd import exact, made_up
from tests.science.pkpd.test_modes import GAPS, SEEDS, WITHIN, at_once, by_propagating, error, infused

RATES = {
    ("central", ""): 0.03,
    ("central", "peripheral"): 0.08,
    ("peripheral", "central"): 0.05,
    ("central", "delay"): 0.02,
    ("metabolite", ""): 0.012,
    ("metabolite", "tissue"): 0.2,
    ("tissue", "metabolite"): 0.007,
}
TIMES = np.array([0.0, 1, 5, 20, 39.5, 40, 41, 60, 120, 480, 1440])


def delayed(stages: int, rates_per_min=0.1, *, second: int = 0, gaps=(0.0,)) -> System:
    """A parent, a delay of so many stages, a metabolite, perhaps a second delay before another one; one subject for each gap."""
    first = [f"delay_{number}" for number in range(stages)]
    later = [f"later_{number}" for number in range(second)]
    path = ["central", *first, "metabolite", *later, *(["second_metabolite"] if second else [])]
    flows = [flow for flow in RATES if flow[1] != "delay"] + list(pairwise(path))
    flows += [("second_metabolite", "")] if second else []
    names = ("central", "peripheral", *first, "metabolite", "tissue", *path[stages + 2 :], "effect_site")
    stage = {flow for flow in flows if flow[0] in {*first, *later}}
    rates = np.array(
        [[rates_per_min if flow in stage else RATES.get(flow, 0.02) for flow in flows] for _ in gaps], dtype=float
    )
    rates[:, [flow[0] == (first or later)[-1] for flow in flows]] *= 1 + np.array(gaps)[:, None]
    return made_up.system(names, flows, rates, np.full(len(gaps), 20.0), np.full(len(gaps), 0.114))


@pytest.fixture
def nobody_walks(monkeypatch):
    """Refuse the matrix exponential."""

    def refuse(*_args):
        raise AssertionError("went to the matrix exponential")

    monkeypatch.setattr(modes, "amounts", refuse)


@pytest.mark.parametrize("engine", [None, "numba"])
@pytest.mark.parametrize(("stages", "second"), [(2, 0), (3, 0), (5, 0), (2, 2), (1, 2), (4, 1)])
@pytest.mark.usefixtures("nobody_walks")
def test_a_delay_in_equal_stages_is_served_without_the_matrix_exponential(stages, second, engine):
    system = delayed(stages, second=second)
    for forcing in (at_once(system), infused(system), at_once(system, "delay_0"), infused(system, minutes=600.0)):
        found = modes.curves(system, forcing, TIMES, engine=engine)[:, :, 0]
        assert error(found, exact.curves(system, forcing, TIMES)) <= WITHIN


@pytest.mark.parametrize("gap", [0.0, 1e-16, -4e-16, 1e-15, 1e-14, 1e-12, 1e-9, 1e-6, 1e-4, 1e-3, 1e-2, 1e-1])
def test_stages_nearly_equal_keep_their_digits(gap):
    system = delayed(2, gaps=(gap,))
    for forcing in (at_once(system), infused(system)):
        found = modes.curves(system, forcing, TIMES)[:, :, 0]
        assert error(found, exact.curves(system, forcing, TIMES)) <= WITHIN


def test_subjects_with_every_gap_beside_each_other_keep_their_digits():
    system = delayed(3, second=2, gaps=GAPS)
    forcing = infused(system)
    assert error(modes.curves(system, forcing, TIMES), by_propagating(system, forcing, TIMES)) <= WITHIN


@pytest.mark.parametrize("rates_per_min", [1e-4, 1e-2, 0.11400001, 5.0, 60.0])
def test_a_delay_may_be_slow_or_fast_or_near_another_rate(rates_per_min):
    system = delayed(2, rates_per_min, second=2)
    for forcing in (at_once(system), infused(system, minutes=0.5)):
        found = modes.curves(system, forcing, TIMES)[:, :, 0]
        assert error(found, exact.curves(system, forcing, TIMES)) <= WITHIN


@settings(max_examples=12, deadline=None)
@given(SEEDS)
def test_random_delays_agree_with_fifty_digits(rng):
    system = delayed(int(rng.integers(1, 4)), 10 ** rng.uniform(-3, 0), second=int(rng.integers(2, 4)))
    rates = system.rates_per_min * 10 ** rng.uniform(-1, 1)
    system, forcing = replace(system, rates_per_min=rates), made_up.regimen(rng, system)
    times = made_up.grid(rng)
    assert error(modes.curves(system, forcing, times)[:, :, 0], exact.curves(system, forcing, times)) <= WITHIN


@settings(max_examples=15, deadline=None)
@given(SEEDS)
def test_no_error_passes_its_bound(rng):
    """The same sums in wider floats say what those of 53 bits have lost."""
    system = delayed(int(rng.integers(2, 5)), 10 ** rng.uniform(-3, 0), second=2, gaps=np.zeros(8))
    system.rates_per_min[:] *= 10 ** rng.uniform(-1, 1, (8, 1, 1))
    forcing, times = made_up.regimen(rng, system), np.unique(made_up.grid(rng))
    (plain, bound), (wide, _) = (sums(system, forcing, times, np.dtype(one)) for one in (np.float64, np.longdouble))
    assert (np.abs(plain - wide).max(axis=1) <= bound).all()


def sums(system: System, forcing: Forcing, times: np.ndarray, dtype: np.dtype) -> tuple[np.ndarray, np.ndarray]:
    shape = structure(system, forcing)
    made = repeated.terms(system, shape, repeated.shared(system, shape), weighing.rounding_of(dtype), dtype)
    found = np.empty((len(system.outputs), times.size, len(system.rates_per_min)), dtype=dtype)
    bound = stretches.fill(found, made, stretches.of_forcing(forcing, repeated.entries(shape)), times)
    return found, bound


def test_every_stage_may_be_read():
    system = delayed(4)
    system.readout[:, 1] = 0
    for stage in range(4):
        system.readout[:, 1, system.compartments.index(f"delay_{stage}")] = stage + 1.0
    forcing = infused(system)
    found = modes.curves(system, forcing, TIMES)[:, :, 0]
    assert error(found, exact.curves(system, forcing, TIMES)) <= WITHIN


def test_even_and_uneven_grids_give_the_same():
    system, even = delayed(2, second=2), np.linspace(0, made_up.DAY_MIN, 300)
    uneven = np.sort(np.append(even, np.random.default_rng(7).uniform(0, made_up.DAY_MIN, 50)))
    forcing = infused(system)
    found = modes.curves(system, forcing, uneven)[:, np.searchsorted(uneven, even)]
    assert error(modes.curves(system, forcing, even), found) <= WITHIN


def test_rates_that_only_some_subjects_share_are_nobodys():
    system = delayed(2, gaps=(0.0, 0.1))
    shape = structure(system, at_once(system))
    assert repeated.shared(system, shape) == ()
    assert repeated.shared(system.part(slice(0, 1)), shape)


@pytest.mark.parametrize("dtype", [np.float64, np.longdouble])
def test_integrals_keep_their_digits_for_the_slowest_and_the_fastest(dtype):
    rates, after = 10.0 ** np.arange(-8, 3), np.array([0.0, 0.5, 40.0, 1440.0])
    found = powers.entered(-rates[:, None].astype(dtype), after.astype(dtype), 6)
    with mpmath.workdps(50):
        for order in range(6):
            expected = (
                np.array(
                    [
                        [mpmath.gammainc(order + 1, 0, mpmath.mpf(rate) * t, regularized=True) for t in after]
                        for rate in rates
                    ]
                )
                / np.array([mpmath.mpf(rate) ** (order + 1) for rate in rates])[:, None]
            )
            np.testing.assert_allclose(found[order].astype(float), expected.astype(float), rtol=2e-15)
