"""Made-up monitors: plausible, repeatable, and troubled now and then in the ways that the room must cope with."""

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ketacare.science.monitoring.parameters import measured, problems_with
from ketacare.science.monitoring.simulated import patient, shown, simulated_rooms

SEEDS = st.integers(min_value=0, max_value=2**32 - 1)


def hour(seed: int, *, rise_mmhg: float = 0.0, seconds: int = 3600) -> list[dict[str, float]]:
    person = patient(np.random.default_rng(seed))
    return [shown(person, second=second, rise_mmhg=rise_mmhg, diastolic_share=0.7, hour=9) for second in range(seconds)]


def test_the_same_seed_gives_the_same_hour_and_another_seed_another():
    assert hour(1) == hour(1)
    assert hour(1) != hour(2)


@settings(max_examples=15)
@given(SEEDS)
def test_everything_shown_may_be_charted(seed):
    for values in hour(seed, rise_mmhg=20, seconds=900):
        assert values
        assert not problems_with(values, measured("reading"))


def test_the_cuff_has_its_own_cadence_and_measures_both_pressures():
    seconds = [second for second, values in enumerate(hour(3)) if "bp_sys" in values]
    assert {b - a for a, b in itertools.pairwise(seconds)} == {simulated_rooms().cuff.every_s}
    assert all({"bp_sys", "bp_dia"} <= hour(3)[second].keys() for second in seconds)


def test_each_kind_of_trouble_happens_and_shows_as_it_should():
    seen = {"probe off": 0, "artefact": 0, "breathing": 0}
    for seed in range(12):
        for values in hour(seed):
            seen["probe off"] += "spo2" not in values and "pulse_rate" not in values
            if values["heart_rate"] == simulated_rooms().events["artefact"].heart_rate:
                seen["artefact"] += 1
                assert values.get("pulse_rate", 60) > 40, "an artefact has a good pulse"
            seen["breathing"] += values["resp_rate"] == simulated_rooms().events["breathing"].resp_rate
    assert all(seen.values()), seen


def test_saturation_follows_breathing_with_a_delay():
    event = simulated_rooms().events["breathing"]
    for seed in range(30):
        values = hour(seed)
        slow = [second for second, one in enumerate(values) if one["resp_rate"] == event.resp_rate]
        long_ones = [second for second in slow if second - 40 in slow and "spo2" in values[second]]
        if long_ones:
            before = next(values[s]["spo2"] for s in range(slow[0], -1, -1) if "spo2" in values[s])
            assert values[long_ones[0]]["spo2"] <= before - event.spo2_falls_by + 3
            return
    raise AssertionError("nobody breathed slowly")


def test_people_rise_in_proportion_to_the_drug_each_by_a_factor_of_their_own():
    """The same seed draws the same noise, so the difference is the drug's alone."""
    risen = []
    for seed in range(40):
        rest, high = hour(seed, seconds=301), hour(seed, rise_mmhg=100, seconds=301)
        second = next(second for second, values in enumerate(rest) if "bp_sys" in values)
        risen.append((high[second]["bp_sys"] - rest[second]["bp_sys"], high[second]["bp_dia"] - rest[second]["bp_dia"]))
    systolic, diastolic = np.array(risen).T
    assert 60 < np.median(systolic) < 160
    assert systolic.std() > 10
    assert np.allclose(diastolic, 0.7 * systolic, atol=1.5)
