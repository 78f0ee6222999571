"""Payloads: what may stand in a timeline, and what is refused with every problem."""

import json
import math
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacare.science.monitoring.adverse import adverse_events
from ketacare.science.monitoring.events import (
    BY_SCHEMA,
    KINDS,
    AdverseEvent,
    Alarm,
    BadEvent,
    Check,
    Clock,
    Dose,
    FirstAdverseEvent,
    Intervention,
    Note,
    Observation,
    Reading,
    Signature,
    StatusChange,
    from_json,
)
from ketacare.science.monitoring.parameters import attestable, measured

ONE_OF_EACH = [
    Reading(values={"spo2": 97, "heart_rate": 62.8}, source="device", device="bed 1"),
    Observation(values={"moaas": 5, "vomiting": False}),
    Dose(step="start", rate_mg_per_h=Decimal("52.5"), concentration_mg_per_ml=Decimal("1.0")),
    Check(item="gate.oxygen_ready", value=True, note="cylinder full"),
    StatusChange(to="checked-in"),
    Alarm(transition="raised", rule="ALM-07", episode=1, level="red", values={"now.spo2": 88}),
    Intervention(what="oxygen", alarm="ALM-07"),
    Note(text="calm"),
    FirstAdverseEvent(term="nausea", grade=1, serious=False, causality="probable"),
    AdverseEvent(
        term="nausea",
        grade=1,
        relatedness="probable",
        seriousness=dict.fromkeys(adverse_events().seriousness.criteria, False),
        drug_action="not_changed",
        outcome="recovered",
        peak={"nausea": 4.0},
    ),
    Signature(meaning="gate-override", subject="PRE-10", reason_code="known", reason="athlete"),
    Clock(stepped_s=3600.0, before=datetime(2026, 3, 2, 10, tzinfo=UTC), after=datetime(2026, 3, 2, 11, tzinfo=UTC)),
]


def test_there_is_one_class_for_every_kind():
    assert [type(one) for one in ONE_OF_EACH] == list(BY_SCHEMA.values())
    assert len(set(KINDS)) == len(KINDS)


@pytest.mark.parametrize("payload", ONE_OF_EACH, ids=lambda payload: payload.kind)
def test_a_payload_survives_the_way_through_json(payload):
    assert from_json(json.loads(json.dumps(payload.to_json()))) == payload


@pytest.mark.parametrize("payload", ONE_OF_EACH, ids=lambda payload: payload.kind)
def test_an_unknown_key_is_refused_in_every_kind(payload):
    with pytest.raises(BadEvent, match="mood"):
        from_json({**payload.to_json(), "mood": "fine"})


@pytest.mark.parametrize("schema", ["reading/2", "", None, 7, []])
def test_an_unknown_schema_is_refused(schema):
    with pytest.raises(BadEvent, match="schema"):
        from_json({"schema": schema, "text": "hello"})


def test_every_problem_is_told_at_once():
    with pytest.raises(BadEvent) as told:
        from_json(
            {"schema": "reading/1", "values": {"spo2": 101, "pulse": 60, "heart_rate": "71"}, "source": "cat", "q": 1}
        )
    for word in ("spo2", "pulse", "heart_rate", "source", "q"):
        assert word in str(told.value)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, True, "97", None, [97], 100.001, -1])
def test_a_saturation_that_nobody_could_have_measured_is_refused(value):
    with pytest.raises(BadEvent):
        from_json({"schema": "reading/1", "values": {"spo2": value}, "source": "device"})


def test_an_empty_reading_is_refused():
    with pytest.raises(BadEvent):
        from_json({"schema": "reading/1", "values": {}, "source": "device"})


@given(
    st.sampled_from(
        [(name, field) for kind in ("reading", "observation") for name, field in measured(kind).items() if field.range]
    )
)
def test_the_ends_of_every_range_are_inside_and_just_beyond_is_outside(named):
    name, field = named
    kind = "reading" if name in measured("reading") else "observation"
    more = {"source": "device"} if kind == "reading" else {}
    low, high = (int(end) for end in field.range)
    for inside in (low, high):
        assert from_json({"schema": f"{kind}/1", "values": {name: inside}, **more}).values[name] == inside
    for outside in (low - 1, high + 1):
        with pytest.raises(BadEvent, match=name):
            from_json({"schema": f"{kind}/1", "values": {name: outside}, **more})


def test_whole_points_are_whole():
    with pytest.raises(BadEvent, match="moaas"):
        from_json({"schema": "observation/1", "values": {"moaas": 4.5}})


@pytest.mark.parametrize(
    "step, said, fits",
    [
        ("start", {"rate_mg_per_h": 50.0}, True),
        ("start", {"dose_mg": 35.0}, True),
        ("start", {"dose_mg": 35.0, "rate_mg_per_h": 50.0}, False),
        ("start", {}, False),
        ("rate", {"rate_mg_per_h": 40.0}, True),
        ("rate", {}, False),
        ("pause", {}, True),
        ("pause", {"rate_mg_per_h": 40.0}, False),
        ("resume", {}, True),
        ("bolus", {"dose_mg": 5.0}, True),
        ("bolus", {"rate_mg_per_h": 5.0}, False),
        ("stop", {}, True),
        ("line-loss", {"dose_mg": 1.0}, True),
        ("line-loss", {"dose_mg": 0.0}, False),
        ("rate", {"rate_mg_per_h": -1.0}, False),
        ("push", {"dose_mg": 5.0}, False),
    ],
)
def test_each_step_of_a_dose_says_what_it_needs_and_no_more(step, said, fits):
    given_dose = {"schema": "dose/1", "step": step, **said}
    if fits:
        assert from_json(given_dose).step == step
    else:
        with pytest.raises(BadEvent):
            from_json(given_dose)


def test_what_the_software_knows_from_data_cannot_be_attested():
    for item in ("gate.consent_in_force", "gate.order_signed", "gate.open_hold", "gate.bp_sys", "gate.weight_age_days"):
        assert item not in attestable()
        with pytest.raises(BadEvent, match=item):
            from_json({"schema": "check/1", "item": item, "value": True})


def test_not_sure_is_an_answer_that_is_stored():
    assert from_json({"schema": "check/1", "item": "gate.acute_illness", "value": None}).value is None


def test_an_answer_of_the_wrong_type_is_refused():
    for item, value in (("gate.acute_illness", "no"), ("gate.cssrs_risk_today", "lowish"), ("gate.h_since_solids", -1)):
        with pytest.raises(BadEvent, match=item):
            from_json({"schema": "check/1", "item": item, "value": value})


def test_an_override_without_a_reason_is_refused():
    with pytest.raises(BadEvent):
        from_json({"schema": "signature/1", "meaning": "gate-override", "subject": "PRE-10"})


def test_a_payload_cannot_be_changed():
    payload = ONE_OF_EACH[0]
    with pytest.raises(TypeError):
        payload.values["spo2"] = 50
    with pytest.raises(ValueError):
        payload.source = "person"


@pytest.mark.parametrize(
    "old",
    [
        {"schema": "check/1", "item": "gate.no_longer_asked", "value": True, "note": ""},
        {"schema": "reading/1", "values": {"no_longer_measured": 5, "spo2": 300}, "source": "person"},
    ],
)
def test_history_stays_readable_when_what_is_asked_has_changed_since(old):
    with pytest.raises(BadEvent):
        from_json(old)
    assert from_json(old, stored=True).to_json()["schema"] == old["schema"]
