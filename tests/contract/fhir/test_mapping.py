"""What each FHIR resource says, as entries of the record."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from ketacare.interop.fhir import import_unit
from ketacare.science.facts.entries import EntryKind, RecordEntry, Standing
from tests.contract.fhir import made

SCT = "http://snomed.info/sct"


def entries(tmp_path, text_or_resource) -> tuple[RecordEntry, ...]:
    if isinstance(text_or_resource, dict):
        text_or_resource = made.bundle(made.patient(), text_or_resource)
    (resource,) = import_unit([made.write(tmp_path, text_or_resource)]).resources
    return resource.entries


def entry(tmp_path, resource) -> RecordEntry:
    (found,) = entries(tmp_path, resource)
    return found


@pytest.mark.parametrize("literal", ["72.50", "0.10", "25.874442043132916", "1E+2", "-0.0", "70"])
def test_a_decimal_keeps_every_digit_it_was_given(tmp_path, literal):
    body = (
        '{"resourceType":"Bundle","type":"batch","entry":['
        '{"resource":{"resourceType":"Patient","id":"p1","name":[{"family":"V"}],"birthDate":"1980-01-01"}},'
        '{"resource":{"resourceType":"Observation","id":"o","status":"final","subject":{"reference":"Patient/p1"},'
        f'"code":{{"text":"x"}},"valueQuantity":{{"value":{literal},"unit":"kg"}}}}}}]}}'
    )
    (found,) = entries(tmp_path, body)
    assert str(found.value) == str(Decimal(literal))


@pytest.mark.parametrize("value", [1e30, 10**40, 1e-30])
def test_a_number_no_measurement_can_have_is_listed_and_not_stored(tmp_path, value):
    unit = import_unit([made.write(tmp_path, made.bundle(made.patient(), made.observation(value=value)))])
    assert "not a number that a measurement can have" in unit.not_understood[0].problem.says


@pytest.mark.parametrize(
    ("clinical", "verification", "standing"),
    [
        ("active", "confirmed", Standing.PRESENT),
        ("relapse", "confirmed", Standing.PRESENT),
        ("resolved", "confirmed", Standing.PAST),
        ("remission", "", Standing.PAST),
        ("active", "refuted", Standing.REFUTED),
        ("", "entered-in-error", Standing.ERROR),
        ("active", "provisional", Standing.UNSURE),
        ("", "confirmed", Standing.UNSURE),
        ("made-up", "", Standing.UNSURE),
    ],
)
def test_the_two_statuses_of_a_condition_say_how_it_stands(tmp_path, clinical, verification, standing):
    statuses = {"clinicalStatus": made.concept(clinical), "verificationStatus": made.concept(verification)}
    assert entry(tmp_path, made.condition(**statuses)).standing is standing


def test_a_condition_keeps_its_code_its_dates_and_its_words(tmp_path):
    found = entry(tmp_path, made.condition(onsetDateTime="2019", abatementDateTime="2020-05-01"))
    assert (found.kind, found.display) == (EntryKind.CONDITION, "Hypertension")
    assert found.codings[0].code == "38341003"
    assert (found.as_of, found.as_of_given) == (datetime(2019, 1, 1, tzinfo=UTC), "2019")
    assert found.ended_at == datetime(2020, 5, 1, tzinfo=UTC)


def allergy(**more) -> dict:
    return {
        "resourceType": "AllergyIntolerance",
        "id": "a1",
        "clinicalStatus": made.concept("active"),
        "verificationStatus": made.concept("confirmed"),
        "code": made.concept("387207008", "Ibuprofen", SCT),
        "patient": {"reference": "Patient/p1"},
    } | more


def test_no_known_allergy_is_an_explicit_negative(tmp_path):
    code = made.concept("716186003", "No known allergy", SCT)
    assert entry(tmp_path, allergy(code=code)).standing is Standing.REFUTED


def test_an_unconfirmed_no_known_allergy_is_not_a_negative(tmp_path):
    code = made.concept("409137002", "No known drug allergy", SCT)
    found = entry(tmp_path, allergy(code=code, verificationStatus=made.concept("unconfirmed")))
    assert found.standing is Standing.UNSURE


def test_an_allergy_keeps_its_reaction_and_weight(tmp_path):
    reaction = {"manifestation": [{"text": "hives"}], "severity": "severe"}
    found = entry(tmp_path, allergy(criticality="high", reaction=[reaction]))
    assert (found.standing, found.detail) == (Standing.PRESENT, "criticality high · hives (severe)")


@pytest.mark.parametrize(
    ("status", "intent", "more", "standing"),
    [
        ("active", "order", {}, Standing.PRESENT),
        ("active", "proposal", {}, Standing.UNSURE),
        ("draft", "order", {}, Standing.UNSURE),
        ("on-hold", "order", {}, Standing.UNSURE),
        ("stopped", "order", {}, Standing.PAST),
        ("completed", "order", {}, Standing.PAST),
        ("entered-in-error", "order", {}, Standing.ERROR),
        ("active", "order", {"doNotPerform": True}, Standing.REFUTED),
    ],
)
def test_a_request_says_whether_the_medicine_is_taken(tmp_path, status, intent, more, standing):
    request = {
        "resourceType": "MedicationRequest",
        "id": "r",
        "status": status,
        "intent": intent,
        "medicationCodeableConcept": {"text": "Lithium"},
        "subject": {"reference": "Patient/p1"},
        "dosageInstruction": [{"text": "1 at night"}],
    }
    found = entry(tmp_path, request | more)
    assert (found.standing, found.detail) == (standing, "1 at night")


@pytest.mark.parametrize(("status", "standing"), [("active", Standing.PRESENT), ("not-taken", Standing.REFUTED)])
def test_a_statement_says_whether_the_medicine_is_taken(tmp_path, status, standing):
    statement = {
        "resourceType": "MedicationStatement",
        "id": "s",
        "status": status,
        "medicationCodeableConcept": {"text": "St John's wort"},
        "subject": {"reference": "Patient/p1"},
        "effectivePeriod": {"start": "2026-01", "end": "2026-02-03"},
    }
    found = entry(tmp_path, statement)
    assert (found.standing, found.as_of_given) == (standing, "2026-01")


@pytest.mark.parametrize(("status", "standing"), [("completed", Standing.PAST), ("not-done", Standing.REFUTED)])
def test_a_procedure_that_was_not_done_is_refuted(tmp_path, status, standing):
    procedure = {
        "resourceType": "Procedure",
        "id": "x",
        "status": status,
        "code": {"text": "ECT"},
        "subject": {"reference": "Patient/p1"},
        "performedPeriod": {"start": "2020-01-01T10:00:00Z"},
    }
    assert entry(tmp_path, procedure).standing is standing


def test_a_blood_pressure_becomes_its_two_components_that_belong_together(tmp_path):
    panel = made.observation(
        "85354-9",
        component=[
            {"code": made.concept("8480-6"), "valueQuantity": {"value": 131, "system": made.UCUM, "code": "mm[Hg]"}},
            {"code": made.concept("8462-4"), "dataAbsentReason": {"text": "cuff slipped"}},
            {"code": made.concept("8361-8"), "valueCodeableConcept": made.concept("33586001", "Sitting", SCT)},
        ],
    )
    systolic, diastolic, position = entries(tmp_path, panel)
    assert (systolic.kind, systolic.value, systolic.unit) == (EntryKind.VITAL, 131, "mm[Hg]")
    assert (diastolic.value, diastolic.absent_reason) == (None, "cuff slipped")
    assert systolic.position == position.position == "33586001"
    assert systolic.group == diastolic.group
    assert systolic.pointer != diastolic.pointer


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"valueString": "regular"}, "regular"),
        ({"valueBoolean": False}, "no"),
        ({"valueCodeableConcept": {"text": "Negative"}}, "Negative"),
        ({"valueDateTime": "2026-01-01"}, "2026-01-01"),
        ({"valueRange": {"low": {"value": 1, "unit": "mg"}, "high": {"value": 2, "unit": "mg"}}}, "1 mg to 2 mg"),
        ({"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 8}}}, "1 / 8"),
    ],
)
def test_a_value_that_is_no_number_is_kept_in_words(tmp_path, given, expected):
    assert entry(tmp_path, made.observation("1-1", **given)).value_text == expected


def test_a_bound_keeps_its_comparator(tmp_path):
    found = entry(tmp_path, made.observation("62238-1", valueQuantity={"value": 60, "comparator": ">", "unit": "x"}))
    assert (found.comparator, found.value) == (">", 60)


def limits(tmp_path, *ranges: dict) -> Decimal | None:
    return entry(tmp_path, made.observation("1742-6", value=80, unit="U/L", referenceRange=list(ranges))).reference_high


def test_the_upper_limit_is_taken_only_from_one_normal_range_in_the_same_unit(tmp_path):
    normal = {"high": {"value": 40, "unit": "U/L"}}
    therapeutic = {"high": {"value": 99, "unit": "U/L"}, "type": made.concept("therapeutic")}
    assert limits(tmp_path, normal) == 40
    assert limits(tmp_path, normal, therapeutic) == 40
    assert limits(tmp_path, normal, normal) is None
    assert limits(tmp_path, {"high": {"value": 0.7, "unit": "ukat/L"}}) is None
    assert limits(tmp_path, normal | {"age": {"low": {"value": 12}}}) is None


def test_the_administrative_gender_is_not_the_sex_at_birth(tmp_path):
    (person,) = import_unit([made.write(tmp_path, made.patient(gender="male"))]).people
    assert person.sex_at_birth == "unknown"


def test_a_person_has_the_name_in_use_and_the_numbers_in_use(tmp_path):
    names = [
        {"use": "maiden", "family": "Old"},
        {"use": "official", "family": "Vale", "given": ["Ada", "M."]},
    ]
    numbers = [{"system": "a", "value": "1"}, {"system": "b", "value": "2", "use": "old"}, {"value": "no system"}]
    birth_sex = {
        "url": "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex",
        "valueCode": "F",
    }
    given = made.patient(name=names, identifier=numbers, extension=[birth_sex])
    (person,) = import_unit([made.write(tmp_path, given)]).people
    assert (person.given_name, person.family_name, person.sex_at_birth) == ("Ada M.", "Vale", "female")
    assert [one.value for one in person.identifiers] == ["1"]


def test_the_numbers_of_a_person_are_in_no_source_text(tmp_path):
    (person,) = import_unit([made.write(tmp_path, made.patient())]).people
    assert person.source.body == ""
