"""The compiled sums against numpy's, which are held to 50 digits elsewhere; and the refusal where they are not installed."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from ketacare.science.errors import OutOfRange
from ketacare.science.pkpd.solving import kernels, modes
from ketacare.science.pkpd.solving.prepared import prepare
from tests.science.pkpd import exact, made_up
from tests.science.pkpd.test_modes import GAPS, SEEDS, WITHIN, at_once, by_propagating, error, infused

needs_numba = pytest.mark.skipif(kernels.find_spec("numba") is None, reason="numba (the extra fast) is not installed")


def both(system, forcing, times) -> float:
    return error(modes.curves(system, forcing, times, engine="numba"), modes.curves(system, forcing, times))


@needs_numba
@settings(max_examples=30, deadline=None)
@given(SEEDS)
def test_numba_and_numpy_agree(rng):
    """Few subjects are laid out by time, many by subject: both, with doses for all or for each."""
    system = made_up.lognormal_system(rng, int(rng.choice([1, 5, 140])), sink=bool(rng.integers(2)))
    forcing = made_up.regimen(rng, system, sessions=int(rng.integers(1, 4)))
    if rng.integers(2):
        scale = rng.uniform(0, 2, len(system.rates_per_min))[:, None, None]
        forcing = replace(forcing, bolus_mg=scale * forcing.bolus_mg, rate_mg_per_min=scale * forcing.rate_mg_per_min)
    until = float(rng.choice([made_up.DAY_MIN, 2 * made_up.WEEK_MIN]))
    assert both(system, forcing, made_up.grid(rng, until_min=until, count=40)) <= WITHIN


@needs_numba
@pytest.mark.parametrize("subjects", [8, 37, 131])
@pytest.mark.parametrize("count", [8, 9, 40])
def test_eights_that_are_not_full_are_written_to_their_end_and_no_further(subjects, count):
    rng = np.random.default_rng(subjects * count)
    system = made_up.lognormal_system(rng, subjects)
    forcing = infused(system)
    for times in (np.linspace(0, 600, count), np.sort(rng.uniform(0, 600, count))):
        assert both(system, forcing, times) <= WITHIN


@needs_numba
def test_numba_sends_back_whose_rates_are_too_near():
    names, flows = ("central", "peripheral_0", "metabolite", "effect_site"), [("central", ""), ("metabolite", "")]
    flows += [("central", "peripheral_0"), ("peripheral_0", "central"), ("central", "metabolite")]
    rates = np.tile([0.03, 0.012, 0.08, 0.05, 0.04], (len(GAPS), 1))
    block = made_up.system(names, flows, rates, np.full(len(GAPS), 20.0), np.full(len(GAPS), 0.1)).rates_per_min
    rates[:, 1] = -np.linalg.eigvals(block[0, :2, :2]).real[0] * (1 + np.array(GAPS))
    system = made_up.system(names, flows, rates, np.full(len(GAPS), 20.0), np.full(len(GAPS), 0.1))
    times = np.linspace(0, 1440, 30)
    for forcing in (at_once(system), infused(system)):
        found = modes.curves(system, forcing, times, engine="numba")
        assert error(found, by_propagating(system, forcing, times)) <= WITHIN


@needs_numba
@pytest.mark.parametrize("subjects", [1, len(GAPS)])
def test_rates_too_near_for_plain_floats_stay_in_compiled_code(subjects, monkeypatch):
    """Pairs of floats keep enough digits down to gaps of 1e-13; nobody is left to numpy's wide floats."""
    monkeypatch.setattr(modes, "_again_wider", None)
    names, flows = ("central", "peripheral_0", "peripheral_1", "metabolite", "effect_site"), [("central", "")]
    flows += [("central", "peripheral_0"), ("peripheral_0", "central"), ("central", "peripheral_1")]
    flows += [("peripheral_1", "central"), ("central", "metabolite"), ("metabolite", "")]
    rates = np.tile([0.03, 0.08, 0.05, 0.02, 0.004, 0.04, 0.0], (subjects, 1))
    plain = made_up.system(names, flows, rates, np.full(subjects, 20.0), np.full(subjects, 0.1)).rates_per_min
    gaps = np.maximum(GAPS[::-1][-subjects:], 1e-13)
    rates[:, -1] = -np.linalg.eigvals(plain[0, :3, :3]).real.max() * (1 + gaps)
    system = made_up.system(names, flows, rates, np.full(subjects, 20.0), np.full(subjects, 0.1))
    times = np.linspace(0, 1440, 30)
    for forcing in (at_once(system), infused(system)):
        found = modes.curves(system, forcing, times, engine="numba")
        for subject in range(0, subjects, 5):
            assert error(found[:, :, subject], exact.curves(system, forcing, times, subject=subject)) <= WITHIN


@needs_numba
@pytest.mark.parametrize("subjects", [1, 20])
def test_what_is_next_to_nothing_keeps_its_digits(subjects):
    """exp(-710) is no normal number any more: what is asked about so late is all that there is."""
    names, flows = ("central", "peripheral_0", "effect_site"), [("central", "")]
    flows += [("central", "peripheral_0"), ("peripheral_0", "central")]
    rates, each = np.tile([1.0, 0.5, 4.0], (subjects, 1)), np.full(subjects, 20.0)
    system = made_up.system(names, flows, rates, each, np.full(subjects, 2.0))
    forcing, times = at_once(system), np.linspace(805, 815, 12)
    expected = exact.curves(system, forcing, times)
    assert 0 < expected.max() < 1e-290
    prepared = prepare(system, forcing, times, engine="numba")
    numbers = system.rates_per_min, system.readout, forcing.bolus_mg, forcing.rate_mg_per_min
    for found in (modes.curves(system, forcing, times, engine="numba"), prepared(*numbers)):
        assert error(found[:, :, 0], expected) <= WITHIN


@needs_numba
@pytest.mark.parametrize("subjects", [2, 20])
def test_numba_fills_a_sink(subjects):
    system = made_up.system(
        ("central", "eliminated", "effect_site"),
        [("central", "eliminated")],
        np.full((subjects, 1), 0.02),
        np.full(subjects, 20.0),
        np.full(subjects, 0.1),
    )
    system.readout[:, 1] = [[0.0, 1.0, 0.0]]
    forcing = infused(system)
    forcing.rate_mg_per_min[:, 1, 1] = 0.5  # into the sink itself, for ever
    assert both(system, forcing, np.linspace(0, 5000, 60)) <= WITHIN


@needs_numba
def test_numba_leaves_blocks_of_four_to_numpy():
    names = ("central", "peripheral_0", "peripheral_1", "liver", "effect_site")
    flows = [("central", name) for name in names[1:4]] + [(name, "central") for name in names[1:4]] + [("liver", "")]
    rates = np.tile([0.3, 0.1, 0.2, 0.2, 0.01, 0.4, 0.1], (3, 1))
    system = made_up.system(names, flows, rates, np.full(3, 20.0), np.full(3, 0.114))
    assert both(system, infused(system), np.linspace(0, 600, 20)) == 0


@needs_numba
def test_threads_do_not_change_a_bit():
    rng = np.random.default_rng(11)
    system = made_up.lognormal_system(rng, modes.JOB + 40)
    forcing, times = infused(system), np.linspace(0, 600, 30)
    one, two = (modes.curves(system, forcing, times, engine="numba", threads=threads) for threads in (1, 2))
    np.testing.assert_array_equal(one, two)


def test_an_engine_that_is_not_there_is_refused_by_name(monkeypatch):
    system = made_up.lognormal_system(np.random.default_rng(5), 1)
    with pytest.raises(OutOfRange, match="engine"):
        modes.curves(system, at_once(system), [1.0], engine="fortran")
    monkeypatch.setattr(kernels, "find_spec", lambda _name: None)
    with pytest.raises(OutOfRange, match="engine"):
        modes.curves(system, at_once(system), [1.0], engine="numba")
