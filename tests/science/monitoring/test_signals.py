"""Alarms in time: an artefact cries no wolf, what lasts is always raised, and what fell silent is not forgotten."""

from datetime import timedelta
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ketacare.science.facts.readings import live_facts
from ketacare.science.monitoring.alarms import due_transitions
from ketacare.science.monitoring.events import Reading
from ketacare.science.monitoring.policy import Verdicts, alarm_policy
from ketacare.science.monitoring.signal_files import alarm_signals
from ketacare.science.monitoring.signals import doubtful, in_time
from ketacare.science.monitoring.timeline import fold
from ketacare.science.rules.book import load
from tests.science.monitoring.made import IV
from tests.science.monitoring.watched import QUIET, Watched, second

SIGNALS = alarm_signals()
BOOK = load("alarms")
# parameter -> values past a red or amber limit and past no black one, with the alarms they are
PAST = {
    "spo2": [(93.0, {"ALM-13"}), (88.0, {"ALM-07", "ALM-13"}), (85.0, {"ALM-07", "ALM-13"})],
    "heart_rate": [
        (121.0, {"ALM-15"}),
        (141.0, {"ALM-09", "ALM-15"}),
        (49.0, {"ALM-15"}),
        (11.0, {"ALM-09", "ALM-15"}),
    ],
    "resp_rate": [(9.0, {"ALM-14"}), (7.0, {"ALM-08", "ALM-14"}), (25.0, {"ALM-27"}), (31.0, {"ALM-26", "ALM-27"})],
    "etco2": [(50.0, {"ALM-24"}), (60.0, {"ALM-23", "ALM-24"}), (14.0, {"ALM-23"})],
}
past = st.sampled_from([(name, value, keys) for name, rows in PAST.items() for value, keys in rows])
paces = st.sampled_from([1, 2, 5, 10, 15, 20, 30, 60])
USUAL = QUIET | {"etco2": 40.0}


def delay_of(name: str, keys: set[str]) -> float:
    levels = {BOOK.rule(key).severity for key in keys}
    return max(SIGNALS.delays[name].seconds[level].default for level in levels)


@settings(deadline=None, max_examples=60)
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


@settings(deadline=None, max_examples=60)
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


@settings(deadline=None, max_examples=60)
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


@settings(deadline=None, max_examples=30)
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


# --- what another device disproves

ARTEFACT = {"heart_rate": 11, "pulse_rate": 58, "spo2": 97}


def test_an_ecg_rate_of_11_with_a_good_pulse_wave_is_an_artefact():
    session = Watched()
    session.streams(range(5), pulse_rate=70)
    for count in range(5, 120):
        session.reads(count, **QUIET | ARTEFACT)
    assert session.on == {"SIG-01"}
    assert session.raised == {"SIG-01"}
    alarm = session.log.last("SIG-01")
    assert alarm.level == "technical"
    assert dict(alarm.values) == {"now.heart_rate": 11, "now.pulse_rate": 58, "now.spo2": 97}


def test_the_doubtful_value_stays_stored_as_it_was_read():
    session = Watched()
    session.reads(5, **QUIET | ARTEFACT)
    facts = live_facts(session.state, IV, at=second(5))
    assert session.state.latest("heart_rate").value == 11
    assert facts["now.heart_rate"].value == 11
    (doubt,) = doubtful(session.state, at=second(5), fresh=facts).values()
    assert doubt.sample.value == 11
    assert doubt.proof.value == 58


@pytest.mark.parametrize(
    "row",
    [
        {"heart_rate": 11, "spo2": 97},  # no pulse
        {"heart_rate": 11, "pulse_rate": 58},  # no saturation
        {"heart_rate": 11, "pulse_rate": 58, "spo2": 84},  # an implausible one
        {"heart_rate": 11, "pulse_rate": 0, "spo2": 97},
        {"heart_rate": 11, "pulse_rate": 20, "spo2": 97},  # too near
        {"heart_rate": 150, "pulse_rate": 75, "spo2": 97},  # weak beats give no pulse
    ],
    ids=str,
)
def test_without_proof_the_alarm_stands(row):
    session = Watched()
    for count in range(5, 40):
        session.reads(count, **row)
    assert "ALM-09" in session.on


def test_a_pulse_of_a_while_ago_proves_nothing():
    session = Watched()
    session.reads(0, pulse_rate=58, spo2=97)
    for count in range(11, 40):
        session.reads(count, heart_rate=11)
    assert "ALM-09" in session.on


def test_a_pulse_that_a_person_counted_is_no_wave():
    session = Watched()
    for count in range(5, 40):
        session.reads(count, source="person", pulse_rate=58, spo2=97)
        session.reads(count, heart_rate=11)
    assert "ALM-09" in session.on


def test_a_slow_pulse_is_an_alarm_of_its_own():
    session = Watched()
    for count in range(40):
        session.reads(count, **QUIET | {"heart_rate": 11, "pulse_rate": 45, "spo2": 97})
    assert session.on == {"ALM-15", "SIG-01"}
    assert dict(session.log.last("ALM-15").values) == {"now.heart_rate": 45}


def test_a_disagreement_that_would_be_no_alarm_is_none():
    session = Watched()
    for count in range(40):
        session.reads(count, **QUIET | {"heart_rate": 60, "pulse_rate": 75, "spo2": 97})
    assert session.raised == set()


def test_the_technical_alarm_ends_when_both_agree_for_a_while():
    session = Watched()
    session.reads(5, **QUIET | ARTEFACT)
    session.streams(range(6, 20), pulse_rate=70)
    assert session.on == {"SIG-01"}
    session.streams(range(20, 30), pulse_rate=70)
    assert session.on == set()


def test_a_real_slow_heart_ends_when_the_wave_proves_it_fast():
    session = Watched()
    for count in range(20):
        session.reads(count, heart_rate=30, spo2=97)
    assert "ALM-09" in session.on
    for count in range(20, 60):
        session.reads(count, **QUIET | ARTEFACT)
    assert session.on == {"SIG-01"}


# --- trends


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


# --- late entries, watchers, refolding


@settings(deadline=None, max_examples=40)
@given(past, st.sampled_from([1, 5, 20]), st.randoms(use_true_random=False))
def test_in_whatever_order_rows_arrive_late_what_lasted_is_raised(wrong, pace, chance: Random):
    name, value, keys = wrong
    session = Watched()
    lasting = delay_of(name, keys) + pace
    rows = [
        (count, Reading(values=USUAL | {name: value}, source="device"))
        for count in range(300, 300 + int(lasting) + 1, pace)
    ]
    session.reads(0, **USUAL)
    session.reads(280, arrives=280, **USUAL)
    after = 300 + int(lasting) + pace + 1
    session.reads(after, **USUAL)
    session.streams([after + 400], etco2=40.0)
    chance.shuffle(rows)
    for number, row in enumerate(rows):
        session.takes([row], arrives=after + 401 + number)
    assert keys <= session.raised
    assert all(one.happened_at for one in session.log.all if one.key in keys)


def test_an_artefact_that_arrives_late_with_its_neighbours_is_still_one():
    session = Watched()
    rows = [
        (count, Reading(values=QUIET | {"spo2": 88.0 if count == 40 else 98.0}, source="device"))
        for count in range(20, 60)
    ]
    session.streams([600])
    session.takes(rows, arrives=601)
    assert "ALM-07" not in session.raised


def test_what_goes_on_in_a_batch_is_an_alarm_of_now_and_not_a_late_one():
    session = Watched()
    rows = [(count, Reading(values=QUIET | {"spo2": 88.0}, source="device")) for count in range(5, 20)]
    session.takes(rows, arrives=19)
    assert session.log.last("ALM-07").happened_at is None


rows = st.lists(
    st.tuples(
        st.sampled_from([1, 3, 10, 20, 61]),
        st.sampled_from([84.0, 88.0, 91.0, 93.0, 94.0, 95.0, 98.0]),
        st.sampled_from([None, 11.0, 45.0, 70.0, 130.0]),
        st.sampled_from(["device", "device", "person"]),
    ),
    max_size=14,
)


def played(drawn, *, ticks_of: int = 1) -> Watched:
    session, now = Watched(), 0
    for gap, spo2, heart_rate, source in drawn:
        now += gap
        values = {"spo2": spo2, "pulse_rate": 70.0} | ({} if heart_rate is None else {"heart_rate": heart_rate})
        session.reads(now, source=source, **values)
        for _ in range(ticks_of):
            session.tick(now + 0.5)
    return session


@settings(deadline=None, max_examples=60)
@given(rows)
def test_two_watchers_store_nothing_twice(drawn):
    once, twice = played(drawn), played(drawn, ticks_of=3)
    assert once.events == twice.events
    names = [(one.payload.key, one.payload.episode, one.payload.once) for one in once.events if one.kind == "alarm"]
    assert len(names) == len(set(names))


@settings(deadline=None, max_examples=60)
@given(rows)
def test_folding_again_gives_what_is_stored(drawn):
    session = played(drawn)
    assert fold(session.events) == session.state


@settings(deadline=None, max_examples=60)
@given(rows)
def test_a_finding_of_the_book_is_on_or_waits_and_none_is_dropped(drawn):
    session = played(drawn)
    at = session.events[-1].recorded_at + timedelta(seconds=1)
    facts = live_facts(session.state, IV, at=at)
    verdicts = in_time(facts, session.state, at=at, book=BOOK)
    waiting = {one.key for one in verdicts.pending}
    said = {one.rule.id for one in BOOK.evaluate(facts, on=at).findings if one.fires}
    doubted = {one for name in doubtful(session.state, at=at, fresh=facts) for one in ("ALM-09", "ALM-15") if name}
    told = {one.rule for one in verdicts.fired} | waiting
    assert said - doubted <= told
    found = due_transitions(session.log, verdicts, policy=alarm_policy(), at=at)
    assert {one.key for one in found if one.transition == "raised"}.isdisjoint(waiting)


def test_what_is_held_or_pending_is_neither_raised_nor_over():
    session = low()
    others = frozenset(one.key for one in session.log.active if one.key != "ALM-13")
    held = Verdicts(held=frozenset({"ALM-13"}), unknown=others)
    assert due_transitions(session.log, held, policy=alarm_policy(), at=second(31)) == ()


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
