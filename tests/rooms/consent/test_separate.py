"""What stands beside the treatment: each with its own life."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from ketacare.clinic import actions as clinic
from ketacare.clinic.actor import PatientLink
from ketacare.clinic.errors import ActionRefused, NotAllowed
from ketacare.clinic.models import AuditEvent, Role
from ketacare.clinic.permissions import PERMISSIONS
from ketacare.consent import actions
from ketacare.consent.document import SEPARATE, document_for, separate_for
from ketacare.consent.models import AskedAgain, ConsentTalk, DocumentText, SeparateConsent, TeachBackAnswer
from ketacare.consent.queries import consent_in_force, consent_status, documents_of, registry_consent, taken_back_at
from ketacare.consent.separate import newest_said
from tests.rooms import steps
from tests.rooms.steps import SIGNED, capable, consented, eligible, give, sign, signature, talked, understood

LATER = SIGNED + timedelta(days=1)
OPTIONAL = [kind for kind in SEPARATE if kind != "off_label"]


@pytest.fixture
def signed(cast):
    """The cast with Ada's consent signed."""
    consented(cast)
    return cast


def in_force(cast, at=LATER) -> bool:
    return consent_in_force(cast.course("ada"), route="iv_ketamine", at=at) is not None


def refuse(cast, kind, at=LATER):
    sha = separate_for(kind).reference.sha256
    return actions.refuse_separate(
        course_id=cast.ada_course, kind=kind, document_sha256=sha, by=cast.patient_actor(), at=at
    )


def withdraw(cast, kind, at=LATER):
    return actions.withdraw_separate(course_id=cast.ada_course, kind=kind, by=cast.patient_actor(), at=at)


def reasons_of(cast, at=LATER) -> str:
    return " ".join(reason.text for reason in consent_status(cast.course("ada"), at).reasons)


@pytest.mark.parametrize("kind", OPTIONAL)
def test_refusing_or_taking_back_what_is_optional_never_blocks_treatment(signed, kind):
    refuse(signed, kind, at=SIGNED)
    assert in_force(signed)
    give(signed, kind, at=LATER)
    assert in_force(signed)
    withdraw(signed, kind)
    assert in_force(signed)


def test_treatment_waits_for_the_consent_to_off_label_use(cast):
    eligible(cast)
    capable(cast)
    document = document_for(indication="mdd_trd")
    talked(cast)
    understood(cast, document)
    actions.sign_consent(
        course_id=cast.ada_course, signature=signature(cast, document), by=cast.actor("nurse"), at=SIGNED
    )
    assert not in_force(cast)
    assert "off-label" in reasons_of(cast)
    refuse(cast, "off_label", at=SIGNED)
    assert not in_force(cast)
    give(cast, "off_label", at=LATER)
    assert in_force(cast)
    withdraw(cast, "off_label")
    assert not in_force(cast)
    assert "off-label" in reasons_of(cast)


def test_an_approved_use_needs_no_consent_to_off_label_use(cast):
    eligible(cast)
    capable(cast)
    spray = document_for(indication="mdd_trd", route="in_esketamine")
    steps.answers.answer(cast, plan__route="in_esketamine")
    sign(cast, document=spray)
    assert consent_in_force(cast.course("ada"), route="in_esketamine", at=LATER)
    assert not SeparateConsent.objects.exists()


def test_each_is_given_and_taken_back_on_its_own(signed):
    for kind in OPTIONAL:
        give(signed, kind, at=SIGNED)
    withdraw(signed, "recording")
    said = {kind: row.said for kind, row in newest_said(signed.course("ada"), LATER).items()}
    assert said == dict.fromkeys(SEPARATE, "given") | {"recording": "withdrawn"}


def test_the_registry_counts_a_patient_from_the_yes_until_it_is_taken_back(signed):
    ada = signed.patient("ada")
    assert registry_consent(ada, LATER) is None
    given = give(signed, "registry", at=SIGNED)
    assert registry_consent(ada, SIGNED - timedelta(seconds=1)) is None
    assert registry_consent(ada, SIGNED) == given
    withdraw(signed, "registry", at=LATER)
    assert registry_consent(ada, LATER - timedelta(seconds=1)) == given
    assert registry_consent(ada, LATER) is None
    assert registry_consent(ada, SIGNED + timedelta(days=400)) is None
    assert registry_consent(signed.patient("zoe"), LATER) is None


def test_a_consent_to_the_registry_is_the_persons_and_holds_at_another_course(signed):
    give(signed, "registry", at=SIGNED)
    give(signed, "touch", at=SIGNED)
    desk = signed.actor("front-desk")
    other = clinic.open_course(
        patient=signed.patient("ada"), site=signed.course("ada").site, indication="ptsd", by=desk, at=LATER
    )
    assert set(newest_said(other, LATER)) == {"registry"}


def test_a_yes_runs_out_after_twelve_months(signed):
    give(signed, "registry", at=SIGNED)
    end = SIGNED + timedelta(days=365)
    assert registry_consent(signed.patient("ada"), end - timedelta(seconds=1))
    assert registry_consent(signed.patient("ada"), end) is None


@pytest.mark.parametrize(
    "change, says",
    [
        ({"name": "Ada L"}, "name signed"),
        ({"confirmed": frozenset()}, "not ticked"),
        ({"document_sha256": "0" * 64}, "changed since it was shown"),
        ({"is_present": False}, "State that the patient is there"),
        ({"method": "drawn", "strokes": ()}, "Draw your name"),
    ],
)
def test_an_incomplete_yes_is_refused_and_nothing_is_kept(signed, change, says):
    with pytest.raises(ActionRefused, match=says):
        give(signed, "touch", at=SIGNED, **change)
    assert not SeparateConsent.objects.filter(kind="touch").exists()


def test_a_yes_needs_the_talk_and_its_questions_and_a_no_needs_nothing(cast):
    eligible(cast)
    capable(cast)
    text = separate_for("touch")
    yes = {"course_id": cast.ada_course, "kind": "touch", "signature": signature(cast, text), "by": cast.actor("nurse")}
    with pytest.raises(ActionRefused, match="talked this through"):
        actions.give_separate(**yes, at=SIGNED)
    talked(cast)
    with pytest.raises(ActionRefused, match="not answered rightly yet: 2"):
        actions.give_separate(**yes, at=SIGNED)
    assert refuse(cast, "touch", at=SIGNED).said == "refused"


def test_a_wrong_last_answer_closes_the_signature_again(cast):
    eligible(cast)
    capable(cast)
    text = document_for(indication="mdd_trd")
    talked(cast)
    understood(cast, text)
    question = text.stated.teach_back[0]
    wrong = next(one.id for one in question.choices if one.id != question.right)
    answer = {"course_id": cast.ada_course, "text": text, "question": question.id, "by": cast.patient_actor()}
    actions.answer_question(**answer, choice=wrong, at=SIGNED)
    with pytest.raises(ActionRefused, match="not answered rightly yet: 1"):
        actions.sign_consent(
            course_id=cast.ada_course, signature=signature(cast, text), by=cast.actor("nurse"), at=SIGNED
        )
    for given in ("nonsense", question.ask):
        with pytest.raises(ActionRefused, match="no such question or answer"):
            actions.answer_question(**answer, choice=given, at=SIGNED)
    assert TeachBackAnswer.objects.filter(is_right=False).count() == 1


def test_answers_about_one_language_do_not_count_for_the_other(cast):
    eligible(cast)
    capable(cast)
    talked(cast)
    understood(cast, document_for(indication="mdd_trd"))
    spanish = document_for(indication="mdd_trd", language="es")
    with pytest.raises(ActionRefused, match="not answered rightly yet: 6"):
        actions.sign_consent(
            course_id=cast.ada_course, signature=signature(cast, spanish), by=cast.actor("nurse"), at=SIGNED
        )
    understood(cast, spanish)
    consent = actions.sign_consent(
        course_id=cast.ada_course, signature=signature(cast, spanish), by=cast.actor("nurse"), at=SIGNED
    )
    assert (consent.language, consent.document_id) == ("es", "iv_ketamine_es")
    assert DocumentText.objects.get().sha256 == consent.document_sha256


def test_the_talk_grows_too_old(cast):
    eligible(cast)
    talked(cast, at=SIGNED)
    understood(cast, document_for(indication="mdd_trd"), at=SIGNED)
    late = SIGNED + timedelta(days=8)
    capable(cast, at=late)
    text = document_for(indication="mdd_trd")
    with pytest.raises(ActionRefused, match="too long ago"):
        actions.sign_consent(
            course_id=cast.ada_course, signature=signature(cast, text), by=cast.actor("nurse"), at=late
        )


def test_a_link_without_a_log_in_signs_nothing(cast):
    eligible(cast)
    capable(cast)
    text = document_for(indication="mdd_trd")
    talked(cast)
    understood(cast, text)
    link = PatientLink(user_id=None, patient_id=cast.ada, name="Ada")
    with pytest.raises(ActionRefused, match="link is not enough"):
        actions.sign_consent(course_id=cast.ada_course, signature=signature(cast, text), by=link, at=SIGNED)


def test_an_event_that_asks_anew_ends_the_consent_until_it_is_signed_again(signed):
    by = signed.actor("nurse")
    actions.ask_again(course_id=signed.ada_course, why="serious-event", says="Seizure.", by=by, at=LATER)
    assert in_force(signed, at=LATER - timedelta(seconds=1))
    assert not in_force(signed)
    assert "A serious event since the signature" in reasons_of(signed)
    assert "Seizure." in reasons_of(signed)
    again = LATER + timedelta(hours=1)
    capable(signed, at=again)
    sign(signed, at=again)
    assert in_force(signed, at=again)
    assert AskedAgain.objects.count() == 1


@pytest.mark.parametrize("given", [{"why": "weather", "says": "Rain."}, {"why": "other", "says": "  "}])
def test_asking_anew_says_what_has_changed(signed, given):
    with pytest.raises(ActionRefused, match="what has changed"):
        actions.ask_again(course_id=signed.ada_course, **given, by=signed.actor("nurse"), at=LATER)


@pytest.mark.parametrize("risk, says", [(True, "A risk is new or has changed"), (False, "The text has changed")])
def test_a_new_version_of_the_text_ends_the_consent_and_says_what_is_new(signed, monkeypatch, risk, says):
    document = document_for(indication="mdd_trd")
    shape = document.stated
    changes = {"risk": risk, "says": ["The bladder is now checked more often."]}
    later = type(shape).model_validate(
        shape.model_dump(by_alias=True) | {"version": 2, "changes": changes}, strict=False
    )
    newer = document.model_copy(update={"stated": later})
    monkeypatch.setattr("ketacare.consent.queries.newest", lambda name: newer)
    assert not in_force(signed)
    assert says in reasons_of(signed)
    assert "version 1 was signed, version 2 is read now" in reasons_of(signed)
    assert "checked more often" in reasons_of(signed)


def test_the_moment_of_taking_back_is_known_until_the_patient_signs_again(signed):
    course = signed.course("ada")
    assert taken_back_at(course, LATER) is None
    withdraw(signed, "off_label")
    assert taken_back_at(course, LATER) == LATER
    assert taken_back_at(course, LATER - timedelta(seconds=1)) is None
    give(signed, "off_label", at=LATER + timedelta(minutes=1))
    assert taken_back_at(course, LATER + timedelta(minutes=1)) is None
    actions.withdraw_consent(course_id=signed.ada_course, by=signed.patient_actor(), at=LATER + timedelta(hours=1))
    assert taken_back_at(course, LATER + timedelta(hours=2)) == LATER + timedelta(hours=1)
    capable(signed, at=LATER + timedelta(hours=3))
    sign(signed, at=LATER + timedelta(hours=3))
    assert taken_back_at(course, LATER + timedelta(hours=3)) is None


def test_a_patients_documents_are_listed_with_how_they_stand(signed):
    give(signed, "registry", at=SIGNED)
    refuse(signed, "touch")
    listed = {one.kind: one for one in documents_of(signed.patient("ada"), LATER)}
    assert list(listed) == ["treatment", *SEPARATE]
    assert listed["treatment"].state == "in-force"
    assert listed["off_label"].is_needed
    assert not listed["registry"].is_needed
    assert [listed[kind].state for kind in ("registry", "touch", "recording")] == ["in-force", "refused", "not-asked"]
    withdraw(signed, "registry")
    actions.withdraw_consent(course_id=signed.ada_course, by=signed.patient_actor(), at=LATER)
    listed = {one.kind: one.state for one in documents_of(signed.patient("ada"), LATER)}
    assert (listed["treatment"], listed["registry"]) == ("withdrawn", "withdrawn")


@pytest.mark.parametrize("role", [role for role in Role if role != Role.PATIENT])
@pytest.mark.parametrize("permission", ["consent.explain", "consent.answer", "consent.ask-again"])
def test_only_those_who_may_act(cast, role, permission):
    by, text = cast.actor(role), separate_for("touch")
    course = {"course_id": cast.ada_course, "by": by, "at": SIGNED}
    acts = {
        "consent.explain": lambda: actions.record_talk(talk=steps.Talk(explained_by=cast.user("therapist")), **course),
        "consent.answer": lambda: actions.answer_question(text=text, question="where", choice="hand", **course),
        "consent.ask-again": lambda: actions.ask_again(why="other", says="", **course),
    }
    with pytest.raises(ActionRefused if role in PERMISSIONS[permission] else NotAllowed):
        acts[permission]()


def test_nothing_that_was_said_is_changed_or_removed(signed):
    actions.ask_again(course_id=signed.ada_course, why="other", says="Moved.", by=signed.actor("nurse"), at=LATER)
    for model in (ConsentTalk, TeachBackAnswer, SeparateConsent, DocumentText, AskedAgain):
        assert model.objects.exists()
        table = connection.ops.quote_name(model._meta.db_table)
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {table}")


@pytest.mark.parametrize(
    "change, constraint",
    [
        ({"signed_name": ""}, "separate_consent_given_is_signed"),
        ({"expires_at": SIGNED}, "separate_consent_given_is_signed"),
        ({"method": "drawn"}, "separate_consent_drawn_has_a_drawing"),
    ],
)
def test_the_database_holds_what_a_yes_must_be(signed, change, constraint):
    row = SeparateConsent.objects.get(kind="off_label")
    row.pk = None
    for name, value in change.items():
        setattr(row, name, value)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        SeparateConsent.objects.bulk_create([row])


def test_each_act_leaves_one_audit_event_of_its_own(signed):
    give(signed, "touch", at=SIGNED)
    withdraw(signed, "touch")
    refuse(signed, "recording")
    actions.ask_again(course_id=signed.ada_course, why="other", says="Moved.", by=signed.actor("nurse"), at=LATER)
    of_touch = {"details__kind": "touch"}
    assert AuditEvent.objects.filter(did="separate consent given", **of_touch).count() == 1
    assert AuditEvent.objects.filter(did="separate consent withdrawn", patients=[signed.ada]).count() == 1
    assert AuditEvent.objects.filter(did="separate consent refused", patients=[signed.ada]).count() == 1
    assert AuditEvent.objects.filter(did="consent asked again", patients=[signed.ada]).count() == 1
