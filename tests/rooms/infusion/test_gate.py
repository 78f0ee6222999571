"""The start gate in the room: what blocks, what data answers, who attests."""

from dataclasses import replace
from datetime import timedelta
from typing import get_args
from uuid import uuid4

import pytest

from ketacare.clinic import actions as clinic
from ketacare.clinic.errors import ActionRefused
from ketacare.clinic.models import DecisionRecord
from ketacare.consent import actions as consent
from ketacare.evaluation import actions as evaluation
from ketacare.infusion import actions, states
from ketacare.infusion.gate import OVERRIDE_WORDS, WANTED_SIGNATURES, WHO, Standing, readiness
from ketacare.infusion.models import SessionEvent
from ketacare.infusion.timeline import Entry, append, schedule_of
from ketacare.outcomes import actions as outcomes
from ketacare.science.monitoring.events import Signature
from ketacare.science.rules.fields import Field
from tests.rooms.infusion.treatment import (
    ANSWERS,
    MORNING,
    START,
    again,
    checked_in,
    planned,
    read,
    ready,
    started,
    vial,
)


def refusal(cast, session, at=START) -> ActionRefused:
    with pytest.raises(ActionRefused) as told:
        actions.start_treatment(session_id=session.pk, vial=vial(cast), by=cast.actor("nurse"), at=at)
    return told.value


def test_a_complete_quiet_morning_starts(cast):
    session = started(cast)
    assert session.status == "treating"
    assert session.started_at == START


def test_a_session_that_nobody_asked_about_names_every_open_question(cast):
    session = checked_in(cast)
    gate = readiness(session, at=START)
    assert not gate.is_clear
    blank = {item.name for item in gate.items if item.is_blank and item.matters_to}
    assert {"gate.oxygen_ready", "gate.cssrs_risk_today", "gate.bp_sys", "now.heart_rate"} <= blank
    assert all(reason.who for reason in gate.reasons)


# a warning, an item of other routes and places, and what matters only after another answer
NOT_ALONE = {"gate.rems_enrolled", "gate.standing_orders_in_force", "gate.last_meal_fatty"}


def test_not_sure_about_any_item_that_matters_stops_the_start(cast):
    session = ready(cast)
    passed = []
    for item in sorted(set(ANSWERS) - NOT_ALONE):
        said = {"session_id": session.pk, "item": item, "by": cast.actor("nurse"), "at": START}
        actions.attest_gate_item(**said, value=None)
        passed += [item] if readiness(session, at=START).is_clear else []
        actions.attest_gate_item(**said, value=ANSWERS[item])
    assert not passed
    assert readiness(session, at=START).is_clear


def test_an_answer_names_who_gave_it_and_when(cast):
    session = ready(cast)
    items = {item.name: item for item in readiness(session, at=START).items}
    oxygen = items["gate.oxygen_ready"]
    assert oxygen.is_attested
    assert oxygen.fact.source == "attested by Harbour Nurse"
    assert oxygen.fact.as_of == START - timedelta(minutes=20)


def test_what_the_rooms_know_comes_from_data_and_cannot_be_attested(cast):
    session = ready(cast)
    items = {item.name: item for item in readiness(session, at=START).items}
    for name in ("gate.order_signed", "gate.consent_in_force", "gate.open_hold", "gate.eligibility_age_days"):
        assert not items[name].is_attested
        assert not items[name].is_blank
        with pytest.raises(ActionRefused):
            actions.attest_gate_item(session_id=session.pk, item=name, value=True, by=cast.actor("nurse"), at=START)


def test_an_open_hold_stops_the_start(cast):
    session = ready(cast)
    clinic.place_hold(
        course=session.course, reason="cough", lifts_when="chest is clear", by=cast.actor("prescriber"), at=START
    )
    assert "PRE-32" in {reason.rule for reason in refusal(cast, session).reasons}


def test_a_withdrawn_consent_stops_the_start(cast):
    session = ready(cast)
    consent.withdraw_consent(
        course_id=session.course_id, reason="", by=cast.actor("nurse"), at=START - timedelta(minutes=1)
    )
    assert "PRE-02" in {reason.rule for reason in refusal(cast, session).reasons}


def test_readings_older_than_15_min_count_as_missing(cast):
    session = ready(cast)
    late = START + timedelta(minutes=6)
    assert {"PRE-09", "PRE-10"} <= {reason.rule for reason in refusal(cast, session, late).reasons}


def test_an_item_without_an_answer_unsure_or_too_old_is_blank(cast):
    item = next(one for one in readiness(ready(cast), at=START).items if one.name == "gate.oxygen_ready")
    assert not item.is_blank
    assert replace(item, fact=None).is_blank
    assert replace(item, fact=replace(item.fact, value=None)).is_blank
    assert replace(item, is_stale=True).is_blank


def test_whoever_a_fact_comes_from_there_is_somebody_to_ask():
    assert set(WHO) == set(get_args(Field.model_fields["supplied_by"].annotation))
    assert all(WHO.values())


def test_a_finding_that_nobody_can_judge_stops_and_is_not_signed_away(cast):
    gate = readiness(checked_in(cast), at=START)
    unjudged = [one for one in gate.findings if one.finding.fires is not True]
    assert any(one.stops for one in unjudged)
    assert all(one.stops == (one.finding.severity in {"block", "hold"}) for one in unjudged)
    assert not any(one.may_be_overridden for one in unjudged)


def test_a_high_first_pressure_is_outstanding_until_a_second_one(cast):
    session = ready(cast)
    read(cast, session, START, bp_sys=165, bp_dia=80)
    gate = readiness(session, at=START)
    assert "PRE-09" in gate.evaluation.fired
    later = START + timedelta(minutes=3)
    read(cast, session, later, bp_sys=150, bp_dia=80)
    gate = readiness(session, at=later)
    assert {item.name for item in gate.items if item.is_blank} >= {"gate.bp_sys"}


def test_a_finding_that_allows_it_is_gone_on_against_by_name_and_reason(cast):
    session = ready(cast)
    read(cast, session, START - timedelta(minutes=1), heart_rate=112)
    assert [reason.rule for reason in refusal(cast, session).reasons] == ["PRE-10"]
    actions.override_gate_finding(
        session_id=session.pk,
        rule="PRE-10",
        reason_code="known",
        reason="always fast, ECG normal",
        by=cast.actor("nurse"),
        at=START,
    )
    actions.start_treatment(session_id=session.pk, vial=vial(cast), by=cast.actor("nurse"), at=START)
    assert again(session).status == "treating"


def test_each_reason_says_what_stops_the_start_and_who_can_do_something_about_it(cast):
    session = ready(cast, **{"gate.new_side_effect": True})
    read(cast, session, START - timedelta(minutes=1), heart_rate=112)
    gate = readiness(session, at=START)
    told = {reason.rule: reason for reason in gate.reasons}
    rules = {one.finding.rule.id: one.finding.rule for one in gate.findings}
    assert set(told) == {one.finding.rule.id for one in gate.findings if one.stops}
    assert (told["PRE-10"].text, told["PRE-10"].who) == (rules["PRE-10"].statement, "a clinician, with a reason")
    assert told["PRE-16"].who == "two prescribers, with a reason"


def test_what_nobody_answered_is_named_with_whom_to_ask(cast):
    gate = readiness(checked_in(cast), at=START)
    fields = {item.name: item.field for item in gate.items}
    unjudged = {one.finding.rule.id: one.finding for one in gate.findings if one.stops and not one.finding.fires}
    told = {reason.rule: reason for reason in gate.reasons if reason.rule in unjudged}
    assert told.keys() == unjudged.keys() != set()
    for rule, finding in unjudged.items():
        assert told[rule].text == f"Not answered: {', '.join(finding.missing)}."
        assert set(told[rule].who.split(" or ")) == {WHO[fields[name].supplied_by] for name in finding.missing}


def test_a_signature_against_one_finding_serves_no_other(cast):
    session = ready(cast, **{"gate.new_side_effect": True})
    read(cast, session, START - timedelta(minutes=1), heart_rate=112)
    said = {"session_id": session.pk, "reason_code": "known", "reason": "always fast", "at": START}
    actions.override_gate_finding(**said, rule="PRE-10", by=cast.actor("prescriber"))
    found = {one.finding.rule.id: one for one in readiness(session, at=START).findings}
    assert [event.payload.subject for event in found["PRE-10"].overrides] == ["PRE-10"]
    assert found["PRE-10"].is_overridden
    assert found["PRE-16"].overrides == ()
    assert "PRE-10" not in {reason.rule for reason in readiness(session, at=START).reasons}


def test_a_signature_that_means_something_else_is_no_going_on_against_a_finding(cast):
    session = ready(cast)
    read(cast, session, START - timedelta(minutes=1), heart_rate=112)
    (stops,) = [one for one in readiness(session, at=START).findings if one.stops]
    signature = Signature(
        meaning="discharge-override", subject=stops.finding.rule.id, reason_code="known", reason="always fast"
    )
    append(session, Entry(payload=signature, at=START), by=cast.actor("nurse"), at=START)
    (again_stops,) = [one for one in readiness(session, at=START).findings if one.stops]
    assert again_stops.overrides == ()


def test_every_way_of_going_on_has_its_words():
    assert set(OVERRIDE_WORDS) == {"forbidden", *WANTED_SIGNATURES}
    assert all(OVERRIDE_WORDS.values())


def test_two_prescribers_are_two_different_people(cast):
    session = ready(cast, **{"gate.new_side_effect": True})
    said = {"session_id": session.pk, "rule": "PRE-16", "reason_code": "minor", "reason": "mild headache"}
    with pytest.raises(Exception, match=r"infusion\.override-as-prescriber"):
        actions.override_gate_finding(**said, by=cast.actor("nurse"), at=START)
    actions.override_gate_finding(**said, by=cast.actor("prescriber"), at=START)
    assert "PRE-16" in {reason.rule for reason in refusal(cast, session).reasons}
    with pytest.raises(ActionRefused, match="another person"):
        actions.override_gate_finding(**said, by=cast.actor("prescriber"), at=START)
    actions.override_gate_finding(**said, by=cast.actor("second-prescriber"), at=START)
    assert readiness(session, at=START).is_clear


@pytest.mark.parametrize(
    "override, signatures",
    [("acknowledge", 1), ("reason", 1), ("second_prescriber", 2), ("forbidden", None)],
)
def test_each_way_of_going_on_asks_for_its_own_number_of_people(cast, override, signatures):
    session = ready(cast)
    read(cast, session, START - timedelta(minutes=1), heart_rate=112)
    (fired,) = [one.finding for one in readiness(session, at=START).findings if one.finding.rule.id == "PRE-10"]
    wants = replace(fired, rule=replace(fired.rule, override=override))
    event = next(iter(states.current(session).events.values()))[0]
    signed = [replace(event, by=f"staff:{number}") for number in range(3)]
    enough = [Standing(finding=wants, overrides=tuple(signed[:many])).is_overridden for many in range(4)]
    assert enough == [signatures is not None and many >= signatures for many in range(4)]
    twice = Standing(finding=wants, overrides=(signed[0], signed[0]))
    assert twice.is_overridden is (signatures == 1)


def test_nobody_goes_on_against_a_block(cast):
    session = ready(cast, **{"gate.oxygen_ready": False})
    with pytest.raises(ActionRefused, match="no-override"):
        actions.override_gate_finding(
            session_id=session.pk, rule="PRE-18", reason_code="x", reason="y", by=cast.actor("prescriber"), at=START
        )


def test_a_refused_start_writes_nothing(cast):
    session = ready(cast, **{"gate.oxygen_ready": False})
    before = SessionEvent.objects.count(), DecisionRecord.objects.count()
    refusal(cast, session)
    assert (SessionEvent.objects.count(), DecisionRecord.objects.count()) == before


def test_the_start_keeps_what_the_gate_looked_at(cast):
    session = started(cast)
    kept = DecisionRecord.objects.get(book_id="start_gate")
    assert kept.details["session"] == session.pk
    assert kept.facts["gate.oxygen_ready"]["value"] is True
    assert kept.result == "clear"


def test_a_pregnancy_test_of_today_comes_from_the_record_and_no_later_answer_outvotes_a_positive_one(cast):
    session = ready(cast)
    by, item = cast.actor("nurse"), "gate.pregnancy_test_today"
    told = {"patient.pregnancy_test_days_ago": 0, "patient.pregnancy_test_result": "positive"}
    evaluation.record_answers(course_id=session.course_id, answers=told, by=by, at=START - timedelta(minutes=15))
    assert "PRE-06" in readiness(session, at=START).evaluation.fired
    actions.attest_gate_item(session_id=session.pk, item=item, value="negative", by=by, at=START)
    assert "PRE-06" in readiness(session, at=START).evaluation.fired


SCREENED = {f"cssl_{n}": 0 for n in range(1, 7)}


def screened(cast, session, **changes: int | None) -> None:
    given = {item: value for item, value in (SCREENED | changes).items() if value is not None}
    outcomes.record_answers(
        course_id=session.course_id,
        instrument_id="cssrs_since_last",
        answers=given,
        how="asked",
        answered_at=START - timedelta(minutes=12),
        form_key=uuid4(),
        by=cast.actor("nurse"),
        at=START - timedelta(minutes=11),
    )


@pytest.mark.parametrize(
    "attested, changes, fires",
    [
        ("none", {}, set()),
        (None, {}, set()),
        ("none", {"cssl_2": 1, "cssl_3": 1}, {"PRE-29"}),
        ("moderate", {}, {"PRE-29"}),
        (None, {"cssl_5": None, "cssl_2": 1, "cssl_4": 1}, {"PRE-15"}),  # incomplete, and high already
        (None, {"cssl_1": None}, {"PRE-15"}),  # incomplete: no answer
    ],
)
def test_todays_screener_answers_for_the_risk_and_the_worse_of_two_counts(cast, attested, changes, fires):
    session = ready(cast, **{"gate.cssrs_risk_today": attested})
    screened(cast, session, **changes)
    fired = set(readiness(session, at=START).evaluation.fired)
    assert fired & {"PRE-15", "PRE-29"} == fires


def test_a_risk_of_today_adds_to_what_is_watched_and_asks_for_capnography(cast):
    session = planned(cast)
    evaluation.record_answers(
        course_id=session.course_id, answers={"resp.osa": "treated"}, by=cast.actor("nurse"), at=MORNING
    )
    session = actions.check_in(session_id=session.pk, chair="1", by=cast.actor("nurse"), at=MORNING)
    assert "etco2" in schedule_of(session).parameters
    assert "PRE-23" in readiness(session, at=START).evaluation.fired
