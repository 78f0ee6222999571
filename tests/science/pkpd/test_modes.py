from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ketacare.science.errors import OutOfRange
from ketacare.science.pkpd.solving import modes, propagate
from ketacare.science.pkpd.solving.system import Forcing
from tests.science.pkpd import exact, made_up

SEEDS = st.integers(0, 2**32 - 1).map(np.random.default_rng)
WITHIN = 1e-12  # of the largest value of each curve
FEW = modes.FEW
GAPS = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-11, 1e-12, 1e-13, 1e-14, 1e-15, 0)


@pytest.fixture(autouse=True, scope="module")
def _plain_floats_first():
    """As for many subjects: only the doubtful are solved in wide floats."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(modes, "FEW", 0)
        yield


def error(found, expected) -> float:
    """The largest error of a curve, of its peak; both of shape (o, t, ...)."""
    peak = np.abs(expected).max(axis=1, keepdims=True)
    return float((np.abs(found - expected) / np.where(peak > 0, peak, 1)).max())


def by_propagating(system, forcing, times):
    return np.einsum("son,stn->ots", system.readout, propagate.amounts(system, forcing, times))


def at_once(system, compartment="central", mg=35.0) -> Forcing:
    bolus = np.zeros((1, 1, len(system.compartments)))
    bolus[0, 0, system.compartments.index(compartment)] = mg
    return Forcing(at_min=np.zeros(1), bolus_mg=bolus, rate_mg_per_min=np.zeros_like(bolus))


def infused(system, *, minutes=40.0, mg=35.0, compartment="central") -> Forcing:
    rate = np.zeros((1, 2, len(system.compartments)))
    rate[0, 0, system.compartments.index(compartment)] = mg / minutes
    return Forcing(at_min=np.array([0.0, minutes]), bolus_mg=np.zeros_like(rate), rate_mg_per_min=rate)


@settings(max_examples=25, deadline=None)
@given(SEEDS)
def test_curves_agree_with_fifty_digits(rng):
    system = made_up.lognormal_system(rng, 1, sink=bool(rng.integers(2)))
    forcing = made_up.regimen(rng, system)
    times = made_up.grid(rng)
    assert error(modes.curves(system, forcing, times)[:, :, 0], exact.curves(system, forcing, times)) <= WITHIN


@settings(max_examples=25, deadline=None)
@given(SEEDS)
def test_both_ways_of_solving_agree(rng):
    system = made_up.lognormal_system(rng, 5, sink=bool(rng.integers(2)), fastest=float(rng.choice([0.5, 5, 60])))
    forcing = made_up.regimen(rng, system, sessions=int(rng.integers(1, 5)))
    times = made_up.grid(rng, until_min=float(rng.choice([made_up.DAY_MIN, 3 * made_up.WEEK_MIN])), count=60)
    assert error(modes.curves(system, forcing, times), by_propagating(system, forcing, times)) <= WITHIN


NEAR = {
    "ke0 near the metabolite's rate, which do not meet": [("metabolite", ""), "ke0"],
    "two transit compartments": [("depot_1", "depot_0"), ("depot_0", "central")],
    "metabolite near a peripheral's rate": [("metabolite", ""), ("peripheral_0", "central")],
    "two peripherals of one speed": [("peripheral_0", "central"), ("peripheral_1", "central")],
}


@pytest.mark.parametrize("few", [0, FEW])
@pytest.mark.parametrize("pair", NEAR.values(), ids=NEAR)
def test_rates_equal_and_nearly_equal_keep_their_digits(pair, few, monkeypatch):
    """One subject for each gap, from a tenth to none."""
    monkeypatch.setattr(modes, "FEW", few)
    names = ("central", "peripheral_0", "peripheral_1", "depot_0", "depot_1", "metabolite", "effect_site")
    rates = {
        ("central", ""): 0.03,
        ("central", "peripheral_0"): 0.08,
        ("peripheral_0", "central"): 0.05,
        ("central", "peripheral_1"): 0.02,
        ("peripheral_1", "central"): 0.004,
        ("depot_1", "depot_0"): 0.11,
        ("depot_0", "central"): 0.3,
        ("central", "metabolite"): 0.04,
        ("metabolite", ""): 0.012,
        "ke0": 0.114,
    }
    one, other = pair
    each = [rates | {other: rates[one] * (1 + gap)} for gap in GAPS]
    flows = [flow for flow in rates if flow != "ke0"]
    system = made_up.system(
        names,
        flows,
        np.array([[made[flow] for flow in flows] for made in each]),
        np.full(len(GAPS), 20.0),
        np.array([made["ke0"] for made in each]),
    )
    times = np.array([0.0, 1, 5, 20, 39.5, 40, 41, 60, 120, 480, 1440])
    for forcing in (at_once(system, "depot_1"), infused(system)):
        found = modes.curves(system, forcing, times)
        assert error(found, by_propagating(system, forcing, times)) <= WITHIN
        for subject in (3, 8, 14):
            assert error(found[:, :, subject], exact.curves(system, forcing, times, subject=subject)) <= WITHIN


@example(np.random.default_rng(12385))  # 2.7e-12 where the bound took the error for less
@settings(max_examples=12, deadline=None)
@given(SEEDS)
def test_a_pole_beside_another_blocks_pole_keeps_its_digits(rng):
    """ke0 and the metabolite's rate are put at every distance from each pole of the central block."""
    names = ("central", "peripheral_0", "peripheral_1", "metabolite", "effect_site")
    flows = [("central", ""), ("central", "metabolite"), ("central", "peripheral_0"), ("peripheral_0", "central")]
    flows += [("central", "peripheral_1"), ("peripheral_1", "central"), ("metabolite", "")]
    rates = np.tile(10 ** rng.uniform(-3, 0, len(flows)), (len(GAPS), 1))
    volumes = np.full(len(GAPS), 20.0)
    plain = made_up.system(names, flows, rates, volumes, np.full(len(GAPS), 0.114))
    pole = -np.linalg.eigvals(plain.rates_per_min[0, :3, :3]).real[rng.integers(0, 3)]
    near = pole * (1 + rng.choice([-1, 1]) * np.array(GAPS))
    if rng.integers(2):
        rates[:, -1], near = near, np.full(len(GAPS), 0.114)
    system = made_up.system(names, flows, rates, volumes, near)
    times = made_up.grid(rng, count=8)
    for forcing in (at_once(system), infused(system)):
        found = modes.curves(system, forcing, times)
        assert error(found, by_propagating(system, forcing, times)) <= WITHIN
        subject = int(rng.integers(len(GAPS)))
        assert error(found[:, :, subject], exact.curves(system, forcing, times, subject=subject)) <= WITHIN


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_equal_poles_of_parts_that_are_not_coupled_do_not_meet(rng):
    """Two copies side by side, as the halves of a racemate: twice one curve, and nobody is solved again."""
    one = made_up.lognormal_system(rng, 3)
    n = len(one.compartments)
    rates = np.zeros((3, 2 * n, 2 * n))
    rates[:, :n, :n] = rates[:, n:, n:] = one.rates_per_min
    both = replace(
        one,
        compartments=(*(f"{name}_r" for name in one.compartments), *one.compartments),
        rates_per_min=rates,
        readout=np.concatenate([one.readout, one.readout], axis=2),
    )
    half = made_up.regimen(rng, one)
    twice = Forcing(
        at_min=half.at_min,
        bolus_mg=np.concatenate([half.bolus_mg] * 2, axis=2),
        rate_mg_per_min=np.concatenate([half.rate_mg_per_min] * 2, axis=2),
    )
    times = made_up.grid(rng)
    assert error(modes.curves(both, twice, times), 2 * modes.curves(one, half, times)) <= WITHIN


def test_a_few_subjects_are_solved_once_however_near_their_rates(monkeypatch):
    monkeypatch.setattr(modes, "FEW", FEW)
    passes, solve = [], modes._by_modes
    monkeypatch.setattr(modes, "_by_modes", lambda found, *given: (passes.append(found.dtype), solve(found, *given))[1])
    flows = [("central", "metabolite"), ("metabolite", "")]
    rates = np.array([[0.05, 0.05 * (1 + 1e-4)], [0.05, 0.01]])
    system = made_up.system(("central", "metabolite", "effect_site"), flows, rates, np.full(2, 20.0), np.full(2, 0.4))
    times = np.linspace(0, 600, 50)
    found = modes.curves(system, at_once(system), times)
    assert passes == [np.longdouble]
    for subject in range(2):
        assert error(found[:, :, subject], exact.curves(system, at_once(system), times, subject=subject)) <= WITHIN


def test_nobody_is_solved_again_whose_rates_are_well_apart(monkeypatch):
    def refuse(*_args):
        raise AssertionError("solved again")

    monkeypatch.setattr(modes, "amounts", refuse)
    rates = np.array([[0.03, 0.08, 0.05]])
    flows = [("central", ""), ("central", "peripheral_0"), ("peripheral_0", "central")]
    system = made_up.system(("central", "peripheral_0", "effect_site"), flows, rates, np.full(1, 20.0), np.full(1, 0.4))
    racemate = replace(
        system,
        compartments=("central_r", "peripheral_r", "central", "peripheral", "effect_site"),
        rates_per_min=_side_by_side(system.rates_per_min),
        readout=np.concatenate([system.readout[:, :, :2], system.readout], axis=2),
    )
    forcing = at_once(racemate, "central_r")
    forcing.bolus_mg[0, 0, 2] = 35.0
    times = np.linspace(0, 600, 50)
    found = modes.curves(racemate, forcing, times)[:, :, 0]
    assert error(found, exact.curves(racemate, forcing, times)) <= WITHIN


def _side_by_side(rates):
    """Put the block twice before one effect site that both feed."""
    both = np.zeros((len(rates), 5, 5))
    both[:, :2, :2] = rates[:, :2, :2]
    both[:, 2:, 2:] = rates
    both[:, 4, 0] = rates[:, 2, 0]
    return both


def test_a_sink_that_is_read_out_fills():
    names, flows = ("central", "eliminated", "effect_site"), [("central", "eliminated")]
    system = made_up.system(names, flows, np.array([[0.02]]), np.full(1, 20.0), np.full(1, 0.1))
    system.readout[:, 1] = [[0.0, 1.0, 0.0]]
    forcing = infused(system)
    times = np.linspace(0, 3 * made_up.WEEK_MIN, 60)
    found = modes.curves(system, forcing, times)[:, :, 0]
    assert error(found, exact.curves(system, forcing, times)) <= WITHIN
    np.testing.assert_allclose(found[1, -1], 35.0, rtol=1e-12)


def test_what_flows_into_a_sink_for_ever_grows_for_ever():
    names, flows = ("central", "eliminated", "effect_site"), [("central", "eliminated")]
    system = made_up.system(names, flows, np.array([[0.02]]), np.full(1, 20.0), np.full(1, 0.1))
    system.readout[:, 1] = [[0.0, 1.0, 0.0]]
    forcing = at_once(system, mg=0.0)
    forcing.rate_mg_per_min[:] = [2.0, 1.0, 0.0]  # into the sink itself too
    times = np.linspace(0, 5000, 40)
    assert error(modes.curves(system, forcing, times)[:, :, 0], exact.curves(system, forcing, times)) <= WITHIN


@pytest.mark.parametrize("extra", [1, 2])
@settings(max_examples=12, deadline=None)
@given(rng=SEEDS)
def test_four_and_five_compartments_that_flow_into_each_other(extra, rng):
    names = ["central", "peripheral_0", "peripheral_1", "liver", "gut"][: 3 + extra]
    flows = [("central", name) for name in names[1:]] + [(name, "central") for name in names[1:]] + [("liver", "")]
    rates = 10 ** rng.uniform(-3, 0, len(flows)) * np.exp(0.3 * rng.standard_normal((20, len(flows))))
    system = made_up.system((*names, "effect_site"), flows, rates, np.full(20, 20.0), np.full(20, 0.114))
    forcing, times = infused(system), made_up.grid(rng, count=30)
    assert error(modes.curves(system, forcing, times), by_propagating(system, forcing, times)) <= WITHIN


def test_a_circle_that_swings_is_solved_too():
    """What flows around in one direction has eigenvalues that are not real."""
    names = ("central", "bile", "gut", "effect_site")
    flows = [("central", "bile"), ("bile", "gut"), ("gut", "central"), ("central", "")]
    system = made_up.system(names, flows, np.array([[0.1, 0.1, 0.1, 0.001]]), np.full(1, 20.0), np.full(1, 0.1))
    forcing, times = at_once(system), np.linspace(0, 300, 40)
    assert error(modes.curves(system, forcing, times)[:, :, 0], exact.curves(system, forcing, times)) <= WITHIN


def test_a_flow_that_is_nothing_for_some_subjects_only():
    names, flows = ("central", "peripheral_0", "effect_site"), [("central", ""), ("central", "peripheral_0")]
    flows.append(("peripheral_0", "central"))
    rates = np.array([[0.02, 0.1, 0.05], [0.02, 0.0, 0.05], [0.0, 0.1, 0.05], [0.02, 0.0, 0.0], [0.0, 0.0, 0.0]])
    system = made_up.system(names, flows, rates, np.full(5, 20.0), np.array([0.1, 0.1, 0.1, 0.1, 0.0]))
    times = np.linspace(0, 600, 30)
    for forcing in (at_once(system), infused(system)):
        found = modes.curves(system, forcing, times)
        for subject in range(5):
            assert error(found[:, :, subject], exact.curves(system, forcing, times, subject=subject)) <= WITHIN


@settings(max_examples=15, deadline=None)
@given(SEEDS)
def test_each_subject_gets_the_doses_of_its_own(rng):
    system = made_up.lognormal_system(rng, 4)
    forcing = made_up.regimen(rng, system)
    scale = np.array([1.0, 0.5, 2.0, 0.0])[:, None, None]
    own = replace(forcing, bolus_mg=scale * forcing.bolus_mg, rate_mg_per_min=scale * forcing.rate_mg_per_min)
    times = made_up.grid(rng)
    assert error(modes.curves(system, own, times), by_propagating(system, own, times)) <= WITHIN


@settings(max_examples=3, deadline=None)
@given(SEEDS)
def test_neither_threads_nor_company_change_a_bit(rng):
    system = made_up.lognormal_system(rng, modes.JOB + 40)
    forcing, times = made_up.regimen(rng, system), made_up.grid(rng, count=40)
    one, two = (modes.curves(system, forcing, times, threads=threads) for threads in (1, 2))
    np.testing.assert_array_equal(one, two)


def test_even_and_uneven_grids_give_the_same():
    rng = np.random.default_rng(7)
    system = made_up.lognormal_system(rng, 30)
    forcing = infused(system)
    even = np.linspace(0, made_up.WEEK_MIN, 700)
    uneven = np.sort(np.append(even, rng.uniform(0, made_up.WEEK_MIN, 50)))
    found = modes.curves(system, forcing, uneven)[:, np.searchsorted(uneven, even)]
    assert error(modes.curves(system, forcing, even), found) <= WITHIN


def test_times_may_come_in_any_order_and_twice():
    system = made_up.lognormal_system(np.random.default_rng(3), 2)
    forcing = infused(system)
    mixed, ordered = np.array([50.0, 0.0, 50.0, 25.0]), np.array([0.0, 25.0, 50.0])
    found, expected = (modes.curves(system, forcing, times) for times in (mixed, ordered))
    np.testing.assert_array_equal(found, expected[:, [2, 0, 2, 1]])


def test_nothing_is_there_before_the_first_moment_and_nothing_at_all_without_one():
    system = made_up.lognormal_system(np.random.default_rng(4), 2)
    nothing = np.zeros((1, 0, len(system.compartments)))
    assert not modes.curves(system, Forcing(at_min=np.empty(0), bolus_mg=nothing, rate_mg_per_min=nothing), [5.0]).any()
    later = replace(at_once(system), at_min=np.array([10.0]))
    found = modes.curves(system, later, [0.0, np.nextafter(10.0, 0), 10.0])
    assert not found[:, :2].any()
    assert found[0, 2].all()


@pytest.mark.parametrize("times", [[], [np.nan], [-1.0], [[1.0]], None], ids=str)
def test_times_that_are_none_are_refused_by_name(times):
    system = made_up.lognormal_system(np.random.default_rng(5), 1)
    with pytest.raises(OutOfRange, match="t_min"):
        modes.curves(system, at_once(system), times)
