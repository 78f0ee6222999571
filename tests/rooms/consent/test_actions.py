from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from ketacare.clinic import actions as clinic
from ketacare.clinic.actor import System
from ketacare.clinic.errors import ActionRefused, NotAllowed
from ketacare.clinic.models import AuditEvent, Role
from ketacare.clinic.permissions import PERMISSIONS
from ketacare.consent import actions
from ketacare.consent.document import document_for
from ketacare.consent.models import Consent, ConsentWithdrawal
from tests.cast import NOW
from tests.rooms.steps import SIGNED, capable, consented, eligible, sign


@pytest.fixture
def ready(cast):
    """The cast with Ada eligible and judged able to decide."""
    eligible(cast)
    capable(cast)
    return cast


def reasons_of(refused) -> str:
    return " ".join(reason.text for reason in refused.value.reasons)


def test_a_signature_makes_an_eligible_course_consented(ready):
    consent = sign(ready)
    course = ready.course("ada")
    assert course.status == "consented"
    assert (consent.drug, consent.route, consent.indication) == ("ketamine", "iv_ketamine", "mdd_trd")
    assert consent.document_sha256 == document_for(indication="mdd_trd").reference.sha256
    assert consent.expires_at - consent.signed_at == timedelta(days=365)


def test_a_patient_signs_for_themself(ready):
    consent = sign(ready, by=ready.patient_actor())
    assert consent.recorded_by_id == ready.ada_user
    assert ready.course("ada").status == "consented"


def test_a_patient_cannot_sign_for_another(ready):
    with pytest.raises(NotAllowed):
        sign(ready, course_id=ready.zoe_course, by=ready.patient_actor())


def test_each_act_leaves_one_audit_event_of_its_own(ready):
    sign(ready)
    actions.withdraw_consent(course_id=ready.ada_course, by=ready.patient_actor(), at=SIGNED)
    for did in ("capacity assessed", "consent signed", "consent withdrawn"):
        assert AuditEvent.objects.filter(did=did, patients=[ready.ada]).count() == 1


@pytest.mark.parametrize(
    "change, says",
    [
        ({"name": "Ada L"}, "name signed"),
        ({"confirmed": frozenset({"read"})}, "not ticked"),
        ({"confirmed": frozenset({"invented"})}, "does not have"),
        ({"document_sha256": "0" * 64}, "changed since it was shown"),
        ({"method": "by-telephone"}, "drawn or typed on screen"),
        ({"method": "on-paper"}, "needs a witness"),
        ({"dose_to_mg_per_kg": Decimal("0.76")}, "0.1 to 0.75 mg/kg"),
        ({"dose_to_mg_per_kg": Decimal("0.05")}, "0.1 to 0.75 mg/kg"),
        ({"at": NOW + timedelta(days=8)}, "too old"),
    ],
)
def test_an_incomplete_signature_is_refused_and_nothing_is_written(ready, change, says):
    with pytest.raises(ActionRefused) as refused:
        sign(ready, **change)
    assert says in reasons_of(refused)
    assert all(reason.who for reason in refused.value.reasons)
    assert not Consent.objects.exists()
    assert ready.course("ada").status == "eligible"


def test_every_reason_is_said_at_once(ready):
    with pytest.raises(ActionRefused) as refused:
        sign(ready, name="", confirmed=frozenset(), method="on-paper")
    assert len(refused.value.reasons) == 3


def test_a_name_is_the_patients_whatever_its_case_and_spaces(ready):
    assert sign(ready, name="  ada   LINDQVIST ").signed_name == "ada LINDQVIST"


def test_a_signature_on_paper_is_witnessed_by_another_person_of_the_site(ready):
    nurse = ready.user("nurse")
    with pytest.raises(ActionRefused, match="another person"):
        sign(ready, method="on-paper", witness=nurse)
    with pytest.raises(ActionRefused, match="does not work"):
        sign(ready, method="on-paper", witness=ready.user("nurse", there=True))
    assert sign(ready, method="on-paper", witness=ready.user("therapist")).witness_id == ready.staff["therapist"]


def test_nobody_signs_before_capacity_was_judged(cast):
    eligible(cast)
    with pytest.raises(ActionRefused, match="Nobody has judged"):
        sign(cast)


def test_one_no_means_that_the_patient_cannot_decide(cast):
    eligible(cast)
    assert not capable(cast, reasons=False).has_capacity
    with pytest.raises(ActionRefused, match="cannot decide"):
        sign(cast)


def test_every_question_about_capacity_is_answered(cast):
    eligible(cast)
    with pytest.raises(ActionRefused, match="chooses"):
        actions.record_capacity(
            course_id=cast.ada_course,
            answers={"understands": True, "appreciates": True, "reasons": True},
            by=cast.actor("prescriber"),
            at=NOW,
        )


def test_consent_comes_after_the_decision_that_treatment_may_go_on(cast):
    capable(cast)
    with pytest.raises(ActionRefused, match="after a decision"):
        sign(cast)


def test_an_indication_without_a_document_is_refused(cast):
    desk = cast.actor("front-desk")
    course = clinic.open_course(
        patient=cast.patient("ben"), site=cast.course("ada").site, indication="mdd_non_trd", by=desk, at=NOW
    )
    with pytest.raises(ActionRefused, match="no consent document"):
        actions.record_capacity(course_id=course.pk, answers={}, by=cast.actor("prescriber"), at=NOW)


def test_consent_can_be_withdrawn_without_a_reason_and_signed_anew(ready):
    sign(ready)
    actions.withdraw_consent(course_id=ready.ada_course, by=ready.patient_actor(), at=SIGNED)
    assert ConsentWithdrawal.objects.get().reason == ""
    capable(ready, at=SIGNED)
    assert sign(ready, at=SIGNED + timedelta(hours=1)).pk


def test_a_signature_handed_in_twice_is_kept_once(ready):
    sign(ready)
    with pytest.raises(ActionRefused, match="stands already"):
        sign(ready)
    assert Consent.objects.count() == 1


def test_what_was_never_given_cannot_be_withdrawn(ready):
    with pytest.raises(ActionRefused, match="no consent"):
        actions.withdraw_consent(course_id=ready.ada_course, by=ready.patient_actor(), at=SIGNED)


@pytest.mark.parametrize("role", [role for role in Role if role != Role.PATIENT])
@pytest.mark.parametrize("permission", ["consent.assess", "consent.sign", "consent.withdraw"])
def test_only_those_who_may_act(cast, role, permission):
    by = cast.actor(role)
    acts = {
        "consent.assess": lambda: actions.record_capacity(course_id=cast.ada_course, answers={}, by=by, at=NOW),
        "consent.sign": lambda: sign(cast, by=by),
        "consent.withdraw": lambda: actions.withdraw_consent(course_id=cast.ada_course, by=by, at=NOW),
    }
    with pytest.raises(ActionRefused if role in PERMISSIONS[permission] else NotAllowed):
        acts[permission]()


@pytest.mark.parametrize("by", ["there", "system"])
def test_nobody_acts_on_a_course_of_another_site(cast, by):
    actor = cast.actor("prescriber", there=True) if by == "there" else System(name="watch")
    for course_id in (cast.ada_course, 987654):
        with pytest.raises(NotAllowed):
            actions.withdraw_consent(course_id=course_id, by=actor, at=NOW)


def test_a_consent_is_never_changed_or_removed(cast):
    consent = consented(cast)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Consent.objects.filter(pk=consent.pk).update(signed_name="Somebody Else")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Consent.objects.filter(pk=consent.pk).delete()


@pytest.mark.parametrize(
    "change, constraint",
    [
        ({"expires_at": SIGNED}, "consent_expires_after_signature"),
        ({"signed_name": ""}, "consent_is_signed"),
        ({"method": "on-paper"}, "consent_on_paper_is_witnessed"),
        ({"dose_to_mg_per_kg": Decimal("0.05")}, "consent_dose_range_is_one"),
    ],
)
def test_the_database_holds_what_a_consent_must_be(cast, change, constraint):
    consent = consented(cast)
    consent.pk, consent.capacity = None, capable(cast)
    for name, value in change.items():
        setattr(consent, name, value)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Consent.objects.bulk_create([consent])


def test_the_database_keeps_one_signature_for_each_judgement(cast):
    consent = consented(cast)
    consent.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        Consent.objects.bulk_create([consent])


def test_the_database_refuses_a_witness_who_recorded_the_signature(cast):
    consent = consented(cast)
    consent.pk, consent.capacity, consent.witness_id = None, capable(cast), consent.recorded_by_id
    with pytest.raises(IntegrityError, match="consent_witness_is_another_person"), transaction.atomic():
        Consent.objects.bulk_create([consent])
