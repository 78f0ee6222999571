"""Importing: what is new is added, what changed supersedes, what is the same changes nothing, what is unclear is listed."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from ketacare.clinic.actor import Operator
from ketacare.clinic.errors import NotAllowed
from ketacare.clinic.models import AuditEvent, Patient, PatientIdentifier, Site
from ketacare.interop.fhir import import_unit
from ketacare.record import actions, queries
from ketacare.record.models import Entry, Source
from ketacare.record.values import ImportResult
from ketacare.science.facts.entries import Standing
from tests.cast import NOW
from tests.contract.fhir import made
from tests.shared_folder import SHARED, needs_shared

PANEL = [
    {"code": made.concept("8480-6"), "valueQuantity": {"value": 131, "code": "mm[Hg]"}},
    {"code": made.concept("8462-4"), "valueQuantity": {"value": 84, "code": "mm[Hg]"}},
]


@pytest.fixture
def load(cast, tmp_path):
    """Imports resources as one bundle and gives the result."""

    def run(*resources: dict, by=None, site: int | None = None, day: int = 0) -> ImportResult:
        unit = import_unit([made.write(tmp_path, made.bundle(*resources))])
        where = Site.objects.get(pk=site or cast.here)
        return actions.import_resources(unit=unit, site=where, by=by or Operator(), at=NOW + timedelta(days=day))

    return run


def counts(result: ImportResult) -> tuple[int, int, int, int]:
    return result.created, result.updated, result.unchanged, len(result.not_understood)


def person() -> Patient:
    return Patient.objects.get(family_name="Vale")


def current() -> dict[str, str]:
    return {entry.code: entry.value for entry in queries.standing_entries(person())}


def test_a_new_person_is_registered_with_what_is_said_of_them(load):
    result = load(made.patient(), made.observation(value=72), made.condition())
    assert counts(result) == (3, 0, 0, 0)
    assert result.patients == (person().pk,)
    assert current() == {"29463-7": "72", "38341003": ""}


def test_importing_again_changes_nothing(load):
    resources = made.patient(), made.observation(value=72), made.observation("85354-9", component=PANEL)
    load(*resources)
    rows = list(Entry.objects.order_by("pk").values())
    assert counts(load(*resources, day=1)) == (0, 0, 3, 0)
    assert list(Entry.objects.order_by("pk").values()) == rows
    assert Patient.objects.filter(family_name="Vale").count() == 1


def test_a_changed_resource_supersedes_and_both_stay(load):
    load(made.patient(), made.observation(value=72))
    assert counts(load(made.patient(), made.observation(value=73), day=1)) == (0, 1, 1, 0)
    assert current() == {"29463-7": "73"}
    old, new = person().entries.order_by("pk")
    assert (old.value, new.value, new.supersedes) == ("72", "73", old)


def test_a_value_that_comes_back_is_a_change_again(load):
    for value in (72, 73, 72):
        load(made.patient(), made.observation(value=value))
    assert current() == {"29463-7": "72"}
    assert person().entries.count() == 3


def test_what_a_source_says_no_more_is_withdrawn_and_not_forgotten(load):
    load(made.patient(), made.observation("85354-9", component=PANEL))
    load(made.patient(), made.observation("85354-9", component=PANEL[:1]))
    assert current() == {"8480-6": "131"}
    withdrawn = queries.current_entries(person()).get(code="8462-4")
    assert (withdrawn.standing, withdrawn.value) == (Standing.WITHDRAWN, "84")


def test_an_error_at_the_source_takes_the_entry_out_of_the_record(load):
    load(made.patient(), made.observation(value=720))
    load(made.patient(), made.observation(value=720, status="entered-in-error"))
    assert current() == {}


def test_bookkeeping_of_the_server_is_no_change(load):
    load(made.patient(), made.observation(value=72))
    again = made.observation(value=72, meta={"versionId": "9", "lastUpdated": "2026-01-01T00:00:00Z"})
    assert counts(load(made.patient(), again)) == (0, 0, 2, 0)


def test_a_decimal_is_stored_digit_for_digit(load):
    load(made.patient(), made.observation(value=25.874442043132916))
    assert current() == {"29463-7": "25.874442043132916"}


def test_every_entry_knows_its_source(load):
    load(made.patient(), made.observation("85354-9", component=PANEL))
    entry = person().entries.get(code="8462-4")
    assert entry.source.key == "Observation/o-85354-9"
    assert (entry.source.pointer, entry.part) == ("/entry/1/resource", "/component/1")
    assert '"value": 84' in entry.source.body
    assert entry.source.file.endswith("unit.json")


def test_the_numbers_of_a_person_are_kept_only_as_hashes(load):
    load(made.patient(identifier=[{"system": "urn:ssn", "value": "999-76-5725"}]))
    stored = [
        *PatientIdentifier.objects.values_list(),
        *Source.objects.values_list(),
        *AuditEvent.objects.values_list(),
    ]
    assert PatientIdentifier.objects.filter(patient=person()).count() == 1
    assert "999-76" not in str(stored)


def test_words_longer_than_their_column_are_cut_and_kept_whole_in_the_source(load):
    load(made.patient(), made.observation(value=72, unit="k" * 900), made.condition(code={"text": "w" * 900}))
    weight, illness = person().entries.order_by("-kind")
    assert (len(illness.display), len(weight.unit)) == (500, 64)
    assert "w" * 900 in illness.source.body


def test_a_person_is_known_again_by_any_number_and_learns_new_ones(load):
    more = {"system": "urn:other", "value": "5"}
    load(made.patient())
    load(made.patient(id="elsewhere", identifier=[{"system": "urn:clinic", "value": "77"}, more]))
    load(made.patient(id="third", identifier=[more]))
    assert Patient.objects.filter(family_name="Vale").count() == 1


def test_somebody_without_a_number_is_known_again_by_the_same_words_only(load):
    load(made.patient(identifier=[]))
    assert counts(load(made.patient(identifier=[]))) == (0, 0, 1, 0)
    load(made.patient(identifier=[], birthDate="1980-03-01"))
    assert Patient.objects.filter(family_name="Vale").count() == 2


def test_numbers_of_two_people_are_an_ambiguity_and_nothing_of_them_is_taken(load):
    load(made.patient())
    load(made.patient(id="p2", identifier=[{"system": "urn:x", "value": "1"}]))
    both = [{"system": "urn:clinic", "value": "77"}, {"system": "urn:x", "value": "1"}]
    result = load(made.patient(identifier=both), made.observation(value=72))
    assert counts(result) == (0, 0, 0, 2)
    assert "more than one registered patient" in result.not_understood[0].problem.says
    assert not Entry.objects.exists()


def test_the_same_number_with_another_birth_date_is_not_the_same_person(load):
    load(made.patient())
    result = load(made.patient(birthDate="1981-01-01"), made.observation(value=72))
    assert counts(result) == (0, 0, 0, 2)
    assert "another day" in result.not_understood[0].problem.says


def test_the_patient_of_another_site_is_not_touched(load, cast):
    load(made.patient(), site=cast.there)
    result = load(made.patient(), made.observation(value=72), by=cast.actor("nurse"))
    assert counts(result) == (0, 0, 0, 2)
    assert not Entry.objects.exists()


def test_what_is_said_otherwise_than_registered_is_remarked_and_the_registration_stays(load):
    load(made.patient())
    result = load(
        made.patient(name=[{"family": "Newname", "given": ["Ada"]}], telecom=[{"system": "phone", "value": "1"}])
    )
    assert [one.says.partition(":")[0] for one in result.remarks] == ["name, telephone"]
    assert "Newname" not in str(result.remarks)
    assert (person().family_name, person().phone) == ("Vale", "")


def test_a_death_at_the_source_is_said(load):
    assert "has died" in load(made.patient(deceasedBoolean=True)).remarks[0].says


def test_a_birth_in_the_future_is_listed(load):
    assert "future" in load(made.patient(birthDate="2027-01-01")).not_understood[0].problem.says


@pytest.mark.parametrize("role", ["front-desk", "therapist", "quality"])
def test_who_may_not_import_imports_nothing(load, cast, role):
    with pytest.raises(NotAllowed):
        load(made.patient(), by=cast.actor(role))
    assert not Patient.objects.filter(family_name="Vale").exists()


def test_one_audit_event_names_everybody_touched_and_holds_no_clinical_text(load, cast):
    load(made.patient(), made.observation(value=72), by=cast.actor("nurse"))
    event = AuditEvent.objects.get(did="record imported")
    assert event.patients == [person().pk]
    assert event.details == {"created": 2}


def test_the_tables_refuse_change(load):
    load(made.patient(), made.observation(value=72))
    for table in ("record_entry", "record_source"):
        for statement in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}"):
            with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)


def test_an_import_costs_a_fixed_number_of_queries(load, django_assert_max_num_queries):
    many = [made.observation(value=n, id=f"w{n}", effectiveDateTime=f"2026-01-{n:02}") for n in range(1, 29)]
    with django_assert_max_num_queries(40):
        load(made.patient(), *many)


@pytest.mark.real_data
@needs_shared
def test_every_synthea_adult_is_imported_once_and_no_history_fact_is_false(cast):
    unit = import_unit([SHARED / "data" / "fhir_r4_synthea_patients"])
    site = Site.objects.get(pk=cast.here)
    first, second = (actions.import_resources(unit=unit, site=site, by=Operator(), at=NOW) for _ in range(2))
    assert first.created == second.unchanged == 382
    assert second.created == second.updated == 0
    for pk in first.patients:
        patient = Patient.objects.get(pk=pk)
        known = queries.record_facts(patient, at=NOW).facts
        assert known
        assert not [fact for fact in known if fact.value is False]
