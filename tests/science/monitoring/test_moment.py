"""What another device disproves is judged by its proof; without proof the alarm stands."""

import pytest

from ketacare.science.facts.readings import live_facts
from ketacare.science.monitoring.moment import doubtful
from ketacare.science.monitoring.signal_files import alarm_signals
from tests.science.monitoring.made import IV
from tests.science.monitoring.watched import QUIET, Watched, second

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


def doubted(state, count: int, *, fresh=("now.heart_rate",), signals=None) -> set[str]:
    return set(doubtful(state, at=second(count), fresh=dict.fromkeys(fresh), signals=signals))


def test_a_value_is_disproved_from_the_very_difference_saturation_and_moment_that_the_file_says():
    (rule,) = alarm_signals().contradictions
    pulse, least, within_s = 60, rule.plausible["spo2"].default, int(rule.within_s.default)
    for below, spo2, waited, is_doubted in [
        (rule.below_by.default, least, within_s, True),
        (rule.below_by.default - 1, least, within_s, False),
        (rule.below_by.default, least - 1, within_s, False),
        (rule.below_by.default, least, within_s + 1, False),
    ]:
        session = Watched()
        session.reads(0, pulse_rate=pulse, spo2=spo2)
        session.reads(waited, heart_rate=pulse - below)
        assert doubted(session.state, waited) == ({"heart_rate"} if is_doubted else set())


def test_what_a_person_typed_is_disproved_by_no_device():
    session = Watched()
    session.reads(0, pulse_rate=58, spo2=97)
    session.reads(1, source="person", heart_rate=11)
    assert doubted(session.state, 1) == set()


def test_a_value_that_is_too_old_is_not_doubted_and_another_file_has_its_own_rules():
    session = Watched()
    session.reads(5, **QUIET | ARTEFACT)
    assert doubted(session.state, 5) == {"heart_rate"}
    assert doubted(session.state, 5, fresh=()) == set()
    assert doubted(session.state, 5, signals=alarm_signals().model_copy(update={"contradictions": ()})) == set()


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


def test_where_the_proof_passes_the_same_limits_the_alarm_stands_and_nothing_is_technical():
    session = Watched()
    for count in range(40):
        session.reads(count, **QUIET | {"heart_rate": 25, "pulse_rate": 38, "spo2": 97})
    assert session.on == {"ALM-09", "ALM-15"}
    assert "SIG-01" not in session.raised


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
