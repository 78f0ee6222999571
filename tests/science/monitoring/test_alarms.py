"""The alarm machine: raised, escalated, resolved, acknowledged, and never forgotten."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ketacare.science.facts.readings import live_facts
from ketacare.science.monitoring.alarms import (
    AlarmLog,
    acknowledge,
    advised,
    due_transitions,
    late_transitions,
    silence,
)
from ketacare.science.monitoring.events import Alarm
from ketacare.science.monitoring.policy import LEVELS, Verdict, Verdicts, alarm_policy, judge
from ketacare.science.rules.book import load
from tests.science.monitoring.made import IV, START, minute, moved, reading, seen, session, typed

POLICY = alarm_policy()
LOW = Verdict(rule="ALM-07", level="red", values={"now.spo2": 88})
VERY_LOW = Verdict(rule="ALM-01", level="black", values={"now.spo2": 80})
FAST = Verdict(rule="ALM-15", level="amber", values={"now.heart_rate": 130})
NO_SPO2 = Verdict(rule="ALM-19", parameter="spo2", level="amber", values={"now.spo2": None})
NO_PRESSURE = Verdict(rule="ALM-19", parameter="bp_sys", level="amber", values={"now.bp_sys": None})
HIGH_PRESSURE = Verdict(rule="ALM-06", level="red", values={"now.bp_sys": 190})
SLOW_BREATH = Verdict(rule="ALM-08", level="red", values={"now.resp_rate": 7})
RACING = Verdict(rule="ALM-09", level="red", values={"now.heart_rate": 150})
FAULT = Verdict(rule="ALM-28", level="technical", values={"now.device_fault": True})
ALL = [LOW, VERY_LOW, FAST, NO_SPO2, NO_PRESSURE, HIGH_PRESSURE, FAULT]


def seconds(count: float) -> datetime:
    return START + timedelta(seconds=count)


def stored(log: AlarmLog, transitions: tuple[Alarm, ...], at: datetime) -> AlarmLog:
    for one in transitions:
        log = log.with_transition(one, at=at, by_name="Nora")
    return log


def after(*ticks: tuple[float, Verdicts], log: AlarmLog | None = None) -> AlarmLog:
    """The log after the machine was asked at these seconds, each time with what then held."""
    log = log or AlarmLog()
    for count, verdicts in ticks:
        log = stored(log, due_transitions(log, verdicts, policy=POLICY, at=seconds(count)), seconds(count))
    return log


def holds(*fired: Verdict, unknown: set[str] = frozenset()) -> Verdicts:
    return Verdicts(fired=fired, unknown=frozenset(unknown))


def said(log: AlarmLog, verdicts: Verdicts, count: float) -> list[tuple[str, str, str]]:
    found = due_transitions(log, verdicts, policy=POLICY, at=seconds(count))
    return [(one.key, one.transition, one.reason or one.level) for one in found]


ticks = st.lists(
    st.tuples(
        st.integers(1, 400),
        st.builds(
            lambda fired, unknown: holds(*fired, unknown={one.rule for one in unknown}),
            st.lists(st.sampled_from(ALL), unique_by=lambda one: one.key, max_size=4),
            st.lists(st.sampled_from(ALL), max_size=2),
        ),
    ),
    max_size=12,
)


def running(drawn: list[tuple[int, Verdicts]]) -> list[tuple[float, Verdicts]]:
    """Waits turned into moments."""
    moments, now = [], 0
    for wait, verdicts in drawn:
        now += wait
        moments.append((float(now), verdicts))
    return moments


@settings(deadline=None)
@given(ticks)
def test_asking_twice_for_the_same_moment_gives_nothing_new(drawn):
    log = AlarmLog()
    for count, verdicts in running(drawn):
        log = after((count, verdicts), log=log)
        assert due_transitions(log, verdicts, policy=POLICY, at=seconds(count)) == ()


@settings(deadline=None)
@given(ticks)
def test_no_transition_ever_happens_twice_in_an_episode(drawn):
    log, names = AlarmLog(), []
    for count, verdicts in running(drawn):
        found = due_transitions(log, verdicts, policy=POLICY, at=seconds(count))
        names += [(one.key, one.episode, one.once) for one in found]
        log = stored(log, found, seconds(count))
    assert len(names) == len(set(names))


@settings(deadline=None)
@given(ticks)
def test_what_holds_is_on_and_what_was_raised_is_never_lost(drawn):
    log, raised = AlarmLog(), set()
    for count, verdicts in running(drawn):
        log = after((count, verdicts), log=log)
        on = {one.key for one in log.active}
        assert {one.key for one in verdicts.fired} <= on
        raised |= {(one.key, one.number) for one in log.all}
        assert {(one.key, one.number) for one in log.all} == raised
        assert all(one.key in on or not one.is_active for one in log.all)


@settings(deadline=None)
@given(ticks)
def test_the_level_shown_is_the_strongest_that_is_on_and_at_least_that_of_every_finding(drawn):
    log = AlarmLog()
    for count, verdicts in running(drawn):
        log = after((count, verdicts), log=log)
        for one in verdicts.fired:
            assert LEVELS.index(log.level) <= LEVELS.index(one.level)


def test_an_alarm_ends_when_its_rule_is_known_to_be_false():
    log = after((0, holds(FAST)))
    assert said(log, holds(), 10) == [("ALM-15", "resolved", "amber")]


def test_an_alarm_stays_on_while_nobody_can_judge_its_rule():
    log = after((0, holds(FAST)))
    assert said(log, holds(unknown={"ALM-15"}), 10) == []
    assert log.active[0].key == "ALM-15"


def test_a_second_time_is_a_second_episode():
    log = after((0, holds(FAST)), (10, holds()), (20, holds(FAST)))
    assert [one.number for one in log.all] == [1, 2]
    assert [one.is_active for one in log.all] == [False, True]


def test_an_unseen_red_alarm_calls_a_second_person_after_30_s_and_everyone_after_60_s():
    log = after((0, holds(LOW)))
    assert said(log, holds(LOW), 29) == []
    assert said(log, holds(LOW), 30) == [("ALM-07", "escalated", "second-person")]
    log = after((30, holds(LOW)), log=log)
    assert said(log, holds(LOW), 60) == [("ALM-07", "escalated", "everyone")]


def test_an_acknowledged_alarm_calls_nobody():
    log = after((0, holds(LOW)))
    log = log.with_transition(acknowledge(log, "ALM-07", 1), at=seconds(10), by_name="Nora")
    assert said(log, holds(LOW), 120) == []
    assert log.active[0].acknowledged[0].by_name == "Nora"


def seen_by_nora(log: AlarmLog) -> AlarmLog:
    for one in log.waiting:
        log = log.with_transition(acknowledge(log, one.key, one.number), at=seconds(1), by_name="Nora")
    return log


def silenced(log: AlarmLog, key: str, count: float) -> AlarmLog:
    return log.with_transition(silence(log, key, 1, at=seconds(count)), at=seconds(count), by_name="Nora")


def sounding(log: AlarmLog, count: float) -> list[str]:
    return [one.key for one in log.sounding(at=seconds(count))]


def test_silencing_is_not_acknowledging():
    log = silenced(after((0, holds(LOW))), "ALM-07", 5)
    assert log.active[0].is_silenced(at=seconds(5))
    assert not log.active[0].is_acknowledged
    assert said(log, holds(LOW), 30) == [("ALM-07", "escalated", "second-person")]
    assert silence(log, "ALM-07", 1, at=seconds(6)) is None


@pytest.mark.parametrize("verdict, quiet_s", [(VERY_LOW, 30), (LOW, 60), (FAST, 120), (FAULT, 120)], ids=str)
def test_silence_lasts_as_long_as_its_level_allows_and_may_be_asked_for_again(verdict, quiet_s):
    log = after((0, holds(verdict)))
    assert sounding(log, 0) == [verdict.key]
    log = silenced(log, verdict.key, 5)
    assert log.active[0].silenced_until == seconds(5 + quiet_s)
    assert sounding(log, 4.9 + quiet_s) == []
    assert sounding(log, 5 + quiet_s) == [verdict.key]
    again = silence(log, verdict.key, 1, at=seconds(5 + quiet_s))
    assert again.once not in log.active[0].stored
    assert sounding(silenced(log, verdict.key, 5 + quiet_s), 6 + quiet_s) == []


def test_an_alarm_that_grew_worse_sounds_through_its_silence():
    log = silenced(after((0, holds(LOW))), "ALM-07", 170)
    assert sounding(log, 179) == []
    log = after((180, holds(LOW)), log=log)
    assert log.active[0].level == "black"
    assert log.active[0].silenced_until is None
    assert sounding(log, 180) == ["ALM-07"]


def test_one_silence_quiets_one_alarm():
    log = silenced(after((0, holds(LOW, FAST))), "ALM-07", 5)
    assert sounding(log, 6) == ["ALM-15"]


def test_the_strongest_alarm_sounds_first_and_what_is_only_due_is_quiet():
    due = Verdict(rule="ALM-29", level="due", values={"now.observation_due": True})
    log = after((0, holds(FAULT, due)), (5, holds(FAULT, due, FAST)), (6, holds(FAULT, due, FAST, LOW, VERY_LOW)))
    assert sounding(log, 6) == ["ALM-01", "ALM-07", "ALM-15", "ALM-28"]
    assert silence(log, "ALM-29", 1, at=seconds(6)) is None


def test_what_somebody_has_seen_makes_no_sound():
    log = after((0, holds(LOW)))
    log = log.with_transition(acknowledge(log, "ALM-07", 1), at=seconds(5), by_name="Nora")
    assert sounding(log, 6) == []
    assert silence(log, "ALM-07", 1, at=seconds(6)) is None


@pytest.mark.parametrize("verdict, sounds_on", [(VERY_LOW, True), (LOW, True), (FAST, False), (FAULT, False)], ids=str)
def test_a_red_or_black_alarm_sounds_on_when_it_is_over_until_somebody_has_seen_it(verdict, sounds_on):
    log = after((0, holds(verdict)), (10, holds()))
    assert not log.active
    assert [one.key for one in log.latched] == ([verdict.key] if sounds_on else [])
    assert sounding(log, 10) == ([verdict.key] if sounds_on else [])
    log = log.with_transition(acknowledge(log, verdict.key, 1), at=seconds(20), by_name="Nora")
    assert log.latched == ()
    assert sounding(log, 20) == []


def test_a_latched_alarm_can_be_silenced_and_goes_on_calling_people():
    log = silenced(after((0, holds(LOW)), (10, holds())), "ALM-07", 11)
    assert sounding(log, 12) == []
    assert said(log, holds(), 29) == []
    assert said(log, holds(), 30) == [("ALM-07", "escalated", "second-person")]
    log = after((30, holds()), log=log)
    assert said(log, holds(), 60) == [("ALM-07", "escalated", "everyone")]


def test_a_latched_alarm_grows_no_worse():
    log = after((0, holds(LOW)), (10, holds()))
    assert not {what for _, _, what in said(log, holds(), 3600)} & {"persists", "clinician-review"}


def test_every_episode_that_nobody_saw_sounds():
    log = after((0, holds(LOW)), (10, holds()), (20, holds(LOW)))
    assert [(one.key, one.number) for one in log.sounding(at=seconds(21))] == [("ALM-07", 1), ("ALM-07", 2)]
    log = log.with_transition(acknowledge(log, "ALM-07", 2), at=seconds(21), by_name="Nora")
    assert [(one.key, one.number) for one in log.sounding(at=seconds(22))] == [("ALM-07", 1)]


@settings(deadline=None)
@given(ticks)
def test_what_sounds_is_on_or_latched_and_unseen(drawn):
    log = AlarmLog()
    for count, verdicts in running(drawn):
        log = after((count, verdicts), log=log)
        for one in log.sounding(at=seconds(count)):
            assert not one.is_acknowledged
            assert one.is_active or one.level in ("black", "red")
        unseen = [one for one in log.all if one.level in ("black", "red") and not one.is_acknowledged]
        assert {(one.key, one.number) for one in unseen} <= {
            (one.key, one.number) for one in log.sounding(at=seconds(count))
        }


def test_a_black_alarm_calls_everyone_at_once():
    assert said(AlarmLog(), holds(VERY_LOW), 0) == [
        ("ALM-01", "raised", "black"),
        ("ALM-01", "escalated", "second-person"),
        ("ALM-01", "escalated", "everyone"),
    ]


@pytest.mark.parametrize(
    "verdict, minutes",
    [(LOW, 3), (SLOW_BREATH, 2), (HIGH_PRESSURE, 15), (RACING, 5)],
    ids=lambda one: getattr(one, "rule", str(one)),
)
def test_a_red_alarm_that_lasts_becomes_black_even_when_acknowledged(verdict, minutes):
    log = after((0, holds(verdict)))
    log = log.with_transition(acknowledge(log, verdict.rule, 1), at=seconds(1), by_name="Nora")
    assert (verdict.rule, "escalated", "persists") not in said(log, holds(verdict), minutes * 60 - 1)
    assert (verdict.rule, "escalated", "persists") in said(log, holds(verdict), minutes * 60)


def test_an_alarm_that_grew_worse_must_be_seen_again():
    log = after((0, holds(LOW)))
    log = log.with_transition(acknowledge(log, "ALM-07", 1), at=seconds(1), by_name="Nora")
    assert not log.waiting
    log = after((180, holds(LOW)), log=log)
    assert log.active[0].level == "black"
    assert [one.key for one in log.waiting] == ["ALM-07"]
    log = log.with_transition(acknowledge(log, "ALM-07", 1), at=seconds(190), by_name="Nora")
    assert not log.waiting


def test_missing_saturation_is_red_after_2_min_and_missing_pressure_after_5():
    log = after((0, holds(NO_SPO2, NO_PRESSURE)))
    assert ("ALM-19/spo2", "escalated", "still-no-data") in said(log, holds(NO_SPO2, NO_PRESSURE), 120)
    assert ("ALM-19/bp_sys", "escalated", "still-no-data") not in said(log, holds(NO_SPO2, NO_PRESSURE), 120)
    assert ("ALM-19/bp_sys", "escalated", "still-no-data") in said(log, holds(NO_SPO2, NO_PRESSURE), 300)


def test_what_a_missing_value_has_become_calls_people_from_then_on():
    log = after((0, holds(NO_SPO2)), (120, holds(NO_SPO2)))
    assert said(log, holds(NO_SPO2), 149) == []
    assert said(log, holds(NO_SPO2), 150) == [("ALM-19/spo2", "escalated", "second-person")]


def test_only_an_amber_alarm_turns_red_for_want_of_data_or_asks_for_a_review():
    missing = Verdict(rule="ALM-19", parameter="spo2", level="red", values={"now.spo2": None})
    log = seen_by_nora(after((0, holds(missing, VERY_LOW))))
    assert said(log, holds(missing, VERY_LOW), 150) == []
    assert ("ALM-01", "escalated", "clinician-review") not in said(log, holds(missing, VERY_LOW), 3600)


def test_how_long_red_may_last_follows_what_causes_it_now():
    by_rate = Verdict(rule="ALM-09", level="red", values={"now.heart_rate": 150})
    by_breath = Verdict(rule="ALM-09", level="red", values={"now.resp_rate": 7})
    log = seen_by_nora(after((0, holds(by_rate))))
    assert said(log, holds(by_rate), 120) == []
    assert ("ALM-09", "escalated", "persists") in said(log, holds(by_breath), 120)


def test_an_alarm_that_is_over_grows_no_worse_while_its_next_episode_lasts():
    log = after((0, holds(LOW)), (10, holds()), (20, holds(LOW)))
    found = due_transitions(log, holds(LOW), policy=POLICY, at=seconds(20 + 3 * 60))
    assert {one.episode for one in found if one.reason == "persists"} == {2}


def test_each_missing_parameter_ends_on_its_own():
    log = after((0, holds(NO_SPO2, NO_PRESSURE)))
    assert said(log, holds(NO_SPO2), 10) == [("ALM-19/bp_sys", "resolved", "amber")]


def test_an_amber_alarm_of_15_min_asks_for_a_clinicians_review():
    log = after((0, holds(FAST)))
    log = log.with_transition(acknowledge(log, "ALM-15", 1), at=seconds(1), by_name="Nora")
    assert said(log, holds(FAST), 15 * 60 - 1) == []
    assert said(log, holds(FAST), 15 * 60) == [("ALM-15", "escalated", "clinician-review")]


def test_a_symptom_nobody_asked_about_at_a_red_pressure_counts_as_present_after_60_s():
    unasked = {"ALM-03", "ALM-20"}
    log = after((0, holds(HIGH_PRESSURE, unknown=unasked)))
    assert log.level == "red"
    assert ("ALM-03", "raised", "symptom-not-asked") not in said(log, holds(HIGH_PRESSURE, unknown=unasked), 59)
    log = after((60, holds(HIGH_PRESSURE, unknown=unasked)), log=log)
    assert log.level == "black"
    assert ("ALM-03", "resolved", "black") in said(log, holds(HIGH_PRESSURE), 70)


def test_an_alarm_that_passed_unseen_still_waits_to_be_acknowledged():
    log = after((0, holds(LOW)), (10, holds()))
    assert not log.active
    assert [one.key for one in log.waiting] == ["ALM-07"]
    log = log.with_transition(acknowledge(log, "ALM-07", 1), at=seconds(20), by_name="Nora")
    assert not log.waiting
    assert acknowledge(log, "ALM-07", 1) is None


def test_a_fault_of_the_equipment_waits_for_nobody():
    assert not after((0, holds(FAULT))).waiting


def test_there_is_nothing_to_acknowledge_in_an_alarm_that_never_was():
    assert acknowledge(AlarmLog(), "ALM-07", 1) is None
    assert silence(AlarmLog(), "ALM-07", 1, at=START) is None


def test_the_advice_follows_the_strongest_alarm_and_two_reds_mean_stop():
    assert advised(AlarmLog(), POLICY) is None
    assert advised(after((0, holds(FAST))), POLICY) is None
    assert advised(after((0, holds(LOW))), POLICY) == "pause"
    assert advised(after((0, holds(VERY_LOW))), POLICY) == "stop"
    assert advised(after((0, holds(LOW)), (10, holds()), (20, holds(LOW))), POLICY) == "stop"


@pytest.mark.parametrize(
    "before",
    [
        [(0, holds(VERY_LOW)), (10, holds())],  # black from the start
        [(0, holds(LOW)), (180, holds(LOW)), (190, holds())],  # red, then black
        [(0, holds(NO_SPO2)), (120, holds(NO_SPO2)), (130, holds())],  # amber, then red
    ],
)
def test_an_alarm_that_was_red_or_worse_at_any_time_counts_as_one_of_two_reds(before):
    log = after(*before)
    assert advised(log, POLICY) is None
    assert advised(after((300, holds(LOW)), log=log), POLICY) == "stop"


def test_an_alarm_that_never_was_red_is_none_of_two_reds():
    log = after((0, holds(FAST)), (15 * 60, holds(FAST)), (16 * 60, holds()))
    assert advised(after((17 * 60, holds(LOW)), log=log), POLICY) == "pause"


@settings(deadline=None)
@given(ticks, st.lists(st.sampled_from(ALL), unique_by=lambda one: one.key), st.integers(0, 5000))
def test_a_late_entry_only_ever_raises(drawn, fired, happened):
    log = after(*running(drawn))
    found = late_transitions(log, holds(*fired), at=seconds(happened))
    assert all(one.transition == "raised" and one.happened_at == seconds(happened) for one in found)
    assert not {one.key for one in found} & {one.key for one in log.active}
    again = stored(log, found, seconds(9999))
    assert late_transitions(again, holds(*fired), at=seconds(happened)) == ()


def test_a_late_entry_raises_nothing_for_a_time_when_the_alarm_was_on_anyway():
    log = after((5, holds(LOW)), (60, holds()))
    for moment in (5, 30, 60):
        assert late_transitions(log, holds(LOW), at=seconds(moment)) == ()
    assert [one.key for one in late_transitions(log, holds(LOW), at=seconds(300))] == ["ALM-07"]


def test_a_late_alarm_says_that_it_is_late():
    (raised,) = late_transitions(AlarmLog(), holds(LOW), at=seconds(30))
    log = AlarmLog().with_transition(raised, at=seconds(600), by_name="Nora")
    assert log.active[0].raised_at == seconds(600)
    assert log.active[0].happened_at == seconds(30)
    assert log.active[0].began_at == seconds(30)


def test_alarms_stand_in_the_order_they_were_raised_and_those_of_one_moment_by_name():
    log = after((0, holds(FAST)), (10, holds(FAST, HIGH_PRESSURE, LOW)))
    assert [one.key for one in log.all] == ["ALM-15", "ALM-06", "ALM-07"]
    log = after((0, holds(LOW, HIGH_PRESSURE)))
    assert [one.key for one in log.all] == ["ALM-06", "ALM-07"]


def test_where_nothing_is_on_there_is_no_level():
    assert AlarmLog().level is None
    assert after((0, holds(FAST)), (10, holds())).level is None


def test_a_silence_that_was_stored_without_its_end_is_none():
    log = after((0, holds(LOW)))
    endless = silence(log, "ALM-07", 1, at=seconds(1)).model_copy(update={"until": None})
    log = log.with_transition(endless, at=seconds(1), by_name="Nora")
    assert log.active[0].silenced_until is None
    assert sounding(log, 2) == ["ALM-07"]
    log = silenced(log, "ALM-07", 5)
    assert log.active[0].silenced_until == seconds(65)


QUIET = reading(spo2=97, heart_rate=70, resp_rate=14)
CUFF = typed(bp_sys=124, bp_dia=78)


def judged(state, at):
    return judge(live_facts(state, IV, at=at), at=at)


def test_a_quiet_session_raises_nothing():
    state = session((-5, CUFF), (0, moved("treating")), (1, QUIET), (1, CUFF), (1, seen(moaas=5)))
    assert judged(state, minute(1.5)).fired == ()


def test_silence_names_each_parameter_that_the_schedule_asks_for():
    state = session((0, moved("treating")))
    assert {one.parameter for one in judged(state, minute(1)).fired} == set(IV.parameters)


def test_a_stream_that_stops_is_missing_after_60_s():
    state = session((0, moved("treating")), (1, QUIET), (1, CUFF), (1, seen(moaas=5)))
    assert judged(state, minute(2)).fired == ()
    later = judged(state, minute(2) + timedelta(seconds=1))
    assert {one.parameter for one in later.fired} == {"spo2", "heart_rate", "resp_rate"}


def test_a_breathing_rate_counted_by_hand_counts_for_its_interval():
    state = session((0, moved("treating")), (1, typed(resp_rate=14)))
    assert "ALM-19/resp_rate" not in {one.key for one in judged(state, minute(10)).fired}


def test_a_pressure_is_missing_when_it_is_one_interval_late():
    state = session((0, moved("treating")), (0, CUFF))
    assert "ALM-19/bp_sys" not in {one.key for one in judged(state, minute(19.9)).fired}
    assert "ALM-19/bp_sys" in {one.key for one in judged(state, minute(20)).fired}


def test_an_observation_is_due_from_its_time_until_it_is_late():
    state = session((0, moved("treating")), (0, seen(moaas=5)))
    due = [judged(state, minute(at)).fired for at in (9, 10, 19, 20)]
    assert [any(one.rule == "ALM-29" for one in fired) for fired in due] == [False, True, True, False]


def test_a_fraction_below_the_line_is_below_the_line():
    state = session((0, moved("treating")), (1, reading(spo2=89.6)))
    assert "ALM-07" in {one.rule for one in judged(state, minute(1)).fired}


def test_the_rise_is_counted_from_the_mean_of_the_readings_before_the_drug():
    before = [(-20, typed(bp_sys=110, bp_dia=70)), (-10, typed(bp_sys=120, bp_dia=70))]
    for systolic, fires in ((155, False), (156, True)):
        state = session(*before, (0, moved("treating")), (5, typed(bp_sys=systolic, bp_dia=80)))
        assert ("ALM-12" in {one.rule for one in judged(state, minute(5)).fired}) is fires


def test_a_late_normal_value_does_not_answer_for_a_newer_abnormal_one():
    state = session((0, moved("treating")), (10, reading(spo2=88)), (5, reading(spo2=99)))
    assert "ALM-07" in {one.rule for one in judged(state, minute(10)).fired}


def test_a_sites_stricter_limit_is_the_one_that_counts():
    state = session((0, moved("treating")), (1, reading(spo2=91)))
    facts = live_facts(state, IV, at=minute(1))
    strict = load("alarms").policy({"spo2_red": 92})
    assert "ALM-07" not in judge(facts, at=minute(1)).unknown | {one.rule for one in judge(facts, at=minute(1)).fired}
    assert "ALM-07" in {one.rule for one in judge(facts, at=minute(1), limits=strict).fired}
