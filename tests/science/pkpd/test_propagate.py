from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ketacare.science.errors import OutOfRange
from ketacare.science.pkpd.solving import propagate
from ketacare.science.pkpd.solving.system import Forcing, System
from tests.science.pkpd import exact, made_up

SEEDS = st.integers(0, 2**32 - 1).map(np.random.default_rng)
WITHIN = 1e-12  # of the largest value of each curve


def one_compartment(*, rate: float = 0.02, at=(0.0,), bolus=(100.0,), infused=(0.0,)) -> tuple[System, Forcing]:
    system = System(
        compartments=("central",),
        rates_per_min=np.array([[[-rate]]]),
        outputs=("ketamine",),
        readout=np.ones((1, 1, 1)),
    )
    forcing = Forcing(
        at_min=np.array(at), bolus_mg=np.array(bolus)[None, :, None], rate_mg_per_min=np.array(infused)[None, :, None]
    )
    return system, forcing


def error(found, expected) -> float:
    peak = np.abs(expected).max(axis=0, keepdims=True)
    return float((np.abs(found - expected) / np.where(peak > 0, peak, 1)).max())


@settings(max_examples=25, deadline=None)
@given(SEEDS)
def test_amounts_agree_with_fifty_digits(rng):
    system = made_up.lognormal_system(rng, 1, sink=bool(rng.integers(2)))
    forcing = made_up.regimen(rng, system)
    times = made_up.grid(rng)
    assert error(propagate.amounts(system, forcing, times)[0], exact.amounts(system, forcing, times)) <= WITHIN


@settings(max_examples=6, deadline=None)
@given(SEEDS)
@example(np.random.default_rng(357))  # 1.2e-12 when a step of 5 days was squared in one go
def test_digits_are_kept_with_rates_of_60_per_minute_over_weeks(rng):
    system = made_up.lognormal_system(rng, 1, sink=True, fastest=60)
    forcing = made_up.regimen(rng, system, sessions=3)
    times = made_up.grid(rng, until_min=3 * made_up.WEEK_MIN)
    assert error(propagate.amounts(system, forcing, times)[0], exact.amounts(system, forcing, times)) <= WITHIN


@settings(max_examples=12, deadline=None)
@given(SEEDS)
def test_no_compartment_ever_holds_less_than_nothing(rng):
    system = made_up.lognormal_system(rng, 3, fastest=60)
    forcing = made_up.regimen(rng, system, sessions=2)
    assert propagate.amounts(system, forcing, made_up.grid(rng, until_min=made_up.WEEK_MIN, count=40)).min() >= 0


@settings(max_examples=12, deadline=None)
@given(SEEDS)
def test_what_has_entered_is_somewhere(rng):
    system = made_up.lognormal_system(rng, 2, sink=True, fastest=10)
    forcing = made_up.regimen(rng, system)
    entered = forcing.bolus_mg.sum() + (forcing.rate_mg_per_min[:, :-1].sum(axis=2) * np.diff(forcing.at_min)).sum()
    last = propagate.amounts(system, forcing, [forcing.at_min[-1] + 5000.0])[:, 0]
    np.testing.assert_allclose(last[:, :-1].sum(axis=1), entered, rtol=1e-12)


@settings(max_examples=10, deadline=None)
@given(SEEDS)
def test_subjects_do_not_feel_each_other(rng):
    system = made_up.lognormal_system(rng, propagate.BLOCK + 3)
    forcing = made_up.regimen(rng, system)
    times = made_up.grid(rng, count=3)
    together = propagate.amounts(system, forcing, times)
    for subject in (0, propagate.BLOCK + 2):
        alone = replace(
            system,
            rates_per_min=system.rates_per_min[subject : subject + 1],
            readout=system.readout[subject : subject + 1],
        )
        # Steps are cut to the fastest rate of a block, so what is far below the peak may differ in its last digits.
        found, expected = together[subject], propagate.amounts(alone, forcing, times)[0]
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14 * expected.max())


@settings(max_examples=12, deadline=None)
@given(SEEDS)
def test_a_moment_at_which_nothing_changes_changes_nothing(rng):
    system = made_up.lognormal_system(rng, 2)
    forcing = made_up.regimen(rng, system)
    times = made_up.grid(rng)
    k = forcing.at_min.size - 1
    cut = Forcing(
        at_min=np.append(forcing.at_min, forcing.at_min[-1] + 7.25),
        bolus_mg=np.append(forcing.bolus_mg, 0 * forcing.bolus_mg[:, :1], axis=1),
        rate_mg_per_min=np.append(forcing.rate_mg_per_min, forcing.rate_mg_per_min[:, k:], axis=1),
    )
    whole = propagate.amounts(system, forcing, times)
    assert error(propagate.amounts(system, cut, times)[0], whole[0]) <= WITHIN


def test_the_unit_of_the_effect_site_costs_no_digits():
    """1.3e-12 when its large number in K was taken for a rate: a small volume, asked for after 360 lifetimes."""
    names, flows = ("central", "depot_0", "effect_site"), [("central", ""), ("depot_0", "central")]
    rates = np.full((1, 2), 0.1442329)
    system = made_up.system(names, flows, rates, np.full(1, 0.0112), rates[:, 0])
    forcing = made_up.regimen(np.random.default_rng(4), system)
    times = np.array([2520.0, 2530])
    assert error(propagate.amounts(system, forcing, times)[0], exact.amounts(system, forcing, times)) <= 1e-14


def test_the_first_that_comes_through_several_compartments_keeps_its_digits():
    """1.6e-12 when a short step was given fewer terms: what is two compartments away is of its third power."""
    names = ("central", "depot_0", "depot_1", "effect_site")
    flows = [("central", ""), ("depot_0", "central"), ("depot_1", "depot_0")]
    rates = np.full((1, 3), 6e-4)
    system = made_up.system(names, flows, rates, np.full(1, 0.2), rates[:, 0])
    rate = np.zeros((1, 1, 4))
    rate[0, 0, 2] = 1.0
    forcing = Forcing(at_min=np.zeros(1), bolus_mg=np.zeros_like(rate), rate_mg_per_min=rate)
    times = np.array([0.42])
    assert error(propagate.amounts(system, forcing, times)[0], exact.amounts(system, forcing, times)) <= 1e-14


def test_steps_of_one_length_and_of_many_come_to_the_same():
    """The first are passed by an exponential of their own, the others by the ladder."""
    system = made_up.lognormal_system(np.random.default_rng(8), 3, fastest=10)
    forcing = made_up.regimen(np.random.default_rng(9), system)
    even = np.linspace(0, made_up.DAY_MIN, 4 * propagate.OFTEN)
    uneven = np.sort(np.append(even, np.random.default_rng(10).uniform(0, made_up.DAY_MIN, even.size)))
    found = propagate.amounts(system, forcing, uneven)[:, np.searchsorted(uneven, even)]
    np.testing.assert_allclose(found, propagate.amounts(system, forcing, even), rtol=1e-13, atol=1e-30)


def test_a_push_of_30_s_is_not_stepped_over_in_a_day():
    system, forcing = one_compartment(rate=1e-3, at=(700.0, 700.5), bolus=(0.0, 0.0), infused=(70.0, 0.0))
    found = propagate.amounts(system, forcing, [0.0, 1440.0])[0, :, 0]
    expected = 70 / 1e-3 * -np.expm1(-0.5e-3) * np.exp(-1e-3 * 739.5)
    np.testing.assert_allclose(found, [0.0, expected], rtol=1e-13)


def test_a_dose_is_in_at_its_moment_and_not_before():
    system, forcing = one_compartment(at=(10.0, 20.0), bolus=(100.0, 50.0), infused=(0.0, 0.0))
    found = propagate.amounts(system, forcing, [np.nextafter(10.0, 0), 10.0, np.nextafter(20.0, 0), 20.0])[0, :, 0]
    np.testing.assert_allclose(found, [0.0, 100.0, 100 * np.exp(-0.2), 50 + 100 * np.exp(-0.2)], rtol=1e-13)


def test_a_rate_goes_on_after_the_last_moment():
    system, forcing = one_compartment(bolus=(0.0,), infused=(2.0,))
    np.testing.assert_allclose(propagate.amounts(system, forcing, [1e5])[0, 0], 2 / 0.02, rtol=1e-13)


def test_nothing_entering_leaves_nothing():
    system, forcing = one_compartment(at=(), bolus=(), infused=())
    assert not propagate.amounts(system, forcing, [0.0, 1.0]).any()


def test_times_may_come_in_any_order_and_twice():
    system, forcing = one_compartment()
    found = propagate.amounts(system, forcing, [50.0, 0.0, 50.0, 25.0])[0, :, 0]
    np.testing.assert_allclose(found, 100 * np.exp(-0.02 * np.array([50.0, 0.0, 50.0, 25.0])), rtol=1e-13)


@pytest.mark.parametrize(
    "times", [[], [np.nan], [np.inf], [-1.0], [[1.0, 2.0]], 3.0, ["soon"], None, [1.0, None]], ids=str
)
def test_times_that_are_none_are_refused_by_name(times):
    with pytest.raises(OutOfRange, match="t_min"):
        propagate.amounts(*one_compartment(), times)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("at_min", np.array([np.nan])),
        ("at_min", np.array([[0.0]])),
        ("bolus_mg", np.array([[[np.inf]]])),
        ("bolus_mg", np.zeros((2, 1, 1))),
        ("rate_mg_per_min", np.zeros((1, 2, 1))),
        ("rate_mg_per_min", np.array([[[np.nan]]])),
    ],
)
def test_a_forcing_that_does_not_fit_is_refused_by_name(place, value):
    system, forcing = one_compartment()
    with pytest.raises(OutOfRange, match=place):
        propagate.amounts(system, replace(forcing, **{place: value}), [1.0])


def test_moments_out_of_order_or_twice_are_refused():
    for at in ((5.0, 1.0), (1.0, 1.0)):
        with pytest.raises(OutOfRange, match=r"forcing\.at_min"):
            propagate.amounts(*one_compartment(at=at, bolus=(1.0, 1.0), infused=(0.0, 0.0)), [1.0])


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("rates_per_min", np.zeros((1, 2, 2))),
        ("rates_per_min", np.full((1, 1, 1), np.nan)),
        ("rates_per_min", np.zeros((0, 1, 1))),
        ("readout", np.zeros((1, 2, 1))),
        ("readout", np.full((1, 1, 1), np.inf)),
    ],
)
def test_a_system_that_does_not_fit_is_refused_by_name(place, value):
    system, forcing = one_compartment()
    with pytest.raises(OutOfRange, match=place):
        propagate.amounts(replace(system, **{place: value}), forcing, [1.0])


def test_every_problem_is_said_at_once():
    system, forcing = one_compartment()
    with pytest.raises(OutOfRange) as refused:
        propagate.amounts(replace(system, readout=np.zeros((1, 2, 1))), forcing, [np.nan])
    assert {problem.place for problem in refused.value.problems} == {"t_min", "system.readout"}
