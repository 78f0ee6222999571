"""A referral's record is imported: what it makes known stands in the evaluation, and where an answer differs somebody says why."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from ketacare.clinic.actor import Operator
from ketacare.clinic.models import Patient, Site
from ketacare.interop.fhir import import_unit
from ketacare.record.actions import import_resources
from tests.browser.journey import Journey
from tests.cast import Cast
from tests.contract.fhir import made

pytestmark = pytest.mark.browser
SNOMED, ICD10CM = "http://snomed.info/sct", "http://hl7.org/fhir/sid/icd-10-cm"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"


def diagnosis(code: str, words: str, onset: str, system: str = ICD10CM) -> dict:
    return made.condition(id=f"c-{code}", code=made.concept(code, words, system), onsetDateTime=onset)


def medicine(code: str, words: str, dosage: str) -> dict:
    return {
        "resourceType": "MedicationRequest",
        "id": f"m-{code}",
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": made.concept(code, words, RXNORM),
        "subject": {"reference": "Patient/p1"},
        "authoredOn": "2025-11-03",
        "dosageInstruction": [{"text": dosage}],
    }


def refer(cast: Cast, folder: Path) -> None:
    """Import what a general practice sent about Ada."""
    made.import_again(cast.patient("ada"), cast.here)
    person = made.patient(
        identifier=[{"system": "urn:clinic", "value": f"n{cast.ada}"}],
        name=[{"family": "Lindqvist", "given": ["Ada"]}],
        birthDate="1984-05-17",
    )
    said = [
        diagnosis("38341003", "Hypertension", "2011-06-01", SNOMED),
        diagnosis("I71.40", "Abdominal aortic aneurysm", "2017-02-14"),
        diagnosis("I25.2", "Old myocardial infarction", "2019"),
        diagnosis("G47.33", "Obstructive sleep apnoea", "2020-09-30"),
        medicine("310385", "Fluoxetine 20 MG Oral Capsule", "1 capsule daily"),
        medicine("197901", "Lorazepam 1 MG Oral Tablet", "1 tablet twice daily"),
    ]
    unit = import_unit([made.write(folder, made.bundle(person, *said))])
    import_resources(unit=unit, site=Site.objects.get(pk=cast.here), by=Operator(), at=timezone.now())
    assert Patient.objects.get(pk=cast.ada).entries.count() == len(said)


def test_a_referral_s_record_fills_facts_and_an_answer_against_it_is_settled(
    journey_of: Callable[[str], Journey], own_cast: Cast, tmp_path: Path
) -> None:
    refer(own_cast, tmp_path)
    walk = journey_of("prescriber")
    page = walk.page
    page.goto(reverse("evaluation:course", args=[own_cast.ada_course]))
    expect(page.locator("#disposition")).to_contain_text("Findings speak against treatment")
    expect(page.locator("#ABS-01")).to_contain_text("Abdominal aortic aneurysm")

    page.goto(reverse("evaluation:section", args=[own_cast.ada_course, "medicines"]))
    taken = page.locator('[id="meds.classes"]')
    expect(taken).to_contain_text("at least benzodiazepine, SSRI or SNRI")
    expect(page.locator('[id="meds.benzo_dze_mg"]')).to_contain_text("The record comes to at least 20 mg/day")
    taken.get_by_label("These are all of them").check()
    walk.look("record-medicines")
    page.get_by_role("button", name="Save and go on").click()
    expect(taken).to_contain_text("Known: benzodiazepine, SSRI or SNRI")

    page.goto(reverse("evaluation:section", args=[own_cast.ada_course, "heart"]))
    question = page.locator('[id="cv.aneurysmal_vascular_disease"]')
    expect(question).to_contain_text("Abdominal aortic aneurysm, 2017-02-14 (active · confirmed)")
    question.get_by_label("No", exact=True).check()
    page.get_by_role("button", name="Save and go on").click()
    page.goto(reverse("evaluation:course", args=[own_cast.ada_course]))
    differ = page.get_by_role("region", name="Answers and record differ")
    expect(differ).to_contain_text("Abdominal aortic aneurysm")
    expect(page.locator("#disposition")).to_contain_text("Findings speak against treatment")
    walk.look("record-contradiction")

    differ.get_by_role("link", name="Settle it").click()
    question.get_by_label("If the record is not right: why").fill("Repaired in 2019, imaging of 3 May 2025 on file")
    walk.look("record-settling")
    page.get_by_role("button", name="Save and go on").click()
    page.goto(reverse("evaluation:course", args=[own_cast.ada_course]))
    expect(page.get_by_text("Answers and record differ")).to_have_count(0)
    expect(page.locator("#disposition")).not_to_contain_text("Findings speak against treatment")
