"""The demo's people and bodies, which come from a seed alone."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacare.config.demo.people import body, person, place_at
from ketacare.config.demo.physiology import CALM, CUFF, DIP, PULSE, SURGE, Infused, dissociation, effect, vitals

TODAY = date(2026, 3, 2)
seeds = st.integers(0, 10**9)


def crowd(seed):
    return [person(number, seed=seed, today=TODAY) for number in range(40)]


def bodies(seed):
    return [body(key, sex=sex, seed=seed) for key in range(1, 60) for sex in ("female", "male")]


@given(seeds, st.integers(0, 500))
def test_the_same_seed_gives_the_same_person_and_body(seed, number):
    assert person(number, seed=seed, today=TODAY) == person(number, seed=seed, today=TODAY)
    assert body(number, sex="male", seed=seed) == body(number, sex="male", seed=seed)


def test_another_seed_gives_other_people_and_bodies():
    names = {seed: {(one.given_name, one.family_name) for one in crowd(seed)} for seed in (1, 2)}
    assert len(names[1] & names[2]) < 5
    assert not set(bodies(1)) & set(bodies(2))


def test_forty_people_have_forty_names_and_half_are_women():
    assert len({one.given_name for one in crowd(7)}) == 40
    assert len({one.family_name for one in crowd(7)}) == 40
    assert sum(one.sex == "female" for one in crowd(7)) == 20


@given(seeds, st.integers(0, 500), st.sampled_from(["female", "male"]))
def test_everybody_is_a_grown_up_of_ordinary_build(seed, number, sex):
    one = person(number, seed=seed, today=TODAY)
    assert 18 <= (TODAY - one.born_on).days / 365.25 < 65
    measured = body(number, sex=sex, seed=seed)
    assert 20 <= measured.weight_kg / (measured.height_cm / 100) ** 2 < 29
    assert measured.bp_dia < measured.bp_sys


def test_a_story_settles_an_age_and_changes_nobody_else():
    old = person(3, seed=1, today=TODAY, age_years=71)
    assert 71 <= (TODAY - old.born_on).days / 365.25 < 72.1
    assert old.family_name == person(3, seed=1, today=TODAY).family_name


@given(st.integers(0, 24 * 60 - 1))
def test_it_is_day_where_the_demo_stands(minute):
    moment = datetime(2026, 3, 2, tzinfo=UTC) + timedelta(minutes=minute)
    assert 7 <= moment.astimezone(ZoneInfo(place_at(moment).time_zone)).hour < 16


def test_the_drug_builds_up_while_it_runs_and_fades_after_its_end():
    rising = [effect(Infused(since_start_min=minute)) for minute in range(41)]
    fading = [effect(Infused(since_start_min=40 + minute, since_end_min=minute)) for minute in range(90)]
    assert rising[0] == 0
    assert all(before < after for before, after in pairwise(rising))
    assert all(before > after for before, after in pairwise(fading))
    assert rising[-1] == fading[0] < 1
    assert fading[-1] < 0.02


def shown(one, minute, profile):
    return vitals(one, Infused(since_start_min=minute), names=PULSE + CUFF, at_min=minute, profile=profile)


@pytest.mark.parametrize("profile", [CALM, SURGE, DIP])
def test_nobody_ever_reaches_a_red_line(profile):
    for one in bodies(9):
        for minute in range(0, 40, 2):
            seen = shown(one, minute, profile)
            assert 90 <= seen["spo2"] <= 100
            assert 90 <= seen["bp_sys"] < 180
            assert seen["bp_dia"] < 110
            assert 40 <= seen["heart_rate"] <= 140
            assert 8 <= seen["resp_rate"] <= 30


def test_a_calm_monitor_stays_inside_the_amber_lines():
    for one in bodies(9):
        for minute in range(40):
            seen = shown(one, minute, CALM)
            assert seen["spo2"] >= 94
            assert seen["bp_sys"] < 160
            assert seen["bp_dia"] < 100
            assert 50 <= seen["heart_rate"] <= 120
            assert 10 <= seen["resp_rate"] <= 24


def test_in_a_surge_the_pressure_always_passes_the_amber_line():
    assert all(shown(one, 19.5, SURGE)["bp_sys"] >= 160 for one in bodies(5))


def test_in_a_dip_the_saturation_always_passes_the_amber_line():
    assert all(shown(one, 27.3, DIP)["spo2"] < 94 for one in bodies(5))


def test_dissociation_is_fullest_at_the_end_and_gone_an_hour_later():
    for one in bodies(3):
        assert dissociation(one, Infused(since_start_min=0)) == 0
        assert dissociation(one, Infused(since_start_min=40)) <= one.dissociation
        assert dissociation(one, Infused(since_start_min=100, since_end_min=60)) <= 1
