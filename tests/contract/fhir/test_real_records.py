"""The records in ../shared/data are read where they lie; none of their files is ours to keep."""

from collections import Counter
from datetime import date

import pytest

from ketacare.interop.fhir import import_unit
from ketacare.science.facts.entries import EntryKind, Standing
from tests.shared_folder import SHARED, needs_shared

pytestmark = [pytest.mark.real_data, needs_shared]

SYNTHEA = SHARED / "data" / "fhir_r4_synthea_patients"
US_CORE = SHARED / "data" / "fhir_r4_us_core_examples"
# From the note that lies with the files.
BORN = {"Milan": 1973, "Liz": 1986, "Jacob": 1981, "Freda": 1969, "Stephen": 1979}
SEX = {"Milan": "male", "Liz": "female", "Jacob": "male", "Freda": "female", "Stephen": "male"}


def test_the_five_adults_are_who_their_note_says():
    people = import_unit([SYNTHEA]).people
    assert {one.given_name: one.born_on.year for one in people} == BORN
    assert {one.given_name: one.sex_at_birth for one in people} == SEX
    assert all(one.born_on < date(2000, 1, 1) for one in people)


def test_every_resource_of_an_adult_is_accounted_for():
    for path in sorted(SYNTHEA.glob("Milan*.json")):
        unit = import_unit([path])
        taken = Counter(one.source.resource_type for one in unit.resources)
        left = Counter(one.resource_type for one in unit.not_understood)
        assert taken == {"Observation": 124, "Condition": 5, "MedicationRequest": 3, "Procedure": 5}
        assert left == {
            "Claim": 18,
            "Encounter": 15,
            "ExplanationOfBenefit": 15,
            "DiagnosticReport": 11,
            "Immunization": 9,
            "CarePlan": 7,
            "Goal": 5,
            "Organization": 1,
            "Practitioner": 1,
        }


def test_the_illness_that_brought_him_is_there_and_still_present():
    (path,) = SYNTHEA.glob("Milan*.json")
    conditions = [e for r in import_unit([path]).resources for e in r.entries if e.kind is EntryKind.CONDITION]
    depression = [one for one in conditions if "depression" in one.display]
    assert [one.standing for one in depression] == [Standing.PRESENT]


def test_us_core_vitals_belong_to_one_person_and_the_children_are_listed():
    unit = import_unit([US_CORE])
    assert [one.family_name for one in unit.people] == ["Baxter"]
    strangers = [one for one in unit.not_understood if "is not in these files" in one.problem.says]
    assert len(strangers) == 2
    vitals = [e for r in unit.resources for e in r.entries if e.kind is EntryKind.VITAL]
    assert {"Unknown", ""} == {one.absent_reason for one in vitals}


def test_a_us_core_file_alone_lists_the_patient_it_lacks():
    unit = import_unit([US_CORE / "heart-rate.json"])
    assert not unit.resources
    assert unit.not_understood[0].problem.place.endswith("heart-rate.json: /subject/reference")
