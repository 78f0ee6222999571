"""A kept evaluation can be repeated years later from its record alone, or says why it cannot."""

import json
from datetime import UTC, date, datetime

import pytest

from ketacare.science.errors import BadReference
from ketacare.science.rules import Clearance, Fact, load, names
from ketacare.science.rules.record import differences, plain, repeat
from tests.science.rules.healthy import HEALTHY

ON = date(2026, 11, 22)
LETTER = Clearance(
    clearance="clearance.cardiology",
    covers=frozenset({"REL-04"}),
    dated=ON,
    expires=date(2026, 12, 24),
    by="Dr Example",
    inputs={"cv.stable_cad": True, "meds.classes": ("benzodiazepine", "opioid")},
)
PATIENT = HEALTHY | {
    "cv.avm": None,
    "cv.stable_cad": True,
    "meds.classes": ["opioid", "benzodiazepine"],
    "cv.bp_sys": Fact(name="cv.bp_sys", value=152, unit="mmHg", as_of=ON, source="device 7"),
    "psych.suicide_risk": Fact(name="psych.suicide_risk", value="none", as_of=date(2026, 11, 1), source="form 3"),
    "cv.days_since_mi_or_event": date(2020, 11, 22),
}


def kept(book="eligibility", facts=PATIENT, **given):
    """Return the record of an evaluation as a database gives it back."""
    return json.loads(json.dumps(plain(load(book).evaluate(facts, **({"on": ON} | given)))))


def test_a_record_repeats_its_evaluation_with_policy_clearances_evidence_and_stale_facts():
    policy = load("eligibility").policy({"bp_treat_sys": 150})
    record = kept(policy=policy, clearances=[LETTER])
    again = repeat(record)
    assert json.loads(json.dumps(plain(again))) == record
    assert differences(record, again) == ()
    assert again.facts["cv.bp_sys"] == load("eligibility").evaluate(PATIENT, on=ON).facts["cv.bp_sys"]
    assert again.finding("REL-04").cleared


def test_a_moment_with_its_time_zone_is_kept():
    at = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
    spo2 = Fact(name="now.spo2", value=89, as_of=at)
    record = kept("alarms", {"now.spo2": spo2}, on=at)
    assert repeat(record).on == at
    assert json.loads(json.dumps(plain(repeat(record)))) == record


@pytest.mark.parametrize("name", names())
def test_a_record_without_a_day_repeats_too(name):
    record = kept(name, {}, on=None)
    assert plain(repeat(record)) == record


def test_what_has_become_different_is_told_rule_by_rule():
    record = kept(facts=HEALTHY | {"cv.avm": True, "cv.bp_sys": 150})
    other = load("eligibility").evaluate(HEALTHY | {"cv.avm": None, "psych.delirium": True}, on=ON)
    told = differences(record, other)
    assert "urgent was False, is True" in told
    assert "ABS-02 was fired, is unknown" in told
    assert any(one.endswith("was silent, is fired") for one in told)
    assert any(one.endswith("was fired, is silent") for one in told)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"version": 99}, "there is no version 99"),
        ({"book": "draft"}, "no such data file"),
        ({"sha256": "0" * 64}, "version 1 is not the file it was"),
        ({"params": {"nothing": 1.0}}, "params.nothing: is no parameter of the book"),
        ({"params": {"nothing": 1.0}}, "params.bp_hold_sys: is a parameter of the book but not in the record"),
        ({"facts": {"cv.avm": True}}, "record: facts.cv.avm"),
        ({"clearances": [{"clearance": "clearance.cardiology"}]}, "record: clearances.0.covers"),
        ({"on": "yesterday"}, "record: on"),
    ],
)
def test_a_record_that_cannot_be_repeated_says_why(changes, says):
    with pytest.raises(BadReference) as refused:
        repeat(kept() | changes)
    assert any(says in str(one) for one in refused.value.problems), refused.value.problems
