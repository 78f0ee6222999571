"""All files of one call are one unit: references resolve across them, and nothing is dropped in silence."""

import json

import pytest

from ketacare.interop.fhir import import_unit
from tests.contract.fhir import made

WEIGHT = made.observation(value=70)


def subjects(*paths) -> list[str]:
    return [one.person for one in import_unit(paths).resources]


@pytest.mark.parametrize("kind", ["transaction", "collection", "searchset", "batch"])
def test_a_bundle_of_each_kind_is_read(tmp_path, kind):
    unit = import_unit([made.write(tmp_path, made.bundle(made.patient(), WEIGHT, kind=kind))])
    assert (len(unit.people), len(unit.resources)) == (1, 1)


def test_single_resources_in_two_files_find_each_other(tmp_path):
    paths = made.write(tmp_path, WEIGHT, "w.json"), made.write(tmp_path, made.patient(), "p.json")
    assert subjects(*paths) == ["Patient/p1"]


def test_ndjson_is_one_resource_a_line_and_names_its_lines(tmp_path):
    lines = [made.patient(), WEIGHT, {"resourceType": "Claim", "id": "x"}]
    path = made.write(tmp_path, "\n".join(json.dumps(one) for one in lines) + "\n", "bulk.ndjson")
    unit = import_unit([path])
    assert len(unit.resources) == 1
    assert "line=3" in unit.not_understood[0].problem.place


def test_a_folder_is_read_to_its_depths_and_other_files_are_remarked_upon(tmp_path):
    (tmp_path / "deep").mkdir()
    made.write(tmp_path / "deep", WEIGHT, "w.json")
    made.write(tmp_path, made.patient(), "p.json")
    made.write(tmp_path, "hello", "notes.txt")
    unit = import_unit([tmp_path])
    assert len(unit.resources) == 1
    assert [one.place.endswith("notes.txt") for one in unit.remarks] == [True]


def with_urls(*pairs: tuple[str, dict]) -> dict:
    return {"resourceType": "Bundle", "type": "transaction", "entry": [{"fullUrl": u, "resource": r} for u, r in pairs]}


@pytest.mark.parametrize(
    ("patient_url", "reference"),
    [
        ("urn:uuid:aaaa", "urn:uuid:aaaa"),
        ("http://server/fhir/Patient/p1", "http://server/fhir/Patient/p1"),
        ("http://server/fhir/Patient/p1", "Patient/p1"),
        ("http://server/fhir/Patient/p1", "Patient/p1/_history/3"),
        ("urn:uuid:aaaa", "Patient?identifier=urn:clinic|77"),
        ("urn:uuid:aaaa", "Patient?identifier=urn%3Aclinic%7C77"),
    ],
)
def test_every_way_to_refer_to_the_patient_resolves(tmp_path, patient_url, reference):
    weight = made.observation(value=70, subject={"reference": reference})
    made.write(tmp_path, with_urls((patient_url, made.patient()), ("http://server/fhir/Observation/w", weight)))
    assert len(subjects(tmp_path)) == 1


def test_a_logical_reference_resolves_by_identifier(tmp_path):
    subject = {"type": "Patient", "identifier": {"system": "urn:clinic", "value": "77"}}
    made.write(tmp_path, made.bundle(made.patient(), made.observation(value=70, subject=subject)))
    assert subjects(tmp_path) == ["Patient/p1"]


def test_the_patient_of_another_server_is_not_guessed_to_be_ours(tmp_path):
    weight = made.observation(value=70, subject={"reference": "http://b/fhir/Patient/p1"})
    made.write(tmp_path, with_urls(("http://a/fhir/Patient/p1", made.patient()), ("urn:uuid:w", weight)))
    unit = import_unit([tmp_path])
    assert not unit.resources
    assert "is not in these files" in unit.not_understood[0].problem.says


def test_two_patients_of_one_name_in_two_files_keep_their_own_records(tmp_path):
    other = made.patient(birthDate="1990-01-01", identifier=[{"system": "urn:clinic", "value": "78"}])
    made.write(tmp_path, made.bundle(made.patient(), WEIGHT), "a.json")
    made.write(tmp_path, made.bundle(other, made.observation("8302-2", value=170, unit="cm")), "b.json")
    unit = import_unit([tmp_path])
    assert not unit.people
    assert {one.resource_type for one in unit.not_understood} == {"Patient", "Observation"}
    assert "stands twice" in str(unit.not_understood[0].problem)


def test_the_same_resource_twice_counts_once(tmp_path):
    made.write(tmp_path, made.bundle(made.patient(), WEIGHT), "a.json")
    made.write(tmp_path, made.bundle(made.patient(), WEIGHT), "b.json")
    unit = import_unit([tmp_path])
    assert (len(unit.people), len(unit.resources), len(unit.not_understood)) == (1, 1, 0)


def test_a_medicine_is_found_in_the_medication_it_refers_to(tmp_path):
    medication = {"resourceType": "Medication", "id": "m1", "code": {"text": "Lithium"}}
    request = {
        "resourceType": "MedicationRequest",
        "id": "r1",
        "status": "active",
        "intent": "order",
        "medicationReference": {"reference": "Medication/m1"},
        "subject": {"reference": "Patient/p1"},
    }
    unit = import_unit([made.write(tmp_path, made.bundle(made.patient(), medication, request))])
    assert unit.resources[0].entries[0].display == "Lithium"
    assert (unit.supporting, unit.not_understood) == (1, ())


def test_a_medicine_is_found_in_what_the_request_contains(tmp_path):
    request = {
        "resourceType": "MedicationRequest",
        "id": "r1",
        "status": "active",
        "intent": "order",
        "contained": [{"resourceType": "Medication", "id": "m", "code": {"text": "Sertraline"}}],
        "medicationReference": {"reference": "#m"},
        "subject": {"reference": "Patient/p1"},
    }
    unit = import_unit([made.write(tmp_path, made.bundle(made.patient(), request))])
    assert unit.resources[0].entries[0].display == "Sertraline"


@pytest.mark.parametrize(
    ("resource", "pointer"),
    [
        (made.observation(value=70, subject={"reference": "Patient/nobody"}), "/subject/reference"),
        (made.observation(value="seventy"), "/valueQuantity/value"),
        (made.observation(value=70, effectiveDateTime="yesterday"), "/effectiveDateTime"),
        (made.observation(value=70, effectiveDateTime="2026-02-30"), "/effectiveDateTime"),
        (made.observation(value=70, modifierExtension=[{"url": "x"}]), "/modifierExtension"),
        (made.observation(value=70, valueString="x"), "/valueString"),
        (made.condition(code={}), "/code"),
        (made.condition(subject=[1]), "/subject"),
        (made.patient(id="p2", birthDate="1980"), "/birthDate"),
        (made.patient(id="p2", name=[]), "/name"),
        (made.patient(id="p2", link=[{"type": "replaced-by", "other": {"reference": "Patient/p1"}}]), "/link"),
    ],
)
def test_what_cannot_be_taken_over_is_listed_with_its_place(tmp_path, resource, pointer):
    unit = import_unit([made.write(tmp_path, made.bundle(made.patient(), resource))])
    assert [one.resource_type for one in unit.not_understood] == [resource["resourceType"]]
    assert unit.not_understood[0].problem.place.endswith(f"unit.json: /entry/1/resource{pointer}")


def test_one_unreadable_component_does_not_take_the_other_with_it(tmp_path):
    panel = made.observation(
        "85354-9",
        component=[
            {"code": made.concept("8480-6"), "valueQuantity": {"value": 120, "code": "mm[Hg]"}},
            {"code": made.concept("8462-4"), "valueQuantity": {"value": "x"}},
        ],
    )
    unit = import_unit([made.write(tmp_path, made.bundle(made.patient(), panel))])
    assert [entry.value for one in unit.resources for entry in one.entries] == [120]
    assert "/component/1/valueQuantity/value" in unit.remarks[0].place


def test_a_page_of_a_longer_search_says_that_the_rest_is_missing(tmp_path):
    page = made.bundle(made.patient(), kind="searchset") | {"link": [{"relation": "next", "url": "http://x"}]}
    assert "one page of several" in import_unit([made.write(tmp_path, page)]).remarks[0].says


def test_every_resource_is_either_taken_over_used_or_listed(tmp_path):
    claim = {"resourceType": "Claim", "id": "k"}
    made_up = {"resourceType": "Unheard", "id": "u"}
    resources = [made.patient(), WEIGHT, made.condition(), made.condition(id="c2", code={}), claim, made_up]
    unit = import_unit([made.write(tmp_path, made.bundle(*resources))])
    counted = len(unit.people) + len(unit.resources) + unit.supporting + len(unit.not_understood)
    assert counted == len(resources)
