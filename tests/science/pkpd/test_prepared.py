"""The prepared solver against 50 digits, against the exact way, and where it must hand a question on."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings

from ketacare.science.errors import OutOfRange
from ketacare.science.pkpd.solving import modes
from ketacare.science.pkpd.solving.prepared import FEW, prepare
from ketacare.science.pkpd.solving.system import Forcing, System
from tests.science.pkpd import exact, made_up
from tests.science.pkpd.test_fused import needs_numba
from tests.science.pkpd.test_modes import GAPS, SEEDS, WITHIN, at_once, by_propagating, error, infused


def numbers(system: System, forcing: Forcing):
    return system.rates_per_min, system.readout, forcing.bolus_mg, forcing.rate_mg_per_min


def asked(system: System, forcing: Forcing, times, *, engine="numba"):
    return prepare(system, forcing, times, engine=engine)(*numbers(system, forcing))


@pytest.fixture
def only_itself(monkeypatch):
    """Fail where a question is handed on."""

    def refuse(*_args, **_named):
        raise AssertionError("handed on")

    monkeypatch.setattr(modes, "curves", refuse)


@needs_numba
@settings(max_examples=12, deadline=None)
@given(SEEDS)
def test_prepared_curves_agree_with_fifty_digits(rng):
    system = made_up.lognormal_system(rng, 1, sink=bool(rng.integers(2)))
    forcing = made_up.regimen(rng, system)
    times = made_up.grid(rng)
    assert error(asked(system, forcing, times)[:, :, 0], exact.curves(system, forcing, times)) <= WITHIN


@needs_numba
@settings(max_examples=15, deadline=None)
@given(SEEDS)
def test_prepared_curves_agree_with_the_exact_way(rng):
    system = made_up.lognormal_system(rng, 5, sink=bool(rng.integers(2)), fastest=float(rng.choice([0.5, 5, 60])))
    forcing = made_up.regimen(rng, system, sessions=int(rng.integers(1, 5)))
    until = float(rng.choice([made_up.DAY_MIN, 3 * made_up.WEEK_MIN]))
    times = made_up.grid(rng, until_min=until, count=int(rng.choice([1, 60, 600])))
    assert error(asked(system, forcing, times), by_propagating(system, forcing, times)) <= WITHIN


@needs_numba
@example(np.random.default_rng(12385))
@settings(max_examples=8, deadline=None)
@given(SEEDS)
def test_who_has_rates_too_near_each_other_is_handed_on(rng):
    """ke0 or the metabolite's rate is put at every distance from a pole of the central block."""
    names = ("central", "peripheral_0", "peripheral_1", "metabolite", "effect_site")
    flows = [("central", ""), ("central", "metabolite"), ("central", "peripheral_0"), ("peripheral_0", "central")]
    flows += [("central", "peripheral_1"), ("peripheral_1", "central"), ("metabolite", "")]
    rates, volumes = np.tile(10 ** rng.uniform(-3, 0, len(flows)), (len(GAPS), 1)), np.full(len(GAPS), 20.0)
    near = np.full(len(GAPS), 0.114)
    pole = -np.linalg.eigvals(made_up.system(names, flows, rates, volumes, near).rates_per_min[0, :3, :3]).real[0]
    own = pole * (1 + rng.choice([-1, 1]) * np.array(GAPS))
    rates[:, -1], near = (own, near) if rng.integers(2) else (rates[:, -1], own)
    system = made_up.system(names, flows, rates, volumes, near)
    times = made_up.grid(rng, count=8)
    for forcing in (at_once(system), infused(system)):
        found = asked(system, forcing, times)
        assert error(found, by_propagating(system, forcing, times)) <= WITHIN
        subject = int(rng.integers(len(GAPS)))
        assert error(found[:, :, subject], exact.curves(system, forcing, times, subject=subject)) <= WITHIN


@needs_numba
@pytest.mark.usefixtures("only_itself")
def test_other_numbers_at_the_same_moments_take_one_compiled_call():
    rng = np.random.default_rng(2)
    first, *others = (made_up.lognormal_system(np.random.default_rng(3), count) for count in (1, 1, 3, FEW))
    forcing, times = infused(first), made_up.grid(rng, count=300)
    ask = prepare(first, forcing, times, engine="numba")
    for other in others:
        other.rates_per_min[:] *= rng.uniform(0.9, 1)
        found = ask(*numbers(other, forcing))
        assert found.shape == (len(other.outputs), times.size, len(other.rates_per_min))
        assert error(found, by_propagating(other, forcing, times)) <= WITHIN


@needs_numba
@pytest.mark.usefixtures("only_itself")
def test_what_may_grow_for_ever_needs_nobody_else():
    """A sink that is read out and that something flows into: a rate of 0."""
    flows = [("central", "eliminated")]
    names = ("central", "eliminated", "effect_site")
    system = made_up.system(names, flows, np.full((1, 1), 0.02), np.full(1, 20.0), np.full(1, 0.1))
    system.readout[:, 1] = [[0.0, 1.0, 0.0]]
    forcing = infused(system)
    forcing.rate_mg_per_min[:, 1, 1] = 0.5
    times = np.linspace(0, 5000, 600)
    assert error(asked(system, forcing, times), by_propagating(system, forcing, times)) <= WITHIN


@needs_numba
def test_a_number_where_the_prepared_structure_has_none_is_answered_rightly():
    system = made_up.lognormal_system(np.random.default_rng(9), 2)
    n = len(system.compartments)
    forcing, times = infused(system), np.linspace(0, 300, 20)
    ask = prepare(system, forcing, times, engine="numba")
    slower = replace(system, rates_per_min=system.rates_per_min.copy())
    slower.rates_per_min[1, 0, n - 1], slower.rates_per_min[1, n - 1, n - 1] = 0.01, -0.2
    seen = replace(system, readout=system.readout + 0.001)
    elsewhere = replace(forcing, bolus_mg=forcing.bolus_mg + 1)
    for one, given_now in ((slower, forcing), (seen, forcing), (system, elsewhere)):
        found = ask(*numbers(one, given_now))
        assert error(found, by_propagating(one, given_now, times)) <= WITHIN


@needs_numba
def test_arrays_of_other_kinds_are_answered_too():
    system = made_up.lognormal_system(np.random.default_rng(9), 2)
    forcing, times = infused(system), np.linspace(0, 300, 20)
    ask = prepare(system, forcing, times, engine="numba")
    expected = ask(*numbers(system, forcing))
    still = system.rates_per_min.copy()
    still.setflags(write=False)
    for rates in (still, np.asfortranarray(still), np.repeat(still, 2, axis=2)[:, :, ::2]):
        assert error(ask(rates, *numbers(system, forcing)[1:]), expected) <= WITHIN


@pytest.mark.parametrize("engine", [None, pytest.param("numba", marks=needs_numba)])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(
    "place", ["system.rates_per_min", "system.readout", "forcing.bolus_mg", "forcing.rate_mg_per_min"]
)
def test_what_is_no_number_is_refused_by_name(place, bad, engine):
    system = made_up.lognormal_system(np.random.default_rng(5), 2)
    forcing = infused(system)
    ask = prepare(system, forcing, [1.0, 50.0], engine=engine)
    places = ("system.rates_per_min", "system.readout", "forcing.bolus_mg", "forcing.rate_mg_per_min")
    given_now = {name: one.copy() for name, one in zip(places, numbers(system, forcing), strict=True)}
    given_now[place][-1, -1, 0] = bad
    with pytest.raises(OutOfRange, match=place):
        ask(*given_now.values())


@pytest.mark.parametrize("engine", [None, pytest.param("numba", marks=needs_numba)])
def test_shapes_that_do_not_fit_are_refused_by_name(engine):
    system = made_up.lognormal_system(np.random.default_rng(5), 2)
    forcing = infused(system)
    ask = prepare(system, forcing, [1.0, 50.0], engine=engine)
    rates, readout, bolus, rate = numbers(system, forcing)
    with pytest.raises(OutOfRange, match="readout"):
        ask(rates, readout[:1], bolus, rate)
    with pytest.raises(OutOfRange, match="rates_per_min"):
        ask(rates[:0], readout[:0], bolus, rate)
    with pytest.raises(OutOfRange, match="bolus_mg"):
        ask(rates, readout, bolus[:, :1], rate)
    with pytest.raises(OutOfRange, match="rate_mg_per_min"):
        ask(rates, readout, bolus, np.concatenate([rate] * 3))


def test_times_that_are_none_are_refused_when_prepared():
    system = made_up.lognormal_system(np.random.default_rng(5), 1)
    with pytest.raises(OutOfRange, match="t_min"):
        prepare(system, infused(system), [np.nan])


@pytest.mark.parametrize("engine", [None, pytest.param("numba", marks=needs_numba)])
def test_more_than_a_few_and_blocks_of_four_are_handed_on_bit_for_bit(engine):
    many = made_up.lognormal_system(np.random.default_rng(6), FEW + 1)
    names = ("central", "peripheral_0", "peripheral_1", "liver", "effect_site")
    flows = [("central", name) for name in names[1:4]] + [(name, "central") for name in names[1:4]] + [("liver", "")]
    four = made_up.system(names, flows, np.full((1, 7), 0.1) * np.arange(1, 8), np.full(1, 20.0), np.full(1, 0.114))
    for system in (many, four):
        forcing, times = infused(system), np.linspace(0, 600, 20)
        np.testing.assert_array_equal(
            asked(system, forcing, times, engine=engine), modes.curves(system, forcing, times, engine=engine)
        )


@needs_numba
def test_prepared_times_may_come_in_any_order_and_twice_and_change_no_more():
    system = made_up.lognormal_system(np.random.default_rng(3), 2)
    forcing = infused(system)
    mixed, ordered = np.array([50.0, 0.0, 50.0, 25.0]), np.array([0.0, 25.0, 50.0])
    ask = prepare(system, forcing, mixed, engine="numba")
    mixed[:], forcing.at_min[0] = 7.0, -1.0
    found, expected = ask(*numbers(system, forcing)), asked(system, infused(system), ordered)
    assert error(found, expected[:, [2, 0, 2, 1]]) <= WITHIN


@needs_numba
def test_nothing_is_there_without_a_dose_or_before_it():
    system = made_up.lognormal_system(np.random.default_rng(4), 2)
    nothing = np.zeros((1, 0, len(system.compartments)))
    assert not asked(system, Forcing(at_min=np.empty(0), bolus_mg=nothing, rate_mg_per_min=nothing), [5.0]).any()
    assert not asked(system, at_once(system, mg=0.0), np.linspace(0, 50, 300)).any()
    later = replace(at_once(system), at_min=np.array([10.0]))
    found = asked(system, later, [0.0, np.nextafter(10.0, 0), 10.0])
    assert not found[:, :2].any()
    assert found[0, 2].all()


@needs_numba
def test_threads_share_one_prepared_solver_and_get_the_same_bits():
    system = made_up.lognormal_system(np.random.default_rng(8), 4)
    forcing = infused(system)
    ask = prepare(system, forcing, np.linspace(0, 600, 200), engine="numba")
    alone = [ask(system.rates_per_min[[n]], system.readout[[n]], *numbers(system, forcing)[2:]) for n in range(4)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda _: ask(*numbers(system, forcing)), range(40)))
    for found in together:
        np.testing.assert_array_equal(found, np.concatenate(alone, axis=2))
