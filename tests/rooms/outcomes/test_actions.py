from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from ketacare.clinic import actions as clinic
from ketacare.clinic.errors import ActionRefused, NotAllowed
from ketacare.clinic.models import AuditEvent, Hold, Role
from ketacare.clinic.permissions import PERMISSIONS
from ketacare.clinic.queries import active_holds
from ketacare.outcomes import actions
from ketacare.outcomes.models import TRANSITIONS, Alert, AnswerSet, Score
from ketacare.science.scales import library
from tests.cast import NOW
from tests.rooms.outcomes.caring import CALM, LATER, record, spoke, troubled


def test_answers_are_kept_with_the_file_that_scores_them(cast):
    row = record(cast, answers=CALM | {"phq9_1": 3, "phq9_2": 2})
    cited = library.cite(library.load("phq9"))
    assert (row.instrument_id, row.instrument_version, row.instrument_sha256) == ("phq9", 1, cited.sha256)
    assert (row.score.status, row.score.main, row.score.band_id) == ("complete", 5, "mild")
    assert not row.alerts.exists()
    assert not active_holds(cast.course("ada")).exists()


def test_missing_answers_follow_the_scales_own_rule(cast):
    row = record(cast, answers=CALM | {"phq9_1": None, "phq9_2": 3})
    assert (row.score.status, row.score.main) == ("prorated", 3)
    row = record(cast, answers={"phq9_9": 0})
    assert (row.score.status, row.score.main, row.score.band_id) == ("incomplete", None, "")


def test_a_critical_answer_raises_its_alerts_and_a_hold_in_the_same_act(cast):
    row = troubled(cast, answer=2)
    assert [(alert.rule, alert.level, alert.status) for alert in row.alerts.order_by("pk")] == [
        ("PHQ9_ITEM9_ANY", 2, "open"),
        ("PHQ9_ITEM9_FREQUENT", 3, "open"),
    ]
    (hold,) = active_holds(cast.course("ada"))
    assert {alert.hold_id for alert in row.alerts.all()} == {hold.pk}


def test_an_unanswered_critical_question_is_never_silent(cast):
    row = record(cast, answers=CALM | {"phq9_9": None})
    assert [alert.rule for alert in row.alerts.all()] == ["PHQ9_ITEM9_UNANSWERED"]


def test_a_high_total_asks_for_a_review_and_holds_nothing(cast):
    row = record(cast, answers={f"phq9_{n}": 3 for n in range(1, 9)} | {"phq9_9": 0})
    assert [(alert.rule, alert.level, alert.hold_id) for alert in row.alerts.all()] == [("PHQ9_SEVERE", 1, None)]
    assert not Hold.objects.exists()


def test_an_answer_that_is_not_permitted_is_kept_unscored_and_still_alerts(cast):
    row = record(cast, answers=CALM | {"phq9_1": 7, "phq9_9": 3})
    assert (row.score.status, row.score.main) == ("invalid", None)
    assert row.alerts.count() == 2


def test_the_same_form_sent_twice_is_one_answer_set(cast):
    key = uuid4()
    first, again = troubled(cast, form_key=key), troubled(cast, form_key=key)
    assert first.pk == again.pk
    assert (AnswerSet.objects.count(), Alert.objects.count(), Hold.objects.count()) == (1, 1, 1)


def test_a_form_of_another_scale_under_the_same_key_is_refused(cast):
    key = uuid4()
    record(cast, form_key=key)
    with pytest.raises(ActionRefused, match="already sent"):
        record(cast, form_key=key, instrument_id="gad7", answers={})


def test_a_correction_stands_beside_what_it_corrects_and_keeps_its_alerts(cast):
    wrong = troubled(cast)
    right = record(cast, supersedes=wrong, at=LATER)
    assert wrong.superseded_by == right
    assert wrong.alerts.get().status == "open"
    with pytest.raises(ActionRefused, match="already been corrected"):
        record(cast, supersedes=wrong)
    with pytest.raises(ActionRefused, match="same scale"):
        record(cast, supersedes=right, instrument_id="gad7", answers={})


@pytest.mark.parametrize(
    "change, says",
    [
        ({"instrument_id": "a_scale_of_tomorrow"}, "not shipped"),
        ({"answered_at": LATER}, "future"),
        ({"context": {"sex_for_cutoff": "male"}}, "does not ask"),
    ],
)
def test_what_cannot_be_scored_is_refused_and_nothing_is_written(cast, change, says):
    with pytest.raises(ActionRefused, match=says):
        record(cast, **change)
    assert not AnswerSet.objects.exists()
    assert not Score.objects.exists()


def closed_by(cast, role, alerts):
    for alert in alerts:
        actions.take_alert(alert_id=alert.pk, by=cast.actor(role), at=LATER)
        spoke(alert, cast.actor(role))
        actions.close_alert(alert_id=alert.pk, reason="Seen and spoken with", by=cast.actor(role), at=LATER)


def test_the_hold_goes_with_the_last_alert_that_a_prescriber_closes(cast):
    first, second = troubled(cast, answer=3).alerts.order_by("pk")
    closed_by(cast, "prescriber", [first])
    assert active_holds(cast.course("ada")).count() == 1
    closed_by(cast, "prescriber", [second])
    assert not active_holds(cast.course("ada")).exists()


def test_the_hold_stays_when_somebody_closes_who_may_not_lift_it(cast):
    closed_by(cast, "nurse", troubled(cast).alerts.all())
    assert active_holds(cast.course("ada")).count() == 1


def test_a_hold_that_was_lifted_meanwhile_is_left_alone(cast):
    alert = troubled(cast).alerts.get()
    prescriber = cast.actor("prescriber")
    clinic.lift_hold(hold_id=alert.hold_id, reason="Seen at once", by=prescriber, at=NOW)
    closed_by(cast, "prescriber", [alert])
    assert Hold.objects.get(pk=alert.hold_id).lift_reason == "Seen at once"


def test_each_act_leaves_one_audit_event_of_its_own(cast):
    closed_by(cast, "nurse", troubled(cast).alerts.all())
    for did in ("answers recorded", "alert taken", "alert closed"):
        assert AuditEvent.objects.filter(did=did, patients=[cast.ada]).count() == 1


@pytest.mark.parametrize("role", [role for role in Role if role != Role.PATIENT])
def test_only_those_who_may_record_and_own(cast, role):
    alert = troubled(cast).alerts.get()
    acts = {
        "outcome.record": lambda: record(cast, role=role),
        "alert.own": lambda: actions.take_alert(alert_id=alert.pk, by=cast.actor(role), at=NOW),
    }
    for permission, act in acts.items():
        if role in PERMISSIONS[permission]:
            assert act().pk
        else:
            with pytest.raises(NotAllowed):
                act()


def test_nobody_acts_on_a_patient_of_another_site(cast):
    alert = troubled(cast).alerts.get()
    there = cast.actor("prescriber", there=True)
    with pytest.raises(NotAllowed):
        record(cast, by=there)
    for alert_id in (alert.pk, 987654):
        with pytest.raises(NotAllowed):
            actions.take_alert(alert_id=alert_id, by=there, at=NOW)
        with pytest.raises(NotAllowed):
            actions.close_alert(alert_id=alert_id, reason="x", by=there, at=NOW)


def test_answers_are_never_changed_or_removed(cast):
    row = record(cast)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        AnswerSet.objects.filter(pk=row.pk).update(answers={})
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        AnswerSet.objects.filter(pk=row.pk)._raw_delete("default")


@pytest.mark.parametrize(
    "change, constraint",
    [
        ({"status": "owned"}, "alert_taken_has_an_owner"),
        ({"status": "closed", "owner": True, "closed_without_contact_before": True}, "alert_closed_with_a_reason"),
    ],
)
def test_the_database_holds_what_an_alert_must_be(cast, change, constraint):
    alert = troubled(cast).alerts.get()
    owner = {"owner_id": cast.staff["nurse"]} if change.pop("owner", None) else {}
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Alert.objects.filter(pk=alert.pk).update(**change, **owner)


def test_every_status_of_an_alert_has_its_row_in_the_table():
    assert set(TRANSITIONS) == set(Alert.Status)
    assert not TRANSITIONS["closed"]
