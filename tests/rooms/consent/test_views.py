import pytest
from django.urls import reverse

from ketacare.consent.document import document_for
from ketacare.consent.models import CapacityAssessment, Consent
from tests.rooms.steps import capable, consented, eligible


def address(cast, name, **more):
    return reverse(f"consent:{name}", kwargs={"course_id": cast.ada_course} | more)


def page(client, *args, **kwargs) -> str:
    response = client.get(address(*args, **kwargs))
    assert response.status_code == 200
    return response.content.decode()


def signed_form(**changes) -> dict[str, str]:
    document = document_for(indication="mdd_trd")
    ticked = {f"confirm_{name}": "on" for name in document.confirmation_ids}
    return {"document_sha256": document.reference.sha256, "name": "Ada Lindqvist"} | ticked | changes


def test_the_page_says_that_no_consent_is_in_force_and_why(cast, browse):
    text = page(browse("nurse"), cast, "course")
    assert "Not in force" in text
    assert "not signed a consent" in text
    assert "Lindqvist" in text


def test_a_prescriber_judges_capacity_and_the_patient_signs_in_the_browser(cast, browse):
    eligible(cast)
    answers = dict.fromkeys(document_for(indication="mdd_trd").question_ids, "yes")
    assert browse("prescriber").post(address(cast, "capacity"), answers).status_code == 302
    assert CapacityAssessment.objects.get().has_capacity
    patient = browse("patient")
    text = page(patient, cast, "sign")
    assert "Is this use approved?" in text
    assert "not reviewed by a clinician" in text
    assert "Witness" not in text
    assert patient.post(address(cast, "sign"), signed_form()).status_code == 302
    assert Consent.objects.get().recorded_by_id == cast.ada_user
    assert "In force" in page(browse("nurse"), cast, "course")


def test_what_was_typed_stays_when_a_sentence_is_not_ticked(cast, browse):
    eligible(cast)
    capable(cast)
    form = signed_form()
    del form["confirm_stop"]
    response = browse("nurse").post(address(cast, "sign"), form | {"method": "on-screen"})
    assert response.status_code == 200
    assert "Ada Lindqvist" in response.content.decode()
    assert not Consent.objects.exists()


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


def test_a_document_whose_file_changed_is_not_shown_as_the_signed_one(cast, browse):
    consent = consented(cast)
    consent.pk, consent.capacity, consent.document_sha256 = None, capable(cast), "0" * 64
    (other,) = Consent.objects.bulk_create([consent])
    with pytest.raises(LookupError):
        browse("quality").get(address(cast, "signed", pk=other.pk))


def test_consent_is_taken_back_with_one_button(cast, browse):
    consented(cast)
    assert "Take back consent" in page(browse("patient"), cast, "course")
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
    with django_assert_max_num_queries(30):
        page(client, cast, "course")
