"""Facts of a running session: the resting pressure, the due clock, what is fresh."""

import pytest

from ketacare.science.facts.readings import baseline, clock, gate_facts, live_facts
from ketacare.science.monitoring.events import Check
from ketacare.science.monitoring.gate import resting_pressure
from ketacare.science.monitoring.schedule import due, schedule_for
from ketacare.science.monitoring.timeline import Sample
from tests.science.monitoring.made import IV, START, minute, moved, reading, seen, session, typed

GREEN = 140


def pressures(*taken: tuple[float, float]) -> list[Sample]:
    return [Sample(minute(at), seq, value, "person") for seq, (at, value) in enumerate(taken, start=1)]


@pytest.mark.parametrize(
    "taken, counts",
    [
        ([], None),
        ([(-20, 139)], 139),
        ([(-20, 140)], None),  # exactly on the line: a second one is wanted
        ([(-20, 150), (-16, 130)], None),  # 4 min apart
        ([(-20, 150), (-15, 130)], 150),  # the higher of the two
        ([(-20, 150), (-10, 158)], 158),
        ([(-20, 150), (-9, 130)], None),  # 11 min apart
        ([(-20, 130), (-10, 128)], 128),  # both below the line: the newer
        ([(-20, 130), (-10, 170)], 170),
        ([(-30, 130), (-10, 170)], None),  # a newer high reading is never passed over
        ([(-20, 150), (-17, 165), (-12, 130)], 165),
    ],
)
def test_the_resting_pressure_counts_once_it_is_sure(taken, counts):
    found = resting_pressure(pressures(*taken), green_line=GREEN)
    assert (found.value if found else None) == counts
    if found:
        assert found.at == minute(taken[-1][0])


def test_the_gate_knows_who_answered_and_who_measured():
    state = session((-30, Check(item="gate.oxygen_ready", value=True)), (-10, typed(heart_rate=66, temp_c=36.6)))
    facts = gate_facts(state, green_sys=140, green_dia=90, at=minute(0))
    assert facts["gate.oxygen_ready"].source == "attested by Nora"
    assert facts["gate.temp_c"].value == 36.6
    assert facts["now.heart_rate"].as_of == minute(-10)


def test_the_last_answer_to_an_item_counts_and_not_sure_is_no_answer():
    said = [(-30, Check(item="gate.acute_illness", value=False)), (-5, Check(item="gate.acute_illness", value=None))]
    facts = gate_facts(session(*said), green_sys=140, green_dia=90, at=minute(0))
    assert facts["gate.acute_illness"].value is None


def test_what_is_recorded_for_later_does_not_count_yet():
    state = session((0, moved("treating")), (5, reading(spo2=91)))
    assert "now.spo2" not in live_facts(state, IV, at=minute(4))


@pytest.mark.parametrize(
    "taken, due_at, late_at",
    [(0, 10, 20), (9, 20, 30), (11, 20, 30), (4.9, 10, 20), (5, 20, 30), (38, 50, 60)],
)
def test_a_value_counts_for_a_due_time_from_half_an_interval_before_it(taken, due_at, late_at):
    one = due(IV, "bp_sys", taken_at=minute(taken), started_at=START, ended_at=None, at=minute(taken))
    assert (one.due_at, one.late_at) == (minute(due_at), minute(late_at))


def test_after_the_end_the_clock_runs_from_the_end():
    one = due(IV, "bp_sys", taken_at=minute(43), started_at=START, ended_at=minute(43), at=minute(44))
    assert (one.due_at, one.late_at) == (minute(58), minute(73))


def test_a_value_from_right_before_the_end_is_not_late_when_the_end_follows_a_due_time_at_once():
    end = minute(40.003)
    one = due(IV, "bp_sys", taken_at=minute(39), started_at=START, ended_at=end, at=end)
    assert (one.due_at, one.late_at) == (end, minute(55.003))


def test_what_is_watched_all_the_time_has_no_due_time():
    assert due(IV, "spo2", taken_at=START, started_at=START, ended_at=None, at=START) is None


def test_the_due_clock_lists_the_soonest_first():
    state = session((0, moved("treating")), (0, typed(bp_sys=120, bp_dia=80)), (10, seen(moaas=5)))
    assert [(one.parameter, one.due_at) for one in clock(state, IV, at=minute(12))] == [
        ("bp_dia", minute(10)),
        ("bp_sys", minute(10)),
        ("moaas", minute(20)),
    ]


def test_a_risk_adds_to_the_schedule_of_the_route():
    assert "etco2" in schedule_for("iv_ketamine", additions=["high_risk_resp"]).parameters
    often = schedule_for("iv_ketamine", additions=["high_risk_bp"])
    one = due(often, "bp_sys", taken_at=START, started_at=START, ended_at=None, at=START)
    assert one.due_at == minute(5)


def test_the_baseline_is_the_mean_of_what_was_measured_before_the_drug():
    state = session((-20, typed(bp_sys=110)), (-10, typed(bp_sys=121)), (0, moved("treating")), (5, typed(bp_sys=150)))
    assert baseline(state, "bp_sys") == 115.5
    assert baseline(state, "spo2") is None
