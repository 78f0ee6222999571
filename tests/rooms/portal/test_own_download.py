"""The record taken along: everything of one patient in three forms, and never what a therapist keeps for themself."""

import json
import re
from io import BytesIO
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from ketacare.clinic.models import AuditEvent, Patient
from ketacare.interop.mapping import own_record
from ketacare.interop.mapping.questionnaire import answers_from_fhir
from ketacare.portal.own.record_taken import taken
from ketacare.portal.own.record_words import LABELS, TITLES
from ketacare.portal.own.visitor import visitor
from ketacare.science.scales import library
from ketacare.therapy import actions as therapy
from ketacare.therapy.values import Held, Kept
from tests.cast import NOW
from tests.contract.fhir.made import import_again
from tests.rooms import steps
from tests.rooms.portal.talking import answered, written
from tests.rooms.portal.test_own_pages import answered as phq9
from tests.rooms.rights.asking import asked, limit

SECRET = "My own impatience with silence"


@pytest.fixture
def full(cast):
    """Ada with something in every chapter, and a note that nobody else may read."""
    phq9(cast)
    phq9(cast, "zoe")
    answered(cast, written(cast, text="May I bring música?"))
    written(cast, "ben", text="Ben's own words")
    asked(cast, words="I was born in May.")
    by = cast.actor("therapist")
    held = Held(at=NOW, form_key=uuid4(), kind="preparation", minutes=50, summary="A shawl chosen.")
    therapy.record_session(course_id=cast.ada_course, held=held, by=by, at=NOW)
    therapy.keep_note(course_id=cast.ada_course, kept=Kept(text=SECRET, form_key=uuid4()), by=by, at=NOW)
    import_again(cast.patient("ada"), cast.here)
    return cast


def take(browse, form: str):
    return browse("patient").post(reverse("portal:own-take", args=[form]))


def pdf_text(content: bytes) -> str:
    return " ".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)


@pytest.mark.parametrize("form", ["pdf", "json"])
def test_everything_is_in_it_and_nobody_else(browse, full, form):
    reply = take(browse, form)
    text = pdf_text(reply.content) if form == "pdf" else json.dumps(json.loads(reply.content), ensure_ascii=False)
    for word in ("Lindqvist", "música", "A shawl chosen.", "I was born in May.", "Patient Health Questionnaire-9"):
        assert word in text, word
    for word in (SECRET, "Ben's own words", "Marchetti", "Okonjo"):
        assert word not in text, word


def test_the_bundle_says_who_answers_what_and_what_had_come_from_elsewhere(browse, full):
    bundle = json.loads(take(browse, "fhir").content)
    kinds = [one["resource"]["resourceType"] for one in bundle["entry"]]
    assert (bundle["resourceType"], bundle["type"], kinds[:2]) == (
        "Bundle",
        "collection",
        ["Patient", "QuestionnaireResponse"],
    )
    assert len(kinds) == len({one["fullUrl"] for one in bundle["entry"]}) == 2
    person, sitting = (one["resource"] for one in bundle["entry"][:2])
    assert sitting["subject"]["reference"] == bundle["entry"][0]["fullUrl"]
    assert person["birthDate"] == "1984-05-17"
    assert "gender" not in person
    assert answers_from_fhir(library.load("phq9"), sitting)["phq9_1"] == 2
    assert SECRET not in json.dumps(bundle)
    others = own_record.bundle(full.patient("ada"), [], [{"resourceType": "Condition", "id": "c1"}], at=NOW)
    assert others["entry"][1]["resource"] == {"resourceType": "Condition", "id": "c1"}, "as it came"


@pytest.mark.parametrize("form", ["pdf", "fhir", "json"])
def test_each_taking_is_on_the_trail_kept_by_nothing_and_not_a_link_to_follow(browse, full, form):
    reply = take(browse, form)
    assert "no-store" in reply["Cache-Control"]
    assert "attachment" in reply["Content-Disposition"]
    assert "Lindqvist" not in reply["Content-Disposition"]
    assert AuditEvent.objects.filter(did=f"record taken along as {form}", subjects__patient=full.ada).count() == 1
    assert browse("patient").get(reverse("portal:own-take", args=[form])).status_code == 405


def test_a_form_that_there_is_not_is_not_found(browse, cast):
    assert take(browse, "zip").status_code == 404


def handed(browse, cast, form: str = "json", *, asked: str = "in-person", role: str = "quality"):
    return browse(role).post(reverse("portal:hand-over", args=[cast.ada]), {"form": form, "asked": asked})


@pytest.mark.parametrize("form", ["pdf", "json", "fhir"])
def test_the_clinic_hands_over_what_the_patient_could_take_along(browse, full, form):
    reply = handed(browse, full, form)
    mine = take(browse, form)
    assert (reply["Content-Type"], reply["Content-Disposition"]) == (mine["Content-Type"], mine["Content-Disposition"])
    assert "no-store" in reply["Cache-Control"]
    text = pdf_text(reply.content) if form == "pdf" else reply.content.decode()
    assert "Lindqvist" in text
    for word in (SECRET, "Ben's own words", "Marchetti"):
        assert word not in text, word


def test_handing_over_is_on_record_with_how_it_was_asked_for_and_the_patient_reads_it(browse, full):
    handed(browse, full, "pdf", asked="in-writing")
    event = AuditEvent.objects.get(did="record handed over as pdf")
    assert (event.actor, event.details) == (full.actor("quality").key, {"asked": "in-writing"})
    assert event.patients == [full.ada]
    assert "Harbour Quality" in browse("patient").get(reverse("portal:own-access")).content.decode()


def test_nothing_is_handed_over_without_saying_why_nor_by_who_may_not(browse, full):
    page = reverse("portal:hand-over", args=[full.ada])
    for sent in (
        {},
        {"form": "pdf"},
        {"asked": "in-person"},
        {"form": "exe", "asked": "in-person"},
        {"form": "pdf", "asked": "x"},
    ):
        assert browse("quality").post(page, sent).status_code in (200, 422)
    for role in ("nurse", "therapist", "front-desk", "administrator", "patient"):
        assert handed(browse, full, role=role).status_code == 404
    assert browse("quality", there=True).get(page).status_code == 404
    assert not AuditEvent.objects.filter(did__startswith="record handed over").exists()


def test_somebody_else_gets_it_only_while_the_patient_agrees_and_does_not_forbid_it(browse, full):
    assert handed(browse, full, asked="for-another").status_code == 409
    before = timezone.now()
    talk_and_consent(full, before)
    assert handed(browse, full, asked="for-another").status_code == 200
    limit(full, "sharing", at=before)
    refused = handed(browse, full, asked="for-another")
    assert refused.status_code == 409
    assert "Use for a copy for somebody else is forbidden by the patient." in refused.content.decode()
    assert handed(browse, full).status_code == 200  # to the patient it always goes


def talk_and_consent(cast, at) -> None:
    steps.capable(cast, at=at)
    steps.give(cast, "data_sharing", at=at)


def test_a_record_of_two_sites_is_not_handed_over_by_one_of_them(browse, full):
    full.patient("ada").sites.add(full.there)
    assert handed(browse, full).status_code == 409


def test_the_paper_speaks_the_patients_language_and_the_clinics_words_stay_as_written(browse, full):
    english = pdf_text(take(browse, "pdf").content)
    Patient.objects.filter(pk=full.ada).update(language="es")
    spanish = pdf_text(take(browse, "pdf").content)
    ours = [*map(str, LABELS.values()), *map(str, TITLES.values()), "Nothing is recorded here."]
    said = [one for one in ours if f"{one}:" in english or (one in TITLES and one in english)]
    assert len(said) > 30
    assert [one for one in said if re.search(rf"(?<!\w){one}:", spanish) or (one in TITLES and one in spanish)] == []
    assert "Nothing is recorded here." not in spanish
    assert "A shawl chosen." in spanish


def test_every_value_of_the_record_has_a_name_on_paper(full):
    found = taken(visitor(full.patient_actor()), at=NOW)
    assert {
        name for part in found.parts for line in part.lines for name in line
    } | found.patient.keys() <= LABELS.keys()
    assert {part.title for part in found.parts} == TITLES.keys()


def test_what_the_clinic_hands_over_is_on_paper_in_the_patients_language(browse, full):
    Patient.objects.filter(pk=full.ada).update(language="es")
    assert "Mi historia" in pdf_text(handed(browse, full, "pdf").content)
