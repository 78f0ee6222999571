"""An alert finds somebody, is taken by one, ends with a conversation, and never with less."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from ketacare.clinic import actions as clinic
from ketacare.clinic.actor import Operator, System
from ketacare.clinic.errors import ActionRefused, NotAllowed
from ketacare.clinic.models import AuditEvent, Membership, User
from ketacare.outcomes import actions
from ketacare.outcomes.looking_after import alerts_to_climb, in_full
from ketacare.outcomes.models import Alert, AlertAttempt, AlertContact, AlertEvent, AlertNotice
from tests.cast import NOW
from tests.rooms.outcomes.caring import CALM, LATER, alert_of, licensed, on_all_day, record, spoke, troubled

CLOCK = System(name="watch")
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def climb(alert, after: timedelta):
    return actions.climb_alert(alert_id=alert.pk, by=CLOCK, at=NOW + after)


def again(alert) -> Alert:
    return Alert.objects.get(pk=alert.pk)


def told(alert) -> list[str]:
    rows = AlertNotice.objects.filter(event__alert=alert).order_by("pk")
    return [one.person.email.partition("@")[0] for one in rows.select_related("person")]


def kinds(alert) -> list[str]:
    return list(alert.events.order_by("pk").values_list("kind", flat=True))


def test_who_is_on_is_named_at_once_and_told(cast):
    on_all_day(cast, "therapist")
    alert = alert_of(cast)
    assert (alert.owner_id, alert.status) == (cast.staff["therapist"], "open")
    assert told(alert) == ["therapist"]
    assert kinds(alert) == ["raised", "named"]


def test_where_nobody_is_on_nobody_is_named_and_everybody_is_told(cast):
    alert = alert_of(cast)
    assert alert.owner is None
    assert kinds(alert) == ["raised", "nobody"]
    assert set(told(alert)) == {"prescriber", "second-prescriber", "nurse", "therapist"}
    assert not in_full(alert).is_named


def test_who_left_the_site_is_not_named(cast):
    on_all_day(cast, "therapist")
    on_all_day(cast, "nurse", rank=2)
    Membership.objects.filter(user=cast.staff["therapist"]).delete()
    assert alert_of(cast).owner_id == cast.staff["nurse"]


@pytest.mark.parametrize("after, steps", [(4 * MINUTE, 0), (5 * MINUTE, 1), (10 * MINUTE, 3), (15 * MINUTE, 4)])
def test_an_emergency_climbs_minute_by_minute_while_nobody_takes_it(cast, after, steps):
    on_all_day(cast, "therapist")
    alert = alert_of(cast, 3)
    climb(alert, after)
    assert alert.events.filter(kind="step").count() == steps
    assert AuditEvent.objects.filter(did="alert went on").count() == bool(steps)


def test_the_next_person_is_named_in_the_order_of_the_rota(cast):
    for rank, role in enumerate(("therapist", "nurse", "prescriber"), start=1):
        on_all_day(cast, role, rank=rank)
    alert = alert_of(cast, 3)
    climb(alert, 5 * MINUTE)
    assert again(alert).owner_id == cast.staff["nurse"]
    climb(alert, 9 * MINUTE)
    assert again(alert).owner_id == cast.staff["nurse"]
    climb(alert, 10 * MINUTE)
    assert again(alert).owner_id == cast.staff["prescriber"]
    assert told(alert)[:3] == ["therapist", "nurse", "prescriber"]


def test_a_rung_is_taken_once_however_often_the_clock_turns(cast):
    on_all_day(cast, "therapist")
    alert = alert_of(cast, 3)
    climb(alert, 15 * MINUTE)
    before = AlertEvent.objects.count(), AlertNotice.objects.count()
    for _ in range(3):
        climb(alert, 15 * MINUTE)
    assert (AlertEvent.objects.count(), AlertNotice.objects.count()) == before
    with pytest.raises(IntegrityError, match=r"alert_step_taken_once|UNIQUE"), transaction.atomic():
        AlertEvent.objects.create(alert=alert, kind="step", at=NOW, step="taken-1", since=alert.waits_since)


def test_after_hours_without_a_clock_every_rung_is_taken_in_order(cast):
    alert = alert_of(cast, 3)
    climb(alert, DAY)
    steps = list(alert.events.filter(kind="step").order_by("pk").values_list("step", flat=True))
    assert steps == ["taken-1", "taken-2", "taken-3", "taken-4", "contact-1", "contact-2"]
    assert again(alert).next_step_at is None


def test_the_clock_looks_at_an_alert_when_its_next_rung_is_due_and_not_before(cast):
    on_all_day(cast, "therapist")
    alert = alert_of(cast, 3)
    others = set(Alert.objects.exclude(pk=alert.pk).values_list("pk", flat=True))
    assert alert.pk not in alerts_to_climb(at=NOW + 5 * MINUTE - timedelta(seconds=1))
    assert alerts_to_climb(at=NOW + 5 * MINUTE) == [alert.pk]
    actions.take_alert(alert_id=alert.pk, by=cast.actor("therapist"), at=NOW + MINUTE)
    assert alerts_to_climb(at=NOW + 29 * MINUTE) == []
    assert set(alerts_to_climb(at=NOW + 30 * MINUTE)) == {alert.pk, *others}


def test_a_taken_alert_without_a_contact_goes_on_and_one_with_a_contact_does_not(cast):
    on_all_day(cast, "therapist")
    alert = alert_of(cast, 3)
    actions.take_alert(alert_id=alert.pk, by=cast.actor("therapist"), at=LATER)
    assert [one.step for one in climb(alert, 30 * MINUTE)] == ["contact-1"]
    spoke(alert, cast.actor("therapist"), at=NOW + 40 * MINUTE)
    assert climb(alert, DAY) == []


def test_two_take_it_at_once_and_the_second_is_told_who_was_first(cast):
    alert = alert_of(cast)
    first = actions.take_alert(alert_id=alert.pk, by=cast.actor("nurse"), at=LATER)
    with pytest.raises(ActionRefused, match="Harbour Nurse"):
        actions.take_alert(alert_id=alert.pk, by=cast.actor("therapist"), at=LATER)
    assert again(alert).owner_id == first.owner_id == cast.staff["nurse"]
    assert actions.take_alert(alert_id=alert.pk, by=cast.actor("nurse"), at=LATER).taken_at == LATER
    assert kinds(alert).count("taken") == 1


def test_the_time_of_the_first_taker_stays_when_it_is_handed_over(cast):
    alert = alert_of(cast)
    nurse, therapist = cast.actor("nurse"), cast.actor("therapist")
    actions.take_alert(alert_id=alert.pk, by=nurse, at=LATER)
    hand = {"alert_id": alert.pk, "to_id": therapist.user_id, "seen_owner_id": nurse.user_id}
    after = actions.hand_over_alert(**hand, by=nurse, at=NOW + 10 * MINUTE)
    assert (after.owner_id, after.status, after.taken_at) == (therapist.user_id, "open", None)
    actions.take_alert(alert_id=alert.pk, by=therapist, at=NOW + 20 * MINUTE)
    row = again(alert)
    assert (row.first_taken_by_id, row.first_taken_at, row.taken_at) == (nurse.user_id, LATER, NOW + 20 * MINUTE)


def test_handed_over_it_climbs_afresh_until_the_other_takes_it(cast):
    alert = alert_of(cast, 3)
    nurse = cast.actor("nurse")
    actions.take_alert(alert_id=alert.pk, by=nurse, at=LATER)
    to = cast.staff["therapist"]
    actions.hand_over_alert(alert_id=alert.pk, to_id=to, seen_owner_id=nurse.user_id, by=nurse, at=NOW + 10 * MINUTE)
    assert climb(alert, 14 * MINUTE) == []
    assert [one.step for one in climb(alert, 15 * MINUTE)] == ["taken-1"]


def test_an_alert_that_changed_hands_meanwhile_is_not_handed_over(cast):
    alert = alert_of(cast)
    nurse, therapist = cast.actor("nurse"), cast.actor("therapist")
    actions.take_alert(alert_id=alert.pk, by=nurse, at=LATER)
    hand = {"alert_id": alert.pk, "to_id": therapist.user_id, "by": therapist, "at": LATER}
    with pytest.raises(ActionRefused, match="with Harbour Nurse now"):
        actions.hand_over_alert(**hand, seen_owner_id=None)
    assert actions.hand_over_alert(**hand, seen_owner_id=nurse.user_id).status == "owned"  # taken over oneself


def test_only_somebody_of_the_site_who_looks_after_alerts_is_handed_one(cast):
    alert = alert_of(cast)
    nurse = cast.actor("nurse")
    for nobody in (cast.staff["front-desk"], cast.staff_there["therapist"], 98765):
        with pytest.raises(ActionRefused, match="does not look after"):
            actions.hand_over_alert(alert_id=alert.pk, to_id=nobody, seen_owner_id=None, by=nurse, at=LATER)


@pytest.mark.parametrize("is_taken", [False, True])
def test_one_who_leaves_leaves_no_alert_behind(cast, is_taken):
    on_all_day(cast, "therapist")
    on_all_day(cast, "nurse", rank=2)
    alert = alert_of(cast)
    if is_taken:
        actions.take_alert(alert_id=alert.pk, by=cast.actor("therapist"), at=LATER)
    clinic.deactivate_person(user_id=cast.staff["therapist"], by=cast.actor("administrator"), at=LATER)
    assert alerts_to_climb(at=LATER) == [alert.pk]
    climb(alert, 5 * MINUTE)
    row = again(alert)
    assert (row.owner_id, row.status, row.waits_since) == (cast.staff["nurse"], "open", LATER)
    assert kinds(alert)[-2:] == ["left", "named"]
    assert alerts_to_climb(at=LATER) == []


def test_one_who_leaves_with_nobody_else_on_leaves_it_openly_to_nobody(cast):
    alert = alert_of(cast)
    actions.take_alert(alert_id=alert.pk, by=cast.actor("therapist"), at=LATER)
    Membership.objects.filter(user=cast.staff["therapist"]).delete()
    climb(alert, 6 * MINUTE)
    assert (again(alert).owner, again(alert).status) == (None, "open")
    assert kinds(alert)[-2:] == ["left", "nobody"]


def test_no_alert_is_closed_before_somebody_spoke_with_the_patient(cast):
    alert = alert_of(cast)
    nurse = cast.actor("nurse")
    closing = {"alert_id": alert.pk, "by": nurse, "at": LATER}
    with pytest.raises(ActionRefused, match="does not become closed"):
        actions.close_alert(reason="x", **closing)
    actions.take_alert(alert_id=alert.pk, by=nurse, at=LATER)
    with pytest.raises(ActionRefused, match="Nobody has spoken") as refused:
        actions.close_alert(reason=" ", **closing)
    assert len(refused.value.reasons) == 2
    actions.record_attempt(
        alert_id=alert.pk, tried_at=LATER, how="phone", done_then="Called her sister", by=nurse, at=LATER
    )
    with pytest.raises(ActionRefused, match="An attempt is not a contact"):
        actions.close_alert(reason="No answer", **closing)
    spoke(alert, nurse)
    with pytest.raises(ActionRefused, match="what was done"):
        actions.close_alert(reason=" ", **closing)
    closed = actions.close_alert(reason=" Safety plan made ", **closing)
    assert (closed.status, closed.close_reason, closed.next_step_at) == ("closed", "Safety plan made", None)
    assert kinds(alert) == ["raised", "nobody", "taken", "attempt", "contact", "closed"]


def test_the_database_closes_no_alert_without_a_contact(cast):
    alert = alert_of(cast)
    given = {
        "status": "closed",
        "owner_id": cast.staff["nurse"],
        "closed_by_id": cast.staff["nurse"],
        "close_reason": "x",
    }
    with pytest.raises(IntegrityError, match="alert_closed_after_a_contact"), transaction.atomic():
        Alert.objects.filter(pk=alert.pk).update(**given)


def test_one_conversation_counts_for_the_alerts_of_its_sitting_and_for_no_other(cast):
    earlier = alert_of(cast)
    row = troubled(cast, 3)
    spoke(row.alerts.first(), cast.actor("nurse"))
    assert {one.contact is not None for one in row.alerts.all()} == {True}
    assert again(earlier).contact is None


def test_who_spoke_with_the_patient_has_taken_the_alert(cast):
    alert = alert_of(cast)
    spoke(alert, cast.actor("nurse"))
    row = again(alert)
    assert (row.status, row.owner_id, row.first_taken_at) == ("owned", cast.staff["nurse"], LATER)


def test_an_alert_of_another_stays_with_them_when_somebody_else_spoke_with_the_patient(cast):
    alert = alert_of(cast)
    actions.take_alert(alert_id=alert.pk, by=cast.actor("nurse"), at=LATER)
    spoke(alert, cast.actor("therapist"))
    assert again(alert).owner_id == cast.staff["nurse"]


def test_the_first_conversation_is_the_one_that_counts_and_later_ones_are_kept(cast):
    alert = alert_of(cast)
    first = spoke(alert, cast.actor("nurse"))
    spoke(alert, cast.actor("nurse"), at=NOW + 10 * MINUTE)
    assert again(alert).contact_id == first.pk
    assert AlertContact.objects.count() == 2


@pytest.mark.parametrize(
    "change, says",
    [
        ({"made_at": NOW + 6 * MINUTE}, "not come yet"),
        ({"made_at": NOW - MINUTE}, "before the answers"),
        ({"made_by": "  "}, "who spoke"),
        ({"found": ""}, "what was found"),
    ],
)
def test_a_contact_that_cannot_have_been_is_refused(cast, change, says):
    alert = alert_of(cast)
    with pytest.raises(ActionRefused, match=says):
        spoke(alert, cast.actor("nurse"), **change)
    assert not AlertContact.objects.exists()
    assert again(alert).status == "open"


def test_people_write_minutes_so_the_minute_of_the_answers_counts(cast):
    alert = alert_of(cast, answered_at=NOW + timedelta(seconds=40), at=LATER)
    assert spoke(alert, cast.actor("nurse"), made_at=NOW, at=LATER).pk


def test_what_was_done_after_an_attempt_must_be_said(cast):
    alert = alert_of(cast)
    nurse = cast.actor("nurse")
    with pytest.raises(ActionRefused, match="what was done then"):
        actions.record_attempt(alert_id=alert.pk, tried_at=LATER, how="phone", done_then=" ", by=nurse, at=LATER)
    assert not AlertAttempt.objects.exists()


def test_the_history_of_an_alert_is_never_changed(cast):
    alert = alert_of(cast)
    spoke(alert, cast.actor("nurse"))
    for rows in (AlertEvent.objects.all(), AlertContact.objects.all()):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            rows._raw_delete("default")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        AlertContact.objects.update(found="")


def test_only_the_software_turns_the_clock_and_only_a_named_person_takes_an_alert(cast):
    alert = alert_of(cast)
    with pytest.raises(NotAllowed):
        actions.climb_alert(alert_id=alert.pk, by=cast.actor("prescriber"), at=LATER)
    for nobody in (CLOCK, Operator()):
        with pytest.raises(NotAllowed):
            actions.take_alert(alert_id=alert.pk, by=nobody, at=LATER)


def test_a_closed_alert_is_left_alone(cast):
    alert = alert_of(cast)
    nurse = cast.actor("nurse")
    spoke(alert, nurse)
    actions.close_alert(alert_id=alert.pk, reason="Done", by=nurse, at=LATER)
    clinic.deactivate_person(user_id=cast.staff["nurse"], by=cast.actor("administrator"), at=LATER)
    assert alert.pk not in alerts_to_climb(at=NOW + DAY)
    assert climb(alert, DAY) == []
    with pytest.raises(ActionRefused):
        actions.take_alert(alert_id=alert.pk, by=cast.actor("therapist"), at=LATER)


def test_the_prescriber_of_the_course_is_told_and_where_there_is_none_everybody(cast):
    alert = alert_of(cast, 3)
    actions.take_alert(alert_id=alert.pk, by=cast.actor("nurse"), at=LATER)
    before = len(told(alert))
    climb(alert, 30 * MINUTE)
    assert set(told(alert)[before:]) == {"prescriber", "second-prescriber", "nurse", "therapist"}
    course = cast.course("ada")
    course.prescriber = User.objects.get(pk=cast.staff["prescriber"])
    course.save(update_fields=["prescriber"])
    other = alert_of(cast, 3)
    actions.take_alert(alert_id=other.pk, by=cast.actor("nurse"), at=LATER)
    before = len(told(other))
    climb(other, 30 * MINUTE)
    assert told(other)[before:] == ["prescriber"]


def test_a_rise_of_five_is_an_alert_and_one_of_four_is_none(cast):
    record(cast, answers=CALM | {"phq9_1": 3})
    calm = record(cast, answers=CALM | {"phq9_1": 3, "phq9_2": 3, "phq9_3": 1}, at=LATER, answered_at=LATER)
    assert not calm.alerts.exists()
    worse = record(cast, answers=CALM | {"phq9_1": 3, "phq9_2": 3, "phq9_3": 2}, at=LATER, answered_at=LATER)
    alert = worse.alerts.get()
    assert (alert.rule, alert.level, alert.hold is not None) == ("PHQ9_RISE", 2, True)
    assert alert.found == "PHQ-9 now 8, first 3, before 7"
    assert in_full(alert).because == (alert.found,)


def test_a_sitting_without_a_score_after_one_with_is_not_called_unchanged(cast):
    record(cast, answers=CALM)
    row = record(cast, answers={"phq9_9": 0}, at=LATER, answered_at=LATER)
    assert [one.rule for one in row.alerts.all()] == ["PHQ9_RISE_UNKNOWN"]


def test_what_was_corrected_is_not_compared_with(cast):
    wrong = record(cast, answers=CALM)
    record(cast, answers=CALM | {"phq9_1": 3, "phq9_2": 3}, supersedes=wrong, at=LATER)
    assert not Alert.objects.exists()


def test_answers_of_an_earlier_day_typed_in_late_are_compared_with_those_before_them_alone(cast):
    record(cast, answers=CALM, at=LATER, answered_at=LATER)
    row = record(cast, answers=CALM | {f"phq9_{n}": 2 for n in range(1, 5)}, at=LATER, answered_at=NOW)
    assert not row.alerts.exists()


@pytest.mark.parametrize("total, rules", [(5, []), (6, ["ASRM_POSITIVE"]), (None, ["ASRM_NO_SCORE"])])
def test_a_mania_screen_alerts_from_six_and_without_a_result(cast, total, rules):
    answers = {"asrm_1": 0} if total is None else {"total": total}
    licensed(cast, "asrm")
    row = record(cast, instrument_id="asrm", answers=answers)
    assert [one.rule for one in row.alerts.all()] == rules


@pytest.mark.parametrize(
    "yes, rule",
    [
        ("cssrs_1", "CSSRS_LOW"),
        ("cssrs_3", "CSSRS_MODERATE"),
        ("cssrs_4", "CSSRS_HIGH"),
        ("cssrs_5", "CSSRS_HIGH"),
        ("cssrs_6_recent", "CSSRS_HIGH"),
    ],
)
def test_intent_plan_and_recent_behaviour_are_emergencies(cast, yes, rule):
    answers = dict.fromkeys([*(f"cssrs_{n}" for n in range(1, 7)), "cssrs_6_recent"], 0)
    answers |= {"cssrs_2": 1} if yes[6] in "345" else {}
    answers |= {"cssrs_6": 1} if yes == "cssrs_6_recent" else {}
    row = record(cast, instrument_id="cssrs_screener", answers=answers | {yes: 1}, how="asked")
    assert [one.rule for one in row.alerts.all()] == [rule]
