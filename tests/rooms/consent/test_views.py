import pytest
from django.urls import reverse
from django.utils import timezone

from ketacare.consent import document
from ketacare.consent.document import document_for, separate_for
from ketacare.consent.models import (
    CapacityAssessment,
    Consent,
    ConsentTalk,
    DocumentText,
    SeparateConsent,
    TeachBackAnswer,
)
from tests.rooms.steps import capable, consented, eligible, give, talked, understood


def address(cast, name, **more):
    return reverse(f"consent:{name}", kwargs={"course_id": cast.ada_course} | more)


def page(client, *args, **kwargs) -> str:
    response = client.get(address(*args, **kwargs))
    assert response.status_code == 200
    return response.content.decode()


def signed_form(**changes) -> dict[str, str]:
    document = document_for(indication="mdd_trd")
    ticked = {f"confirm_{name}": "on" for name in document.confirmation_ids}
    shown = {"document_sha256": document.reference.sha256, "name": "Ada Lindqvist"}
    return shown | ticked | changes


@pytest.fixture
def explained(cast):
    """The cast with Ada eligible, able to decide, and the document explained and understood."""
    now = timezone.now()
    eligible(cast, at=now)
    capable(cast, at=now)
    talked(cast, at=now)
    understood(cast, document_for(indication="mdd_trd"), at=now)
    return cast


def test_the_page_says_that_no_consent_is_in_force_and_why(cast, browse):
    text = page(browse("nurse"), cast, "course")
    assert "Not in force" in text
    assert "not signed a consent" in text
    assert "Lindqvist" in text


def test_a_prescriber_judges_capacity_a_nurse_talks_and_the_patient_signs_in_the_browser(cast, browse):
    eligible(cast)
    document = document_for(indication="mdd_trd")
    answers = dict.fromkeys(document.question_ids, "yes")
    assert browse("prescriber").post(address(cast, "capacity"), answers).status_code == 302
    assert CapacityAssessment.objects.get().has_capacity
    told = {"explained_by": cast.staff["nurse"], "interpreter": "none-needed", "questions": "Does it hurt? A little."}
    assert browse("nurse").post(address(cast, "talk"), told).status_code == 302
    patient = browse("patient")
    text = page(patient, cast, "sign")
    assert "Is this use approved?" in text
    assert "not reviewed by a clinician" in text
    assert "Witness" not in text
    assert "Before you can sign" in text
    for question in document.stated.teach_back:
        said = {"question": question.id, "choice": question.right, "document_sha256": document.reference.sha256}
        assert patient.post(address(cast, "questions", kind="treatment"), said).status_code == 302
    assert patient.post(address(cast, "sign"), signed_form()).status_code == 302
    assert Consent.objects.get().recorded_by_id == cast.ada_user
    assert Consent.objects.get().signed_in == "patient"
    assert "has not agreed to that on its own page" in page(browse("nurse"), cast, "course")
    give(cast, "off_label", at=timezone.now())
    assert "In force" in page(browse("nurse"), cast, "course")


def test_what_was_typed_stays_when_a_sentence_is_not_ticked(explained, browse):
    form = signed_form()
    del form["confirm_stop"]
    response = browse("nurse").post(address(explained, "sign"), form | {"method": "on-screen", "is_present": "on"})
    assert response.status_code == 200
    assert "Ada Lindqvist" in response.content.decode()
    assert not Consent.objects.exists()


def test_a_drawing_is_kept_as_lines_and_a_name_is_not_asked_for(explained, browse):
    form = signed_form(name="", strokes="[[[10,20],[400,200],[700,30]]]")
    assert browse("patient").post(address(explained, "sign"), form).status_code == 302
    consent = Consent.objects.get()
    assert consent.method == "drawn"
    assert consent.signed_name == "Ada Lindqvist"
    assert consent.strokes == [[[10, 20], [400, 200], [700, 30]]]


@pytest.mark.parametrize(
    "strokes", ["", "[]", "[[[10,20]]]", "<svg/>", '[["a"]]', "[[[-1,5],[400,200]]]", "[[[1.5,5],[400,20]]]"]
)
def test_without_a_real_drawing_or_a_name_nothing_is_signed(explained, browse, strokes):
    response = browse("patient").post(address(explained, "sign"), signed_form(name="", strokes=strokes))
    assert response.status_code == 200
    assert "raw your name" in response.content.decode() or "could not be read" in response.content.decode()
    assert not Consent.objects.exists()


def test_another_name_is_said_on_the_form(explained, browse):
    response = browse("patient").post(address(explained, "sign"), signed_form(name="Ben Okonjo"))
    assert "This is not your name" in response.content.decode()
    assert not Consent.objects.exists()


def test_staff_say_that_the_patient_is_there(explained, browse):
    nurse = browse("nurse")
    refused = nurse.post(address(explained, "sign"), signed_form(method="on-screen"))
    assert refused.status_code == 409
    assert "State that the patient is there" in refused.content.decode()
    form = signed_form(method="on-screen", is_present="on")
    assert nurse.post(address(explained, "sign"), form).status_code == 302
    assert Consent.objects.get().signed_in == "staff"


def test_a_wrong_answer_is_explained_asked_again_and_kept(cast, browse):
    now = timezone.now()
    eligible(cast, at=now)
    talked(cast, at=now)
    document = document_for(indication="mdd_trd")
    question = document.stated.teach_back[0]
    wrong = next(one.id for one in question.choices if one.id != question.right)
    said = {"question": question.id, "document_sha256": document.reference.sha256}
    nurse = browse("nurse")
    nurse.post(address(cast, "questions", kind="treatment"), said | {"choice": wrong})
    assert question.again in page(nurse, cast, "questions", kind="treatment")
    nurse.post(address(cast, "questions", kind="treatment"), said | {"choice": question.right})
    assert question.again not in page(nurse, cast, "questions", kind="treatment")
    tries = TeachBackAnswer.objects.order_by("pk").values_list("choice", "is_right")
    assert list(tries) == [(wrong, False), (question.right, True)]


def test_questions_stay_closed_until_somebody_has_talked_it_through(cast, browse):
    eligible(cast)
    document = document_for(indication="mdd_trd")
    question = document.stated.teach_back[0]
    text = page(browse("patient"), cast, "questions", kind="treatment")
    assert "talks it through with you first" in text
    said = {"question": question.id, "choice": question.right, "document_sha256": document.reference.sha256}
    assert browse("patient").post(address(cast, "questions", kind="treatment"), said).status_code == 409
    assert not TeachBackAnswer.objects.exists()


def test_an_interpreter_has_a_name_and_a_language(cast, browse):
    eligible(cast)
    told = {"explained_by": cast.staff["nurse"], "interpreter": "present", "interpreter_name": "Luz Vega"}
    refused = browse("nurse").post(address(cast, "talk"), told)
    assert refused.status_code == 409
    assert "Name the interpreter and the language" in refused.content.decode()
    told["interpreter_language"] = "Spanish"
    assert browse("nurse").post(address(cast, "talk"), told).status_code == 302
    assert ConsentTalk.objects.get().interpreter_name == "Luz Vega"
    assert "Luz Vega, Spanish" in page(browse("nurse"), cast, "course")


def test_the_same_text_is_read_in_spanish(explained, browse):
    response = browse("patient").get(address(explained, "sign") + "?language=es")
    text = response.content.decode()
    assert '<html lang="es"' in text
    assert "¿Está aprobado este uso?" in text
    assert "Is this use approved?" not in text
    assert "hreflang" in text
    listed = browse("patient").get(address(explained, "course") + "?language=es").content.decode()
    assert "Registro de investigación" in listed
    assert "Research registry" not in listed


def test_a_patient_gives_refuses_and_takes_back_each_on_its_own(cast, browse):
    now = timezone.now()
    consented(cast)
    capable(cast, at=now)
    patient = browse("patient")
    registry = separate_for("registry")
    refused = {"said": "refused", "document_sha256": registry.reference.sha256}
    assert patient.post(address(cast, "separate", kind="registry"), refused).status_code == 302
    assert "You said no." in page(patient, cast, "course")
    give(cast, "touch", at=now, by=cast.patient_actor())
    assert patient.post(address(cast, "separate-withdraw", kind="touch")).status_code == 302
    said = SeparateConsent.objects.order_by("pk").values_list("kind", "said")
    assert list(said) == [("off_label", "given"), ("registry", "refused"), ("touch", "given"), ("touch", "withdrawn")]
    assert patient.get(address(cast, "separate", kind="haircut")).status_code == 404


def test_a_refusal_lists_every_reason(cast, browse):
    response = browse("nurse").post(address(cast, "sign"), signed_form(name="Ben Okonjo", method="on-paper"))
    assert response.status_code == 409
    text = response.content.decode()
    for reason in ("not the patient&#x27;s name", "needs a witness", "Nobody has judged", "comes after a decision"):
        assert reason in text


def test_a_signature_is_read_as_it_was_signed(cast, browse):
    consent = consented(cast)
    text = page(browse("quality"), cast, "signed", pk=consent.pk)
    assert consent.document_sha256 in text
    assert "I know my other choices." in text


def test_a_text_is_read_as_it_was_signed_whatever_became_of_its_file(cast, browse, monkeypatch):
    consent = consented(cast)
    monkeypatch.setattr(document.reference, "data_files", list)
    document.texts.cache_clear()
    assert "Is this use approved?" in page(browse("quality"), cast, "signed", pk=consent.pk)
    monkeypatch.undo()
    document.texts.cache_clear()


def test_a_text_that_is_not_what_was_signed_is_never_shown_as_it(cast, browse):
    consent = consented(cast)
    consent.pk, consent.capacity, consent.document_sha256 = None, capable(cast), "0" * 64
    (other,) = Consent.objects.bulk_create([consent])
    DocumentText.objects.create(sha256="0" * 64, content="something else")
    with pytest.raises(LookupError):
        browse("quality").get(address(cast, "signed", pk=other.pk))


def test_consent_is_taken_back_with_one_button(cast, browse):
    consented(cast)
    assert "Take back my consent" in page(browse("patient"), cast, "course")
    assert browse("patient").post(address(cast, "withdraw")).status_code == 302
    text = page(browse("nurse"), cast, "course")
    assert "Not in force" in text
    assert "took the consent back" in text
    assert "Take back consent" not in text


@pytest.mark.parametrize("role, shown", [("prescriber", True), ("nurse", False), ("patient", False)])
def test_only_a_prescriber_is_offered_to_judge_capacity(cast, browse, role, shown):
    assert ("Judge capacity" in page(browse(role), cast, "course")) == shown


def test_the_page_costs_the_same_however_often_was_signed(cast, browse, django_assert_max_num_queries):
    consented(cast)
    client = browse("nurse")
    with django_assert_max_num_queries(40):
        page(client, cast, "course")
