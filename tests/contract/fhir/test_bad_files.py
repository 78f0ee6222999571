import copy
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ketacare.interop.errors import BadInput
from ketacare.interop.fhir import import_unit
from ketacare.interop.json_text import MAX_DEPTH
from tests.contract.fhir import made


def refusal(*paths, **options) -> str:
    with pytest.raises(BadInput) as caught:
        import_unit(paths, **options)
    return str(caught.value)


def test_a_truncated_bundle_is_refused_with_line_and_column(tmp_path):
    text = json.dumps(made.bundle(made.patient()), indent=1)
    said = refusal(made.write(tmp_path, text[: len(text) // 2]))
    assert "truncated" in said
    assert "line" in said
    assert "column" in said


@pytest.mark.parametrize("cut", [5, 40, 111, 170])
def test_every_cut_of_a_file_is_one_problem(tmp_path, cut):
    text = json.dumps(made.bundle(made.patient()))
    with pytest.raises(BadInput) as caught:
        import_unit([made.write(tmp_path, text[:cut])])
    assert len(caught.value.problems) == 1
    assert "unit.json" in caught.value.problems[0].place


def test_an_empty_file_says_that_it_is_empty(tmp_path):
    assert "empty" in refusal(made.write(tmp_path, ""))


def test_xml_is_named_as_xml(tmp_path):
    assert "XML" in refusal(made.write(tmp_path, "<Bundle xmlns='http://hl7.org/fhir'/>"))


def test_bytes_that_are_not_text_are_named_by_their_place(tmp_path):
    path = tmp_path / "unit.json"
    path.write_bytes(b'{"resourceType": "Pati\xff"}')
    assert "byte 22" in refusal(path)


@pytest.mark.parametrize("levels", [MAX_DEPTH + 1, 100_000])
def test_bottomless_nesting_is_refused_with_its_place(tmp_path, levels):
    text = '{"resourceType": "Basic", "extension": ' + "[" * levels + "]" * levels + "}"
    said = refusal(made.write(tmp_path, text))
    assert f"nested deeper than {MAX_DEPTH} levels" in said
    assert "line 1 column" in said


def test_nesting_that_never_closes_is_refused_too(tmp_path):
    assert "nested deeper" in refusal(made.write(tmp_path, '{"a":' * 100_000))


def test_a_file_above_the_limit_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "big.json"
    with path.open("wb") as file:
        file.truncate(50_000_000)
    assert "50.0 MB is more than the 32 MB" in refusal(path)


def test_a_key_given_twice_is_refused_because_one_would_be_lost(tmp_path):
    assert "'id' is given twice" in refusal(made.write(tmp_path, '{"resourceType": "Patient", "id": "1", "id": "2"}'))


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_what_json_calls_no_number_is_refused(tmp_path, word):
    assert "not a JSON number" in refusal(made.write(tmp_path, f'{{"resourceType": "Patient", "x": {word}}}'))


@pytest.mark.parametrize(("escaped", "says"), [("\\u0000", "NUL"), ("\\ud800", "half a character")])
def test_what_no_database_can_keep_as_text_is_refused(tmp_path, escaped, says):
    assert says in refusal(made.write(tmp_path, f'{{"resourceType": "Patient", "name": "a{escaped}"}}'))


def test_escaped_characters_that_are_whole_are_text(tmp_path):
    made.write(tmp_path, json.dumps(made.patient(name=[{"family": "Ågren 😀", "given": ["Zoë"]}]), ensure_ascii=True))
    assert import_unit([tmp_path]).people[0].family_name == "Ågren 😀"


def test_json_that_is_not_fhir_is_refused(tmp_path):
    assert "not a FHIR resource" in refusal(made.write(tmp_path, {"name": "Ada"}))
    assert "JSON object" in refusal(made.write(tmp_path, "[1, 2]"))


OTHER_RELEASES = [
    ("DSTU2 or STU3", made.condition(clinicalStatus="active")),
    ("DSTU2", {"resourceType": "MedicationOrder", "id": "m", "status": "active"}),
    ("STU3", {"resourceType": "MedicationStatement", "status": "active", "taken": "y"}),
    ("R5", {"resourceType": "MedicationRequest", "status": "active", "medication": {"concept": {"text": "x"}}}),
    ("R5", {"resourceType": "Procedure", "status": "completed", "occurrenceDateTime": "2026-01-01"}),
    ("3.0.2", {"resourceType": "CapabilityStatement", "fhirVersion": "3.0.2"}),
    ("5.0.0", {"resourceType": "StructureDefinition", "fhirVersion": "5.0.0"}),
    ("STU3", made.patient(meta={"profile": ["http://hl7.org/fhir/3.0/StructureDefinition/Patient"]})),
]


@pytest.mark.parametrize(("release", "resource"), OTHER_RELEASES)
def test_another_release_of_fhir_is_refused_by_its_sign(tmp_path, release, resource):
    said = refusal(made.write(tmp_path, made.bundle(made.patient(), resource)))
    assert "not FHIR R4" in said
    assert release in said
    assert "/entry/1/resource" in said


def test_r4b_is_r4_for_us(tmp_path):
    path = made.write(tmp_path, {"resourceType": "CapabilityStatement", "fhirVersion": "4.3.0"})
    assert import_unit([path]).not_understood[0].resource_type == "CapabilityStatement"


def test_all_bad_files_of_one_call_are_named_at_once(tmp_path):
    said = refusal(made.write(tmp_path, "{", "a.json"), made.write(tmp_path, "", "b.json"), tmp_path / "c.json")
    assert all(name in said for name in ("a.json", "b.json", "c.json"))


def test_a_good_file_does_not_get_through_beside_a_bad_one(tmp_path):
    made.write(tmp_path, made.patient(), "a.json")
    made.write(tmp_path, "{", "b.json")
    assert "b.json" in refusal(tmp_path)


JUNK = st.sampled_from(
    [
        None,
        True,
        0,
        -1,
        "",
        "x",
        "2020-13-45",
        [],
        {},
        [None],
        [1],
        [[]],
        [{}],
        {"reference": "#x"},
        {"coding": [{"code": 5}]},
    ]
)


def places(value: object, path: tuple = ()) -> list[tuple]:
    """Where in a tree something could be put in the place of something else."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, one in items for place in [(*path, key), *places(one, (*path, key))]]


WHOLE = made.bundle(
    made.patient(link=[{"type": "seealso"}], telecom=[{"system": "phone", "value": "1"}]),
    made.condition(onsetPeriod={"start": "2020"}),
    made.observation(
        "85354-9",
        component=[{"code": made.concept("8480-6"), "valueQuantity": {"value": 120, "comparator": "<", "unit": "x"}}],
        referenceRange=[{"low": {"value": 1}}],
        meta={"profile": ["http://x"]},
    ),
    {
        "resourceType": "MedicationRequest",
        "id": "m",
        "status": "active",
        "medicationReference": {"reference": "#d"},
        "contained": [{"resourceType": "Medication", "id": "d", "code": {"text": "Lithium"}}],
        "subject": {"reference": "Patient/p1"},
        "dosageInstruction": [{"doseAndRate": [{"doseQuantity": {"value": 1, "unit": "mg"}}]}],
    },
)


@given(st.sampled_from(places(WHOLE)), JUNK)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_stands_in_whatever_place_is_taken_listed_or_refused(tmp_path, place, junk):
    changed = copy.deepcopy(WHOLE)
    inner = changed
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = junk
    try:
        unit = import_unit([made.write(tmp_path, changed)])
    except BadInput:
        return
    counted = len(unit.people) + len(unit.resources) + unit.supporting + len(unit.not_understood) + len(unit.remarks)
    assert counted >= len(changed["entry"] or ())


def test_an_empty_folder_says_so(tmp_path):
    assert "no FHIR resource was found" in refusal(tmp_path)
