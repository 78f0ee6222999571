"""Alarms in time: an artefact cries no wolf, what lasts is always raised, and what fell silent is not forgotten."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ketacare.science.facts.readings import live_facts
from ketacare.science.monitoring.events import Reading
from ketacare.science.monitoring.policy import Verdicts
from ketacare.science.monitoring.signals import in_time
from ketacare.science.rules.book import load
from tests.science.monitoring.made import IV, minute, moved, reading
from tests.science.monitoring.made import session as made_up
from tests.science.monitoring.past import EXAMPLES, SIGNALS, USUAL, delay_of, paces, past
from tests.science.monitoring.watched import QUIET, Watched, second

BOOK = load("alarms")


@settings(deadline=None, max_examples=EXAMPLES)
@given(past, paces, st.integers(1, 4))
def test_one_artefact_in_a_stream_raises_nothing(wrong, pace, place):
    name, value, _ = wrong
    session = Watched()
    for number in range(8):
        row = USUAL | ({name: value} if number == place else {})
        session.reads(number * pace, **row)
        for ticks in range(1, pace, 4):
            session.tick(number * pace + ticks)
    assert session.raised == set()


@settings(deadline=None, max_examples=EXAMPLES)
@given(past, paces, st.integers(1, 3))
@example(("resp_rate", 9.0, {"ALM-14"}), 60, 1)
def test_what_lasts_is_raised_within_its_delay_and_one_reading(wrong, pace, begins):
    name, value, keys = wrong
    session = Watched()
    session.streams(range(0, begins * pace, pace), etco2=40.0)
    enough = delay_of(name, keys) + pace
    count = begins * pace
    while count <= begins * pace + enough:
        session.reads(count, **USUAL | {name: value})
        count += pace
    assert keys <= session.on


@settings(deadline=None, max_examples=EXAMPLES)
@given(past, paces, st.integers(1, 3))
def test_a_limit_passed_and_then_silence_is_never_lost(wrong, pace, begins):
    name, value, keys = wrong
    session = Watched()
    session.streams(range(0, begins * pace, pace), etco2=40.0)
    session.reads(begins * pace, **USUAL | {name: value})
    at_most = SIGNALS.no_next.at_most_s.default
    session.tick(begins * pace + at_most + 1)
    assert keys <= session.on


@pytest.mark.parametrize("minutes", [2, 30])
def test_a_watcher_that_was_away_still_finds_what_was_passed_before_the_silence(minutes):
    session = Watched()
    session.streams(range(5))
    session.reads(5, spo2=88)
    assert "ALM-07 raised" in session.tick(minutes * 60)
    assert "ALM-19/spo2" in {one.key for one in session.log.active}


def test_what_was_passed_before_the_drug_is_the_gates_business_and_no_alarm():
    session = Watched()
    session.reads(-600, heart_rate=130)
    session.tick(60)
    assert session.raised == set()


@settings(deadline=None, max_examples=EXAMPLES)
@given(past)
def test_what_a_person_typed_waits_for_nothing(wrong):
    name, value, keys = wrong
    session = Watched()
    session.streams(range(5))
    session.reads(5, source="person", **{name: value})
    assert keys <= session.on


@pytest.mark.parametrize("values", [{"spo2": 84}, {"resp_rate": 5}, {"apnoea_s": 15}], ids=str)
def test_a_black_finding_waits_for_nothing(values):
    session = Watched()
    session.streams(range(5))
    session.reads(5, **QUIET | values)
    assert "ALM-01" in session.on


def test_a_cuff_pressure_waits_for_nothing_because_the_next_is_minutes_away():
    session = Watched()
    session.reads(0, bp_sys=185, bp_dia=90)
    assert "ALM-06" in session.on


def test_a_value_that_goes_back_and_forth_across_one_limit_still_lasts_below_the_weaker_one():
    session = Watched()
    for count in range(20):
        session.reads(count, **QUIET | {"spo2": 89 if count % 2 else 91})
    assert "ALM-13" in session.on
    assert "ALM-07" not in session.raised


def test_what_is_on_needs_no_second_delay_to_grow_old():
    session = Watched()
    session.streams(range(12), spo2=88)
    session.streams([12], spo2=91)
    session.streams([13], spo2=88)
    (red,) = [one for one in session.log.all if one.key == "ALM-07"]
    assert red.is_active
    assert red.raised_at == second(10)


def told(session: Watched, count: float, *, known_at: float | None = None) -> Verdicts:
    """What is said of a second by what is known then, or later."""
    at, now = second(count), None if known_at is None else second(known_at)
    return in_time(live_facts(session.state, IV, at=at), session.state, at=at, book=BOOK, now=now)


def fired(session: Watched, count: float, *, known_at: float | None = None) -> set[str]:
    return {one.key for one in told(session, count, known_at=known_at).fired}


def test_a_finding_that_is_on_is_on_at_its_next_reading_too_and_waits_no_more():
    session = Watched()
    session.streams(range(12), spo2=88)
    session.streams([12], spo2=91)
    session.reads(13, **QUIET | {"spo2": 88})
    assert "ALM-07" in fired(session, 13)
    assert "ALM-07" not in {one.key for one in told(session, 13).pending}


def test_an_irregular_heart_that_somebody_saw_waits_for_no_second_reading_of_its_rate():
    session = Watched()
    session.streams(range(5))
    session.sees(5, new_arrhythmia=True)
    assert "ALM-09" in session.on
    session = Watched()
    session.streams(range(5))
    session.reads(5, **QUIET | {"heart_rate": 150})
    session.sees(5, new_arrhythmia=True)
    assert "ALM-09" in session.on


def test_a_low_value_that_nothing_followed_is_known_later_to_have_been_the_last():
    session = Watched()
    session.streams(range(99))
    session._add(Reading(values=QUIET | {"spo2": 88.0}, source="device"), second(100), second(100))
    assert "ALM-07" not in fired(session, 100)
    assert "ALM-07" in fired(session, 100, known_at=200)


@pytest.mark.parametrize("source", ["device", "person"])
def test_a_low_value_that_the_next_second_disproved_is_known_later_to_have_been_an_artefact(source):
    session = Watched()
    session.streams(range(99))
    for count, spo2, measured_by in ((100, 88.0, "device"), (101, 98.0, source)):
        session._add(Reading(values=QUIET | {"spo2": spo2}, source=measured_by), second(count), second(count))
    assert "ALM-07" not in fired(session, 100, known_at=200)


def test_a_low_value_that_the_last_one_known_bears_out_is_known_later_to_have_lasted():
    session = Watched()
    session.streams(range(99))
    for count in (100, 112):
        session._add(Reading(values=QUIET | {"spo2": 88.0}, source="device"), second(count), second(count))
    assert "ALM-07" in fired(session, 100, known_at=113)


def test_what_a_person_typed_long_ago_is_missing_and_no_more_than_that():
    session = Watched()
    session.reads(5, source="person", heart_rate=130)
    said = told(session, 7200)
    assert "ALM-15" not in {one.key for one in said.fired}
    assert "ALM-15" in said.unknown


def test_what_a_device_read_in_the_moment_the_drug_began_is_not_lost():
    session = Watched()
    session.reads(0, heart_rate=130)
    session.tick(62)
    assert session.on == {"ALM-15"}


def test_before_the_drug_no_value_is_an_alarm_because_nothing_followed_it():
    state = made_up((-30, moved("checked-in")), (-20, reading(heart_rate=130)))
    facts = live_facts(state, IV, at=minute(-10))
    assert "ALM-15" not in {one.key for one in in_time(facts, state, at=minute(-10), book=BOOK).fired}


# --- coming back


def low(until: int = 30) -> Watched:
    session = Watched()
    session.streams(range(until), spo2=93)
    assert session.on == {"ALM-13"}
    return session


def test_a_value_at_its_limit_has_not_come_back():
    session = low()
    session.streams(range(30, 60), spo2=94)
    assert session.on == {"ALM-13"}


def test_a_value_far_enough_inside_ends_the_alarm_when_it_has_stayed_there():
    session = low()
    session.streams(range(30, 45), spo2=95)
    assert session.on == {"ALM-13"}
    assert session.tick(44) == []
    session.streams([45, 46], spo2=95)
    assert session.on == set()


def test_what_holds_or_cannot_be_judged_is_not_also_held():
    session = low()
    assert "ALM-13" in fired(session, 30)
    assert told(session, 30).held == frozenset()
    session = Watched()
    session.reads(0, source="person", bp_sys=165, bp_dia=105)
    assert "ALM-12" in session.on
    session.reads(1500, bp_sys=157)  # the diastolic pressure is too old to count
    said = told(session, 1500)
    assert "ALM-12" in said.unknown
    assert "ALM-12" not in said.held


def test_a_single_good_reading_ends_nothing():
    session = low()
    session.streams([30], spo2=98)
    session.streams(range(31, 60), spo2=93)
    assert [one.number for one in session.log.all if one.key == "ALM-13"] == [1]
    assert session.on == {"ALM-13"}


def test_a_value_that_a_person_measured_again_ends_the_alarm_at_once():
    session = low()
    session.reads(31, source="person", spo2=94)
    assert session.on == set()


def test_time_alone_ends_an_alarm_whose_value_came_back():
    session = low()
    session.streams([60], spo2=97)
    assert session.on == {"ALM-13"}
    assert session.tick(74) == []
    assert "ALM-13 resolved" in session.tick(75)


def test_an_alarm_whose_value_is_back_calls_people_and_grows_no_worse():
    session = Watched()
    session.streams(range(20), spo2=88)
    session.streams([179], spo2=95)
    session.tick(191)
    assert session.log.last("ALM-07").level == "red"
    assert "escalated:red:everyone" in session.log.last("ALM-07").stored


def test_a_cuff_pressure_comes_back_by_a_margin():
    session = Watched()
    session.reads(0, bp_sys=165, bp_dia=90)
    session.reads(300, bp_sys=157, bp_dia=90)
    assert session.on == {"ALM-12"}
    session.reads(600, bp_sys=150, bp_dia=90)
    assert session.on == set()


def test_the_rise_above_baseline_comes_back_by_a_margin_too():
    session = Watched()
    session.reads(-60, source="person", bp_sys=110, bp_dia=70)
    session.reads(60, bp_sys=152, bp_dia=80)
    assert "ALM-12" in session.on
    session.reads(300, bp_sys=147, bp_dia=80)
    assert "ALM-12" in session.on
    session.reads(600, bp_sys=145, bp_dia=80)
    assert "ALM-12" not in session.on


def test_unknown_ends_nothing():
    session = low()
    session.tick(200)
    assert "ALM-13" in session.on


# --- what an alarm was raised for


def test_an_alarm_ends_when_what_it_was_raised_for_is_over_whatever_else_of_its_rule_nobody_measured():
    session = Watched()
    session.reads(0, **QUIET | {"spo2": 84})
    assert "ALM-01" in session.on  # nobody measures the seconds without a breath
    session.streams(range(1, 20))
    assert session.on == set()


def test_a_symptom_not_asked_for_stays_an_alarm_while_the_pressure_is_high():
    session = Watched()
    session.reads(10, bp_sys=190, bp_dia=90)
    session.tick(70)
    assert {"ALM-03", "ALM-06"} <= session.on
    session.reads(120, bp_sys=185, bp_dia=90)
    assert [one.number for one in session.log.all if one.key == "ALM-03"] == [1]
    assert "ALM-03" in session.on
    session.reads(240, source="person", bp_sys=140, bp_dia=80)
    assert session.on == set()


def test_a_sites_stricter_limit_is_the_one_that_must_have_lasted_and_be_come_back_to():
    session, strict = Watched(), BOOK.policy({"spo2_amber": 95})
    session.streams(range(20), spo2=94)  # past the site's limit, not past the book's
    facts = live_facts(session.state, IV, at=second(19))
    said = in_time(facts, session.state, at=second(19), book=BOOK, limits=strict)
    assert "ALM-13" in {one.key for one in said.fired}
    assert "ALM-13" not in {one.key for one in in_time(facts, session.state, at=second(19), book=BOOK).fired}
    session = low()
    session.streams(range(30, 40), spo2=95)
    facts = live_facts(session.state, IV, at=second(50))
    assert "ALM-13" in in_time(facts, session.state, at=second(50), book=BOOK, limits=strict).held
    assert "ALM-13" not in in_time(facts, session.state, at=second(50), book=BOOK).held
