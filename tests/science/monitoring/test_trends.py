"""A value that moves so far in so many minutes is told before it passes its limit; a dip or an artefact is no trend."""

import pytest

from ketacare.science.facts.readings import live_facts
from ketacare.science.monitoring.signal_files import alarm_signals
from ketacare.science.monitoring.signals import in_time
from ketacare.science.rules.book import load
from tests.science.monitoring.made import IV
from tests.science.monitoring.watched import Watched, second


def test_a_saturation_that_falls_is_told_before_it_passes_its_limit():
    session = Watched()
    for count in range(0, 300, 10):
        session.streams([count], spo2=98.0 if count < 150 else 98 - (count - 150) / 40)
    assert session.raised == {"SIG-02"}
    assert session.log.last("SIG-02").level == "amber"


def test_a_trend_ends_in_the_alarm_of_its_limit():
    session = Watched()
    for count in range(0, 400, 5):
        session.streams([count], spo2=98.0 if count < 150 else 98 - (count - 150) / 40)
    assert "SIG-02" in session.raised
    assert session.on == {"ALM-13"}


def test_a_trend_stays_on_until_its_change_is_small():
    session = Watched()
    session.streams(range(0, 150, 5), spo2=98)
    session.streams(range(150, 200, 5), spo2=95)
    assert session.on == {"SIG-02"}
    session.streams(range(200, 230, 5), spo2=96)  # 2 points below: still on
    assert session.on == {"SIG-02"}
    session.streams(range(230, 260, 5), spo2=97)
    assert session.on == set()


def test_a_short_dip_is_no_trend():
    session = Watched()
    session.streams(range(200), spo2=98)
    session.streams(range(200, 209), spo2=95)
    session.streams(range(209, 230), spo2=98)
    assert session.raised == set()


def test_a_low_saturation_that_was_always_low_is_no_trend():
    session = Watched()
    session.streams(range(0, 600, 5), spo2=95)
    assert session.raised == set()


def test_a_fall_that_stays_high_is_no_trend():
    session = Watched()
    session.streams(range(0, 150, 5), spo2=100)
    session.streams(range(150, 250, 5), spo2=96)
    assert session.raised == set()


def test_a_breathing_rate_that_slows_is_told():
    session = Watched()
    session.streams(range(0, 200, 5), resp_rate=15)
    session.streams(range(200, 240, 5), resp_rate=11)
    assert session.raised == {"SIG-03"}


def test_a_pressure_that_rises_fast_is_told_by_one_cuff_reading():
    session = Watched()
    session.reads(0, bp_sys=118, bp_dia=70)
    session.reads(600, bp_sys=146, bp_dia=80)
    assert session.on == {"SIG-04"}
    assert dict(session.log.last("SIG-04").values) == {"now.bp_sys": 146}


@pytest.mark.parametrize("systolic", [144, 142])
def test_a_pressure_that_rises_less_or_less_far_is_no_trend(systolic):
    session = Watched()
    session.reads(0, bp_sys=118 if systolic == 144 else 110, bp_dia=70)
    session.reads(600, bp_sys=systolic, bp_dia=80)
    assert session.raised == set()


def test_a_trend_whose_value_is_missing_is_unknown_and_stays():
    session = Watched()
    session.streams(range(0, 150, 5), spo2=98)
    session.streams(range(150, 200, 5), spo2=95)
    session.tick(300)
    assert "SIG-02" in session.on


def test_a_pressure_that_rises_exactly_as_far_as_stated_is_one():
    session = Watched()
    session.reads(0, bp_sys=120, bp_dia=70)
    session.reads(600, bp_sys=145, bp_dia=80)
    assert session.on == {"SIG-04"}


def test_the_window_begins_with_a_reading_exactly_as_old_and_its_older_half_ends_with_one_half_as_old():
    session = Watched()
    session.reads(0, bp_sys=110, bp_dia=70)
    session.reads(600, bp_sys=124, bp_dia=70)
    session.reads(1200, bp_sys=145, bp_dia=80)  # 28 above the middle of the two, 21 above the later one
    assert session.on == {"SIG-04"}


def test_two_readings_a_minute_apart_are_wanted_where_one_could_be_an_artefact():
    session = Watched()
    for minute in range(5):
        session.streams([60 * minute], spo2=98)
    session.streams([300], spo2=94)
    assert session.raised == set()
    session.streams([360], spo2=94)
    assert session.raised == {"SIG-02"}


def test_a_reading_of_the_newer_half_is_no_part_of_what_the_newest_is_held_against():
    session = Watched()
    session.reads(0, bp_sys=110, bp_dia=70)
    session.reads(720, bp_sys=138, bp_dia=70)  # 8 of the 20 min old
    session.reads(1200, bp_sys=145, bp_dia=80)
    assert session.on == {"SIG-04"}


def test_a_good_reading_exactly_as_old_as_the_delay_still_speaks_against_a_trend():
    session = Watched()
    session.streams(range(0, 155, 5), spo2=98)
    session.streams(range(155, 170, 5), spo2=95)
    assert session.raised == set()
    session.streams([170], spo2=95)
    assert session.on == {"SIG-02"}


def test_one_reading_in_the_newer_half_is_too_few_whatever_the_older_half_ended_with():
    session = Watched()
    for count, spo2 in ((0, 98), (60, 98), (140, 94), (300, 94)):
        session.reads(count, spo2=spo2)
    assert session.raised == set()


@pytest.mark.parametrize("after, rises", [([16, 12, 16, 12, 16], False), ([16, 16, 16, 16, 17], True)], ids=str)
def test_a_rise_is_one_when_every_one_of_the_newest_readings_has_risen(after, rises):
    (slows,) = [one for one in alarm_signals().trends if one.id == "SIG-03"]
    upward = alarm_signals().model_copy(update={"trends": (slows.model_copy(update={"towards": "higher"}),)})
    session = Watched()
    session.streams(range(0, 200, 10), resp_rate=12)
    for place, rate in enumerate(after):
        session.streams([200 + 10 * place], resp_rate=rate)
    at = second(200 + 10 * len(after) - 10)
    facts = live_facts(session.state, IV, at=at)
    told = in_time(facts, session.state, at=at, book=load("alarms"), signals=upward)
    assert ("SIG-03" in {one.rule for one in told.fired}) is rises
