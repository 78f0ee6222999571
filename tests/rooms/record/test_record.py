"""Reading the record and entering measurements."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from ketacare.clinic import actions as clinic
from ketacare.clinic.actor import Operator
from ketacare.clinic.errors import ActionRefused, NotAllowed
from ketacare.clinic.models import AuditEvent, Patient, Site
from ketacare.interop.fhir import import_unit
from ketacare.record import actions, queries
from ketacare.record.models import Treatment
from ketacare.science import rules
from tests.cast import NOW
from tests.contract.fhir import made

SNOMED = "http://snomed.info/sct"


@pytest.fixture
def vale(cast, tmp_path):
    """Imports resources about one new person, and gives them."""

    def run(*resources: dict) -> Patient:
        unit = import_unit([made.write(tmp_path, made.bundle(made.patient(), *resources))])
        actions.import_resources(unit=unit, site=Site.objects.get(pk=cast.here), by=Operator(), at=NOW)
        return Patient.objects.get(family_name="Vale")

    return run


def allergy(words: str, code: str = "1", verification: str = "confirmed") -> dict:
    return {
        "resourceType": "AllergyIntolerance",
        "id": f"a{code}",
        "clinicalStatus": made.concept("active"),
        "verificationStatus": made.concept(verification),
        "code": made.concept(code, words, SNOMED),
        "patient": {"reference": "Patient/p1"},
    }


def measure(cast, *, hours: float = 0, by: str = "nurse", **values: float):
    given = {name: Decimal(str(value)) for name, value in values.items()}
    at = NOW + timedelta(hours=hours)
    return actions.record_vitals(
        patient=cast.patient("ada"), values=given, measured_at=at, by=cast.actor(by), at=NOW + timedelta(days=1)
    )


def known_facts(cast, *, at: datetime):
    return {fact.name: fact for fact in queries.record_facts(cast.patient("ada"), at=at).facts}


def test_the_header_shows_the_newest_weight_and_its_day(cast):
    measure(cast, weight_kg=70.5)
    measure(cast, hours=2, weight_kg=71.26)
    header = queries.patient_header(cast.patient("ada"), at=NOW + timedelta(days=1))
    assert (header.weight_kg, header.weight_on) == (71.3, NOW.date())
    assert (header.age_years, header.sex) == (41, "female")


def test_a_weight_that_is_not_known_is_not_a_number(cast):
    assert queries.patient_header(cast.patient("ada"), at=NOW).weight_kg is None


@pytest.mark.parametrize(
    ("entries", "shown"),
    [
        ([], None),
        ([allergy("No known allergy", "716186003")], ()),
        ([allergy("No known drug allergy", "409137002")], ("No known drug allergy",)),
        ([allergy("Penicillin")], ("Penicillin",)),
        ([allergy("Penicillin", verification="unconfirmed")], ("Penicillin (unconfirmed)",)),
        ([allergy("Penicillin", verification="refuted")], None),
        ([allergy("No known allergy", "716186003"), allergy("Penicillin")], ("Penicillin",)),
    ],
)
def test_no_entry_of_an_allergy_is_not_asked_and_only_a_denial_is_none_known(vale, entries, shown):
    assert queries.patient_header(vale(*entries), at=NOW).allergies == shown


def test_the_header_shows_course_session_and_holds(cast):
    course = cast.course("ada")
    Treatment.objects.create(course=course, number=3, route="iv_ketamine", started_at=NOW)
    clinic.place_hold(course=course, reason="Chest pain", lifts_when="seen", by=cast.actor("nurse"), at=NOW)
    header = queries.patient_header(cast.patient("ada"), course=course, at=NOW)
    assert (header.course_id, header.session_number, header.holds) == (course.pk, 3, ("Chest pain",))
    assert header.time_zone == "Europe/Berlin"


def test_the_header_costs_a_fixed_number_of_queries(cast, django_assert_num_queries):
    for n in range(5):
        measure(cast, hours=n, weight_kg=70 + n)
    patient = cast.patient("ada")
    with django_assert_num_queries(4):
        queries.patient_header(patient, at=NOW)


def test_the_record_in_chapters_costs_one_query(vale, django_assert_num_queries):
    patient = vale(made.condition(), made.observation(value=70), allergy("Penicillin"))
    with django_assert_num_queries(1):
        chapters = dict(queries.entries_by_kind(patient))
    assert [entry.display for entry in chapters["Conditions"]] == ["Hypertension"]
    assert [entry.display for entry in chapters["Allergies"]] == ["Penicillin"]
    assert chapters["Procedures"] == []


def test_evidence_is_conditions_medicines_allergies_and_procedures_in_words(vale):
    patient = vale(made.condition(onsetDateTime="2019-04"), made.observation(value=70))
    ((title, (entry,)), *others) = queries.evidence(patient)
    assert (title, str(entry)) == ("Conditions", "Hypertension · active · confirmed, 2019-04")
    assert [name for name, _ in others] == ["Medicines", "Allergies", "Procedures"]


def test_two_seated_readings_make_the_blood_pressure_known(cast):
    measure(cast, bp_sys=141, bp_dia=90)
    assert "cv.bp_sys" not in known_facts(cast, at=NOW)
    measure(cast, hours=0.2, bp_sys=138, bp_dia=88)
    known = known_facts(cast, at=NOW + timedelta(days=1))
    assert (known["cv.bp_sys"].value, known["cv.bp_dia"].value, known["cv.bp_readings"].value) == (140, 89, 2)


def test_what_was_measured_in_the_evening_counts_on_that_day_west_of_greenwich(cast):
    evening = datetime(
        2026, 3, 1, 17, 30, tzinfo=ZoneInfo("America/Los_Angeles")
    )  # already the second of March in Greenwich
    actions.record_vitals(
        patient=cast.patient("ada"),
        values={"weight_kg": Decimal(70)},
        measured_at=evening.astimezone(UTC),
        by=cast.actor("nurse"),
        at=evening.astimezone(UTC),
    )
    weight = known_facts(cast, at=evening)["patient.weight_kg"]
    assert weight.as_of.date() == date(2026, 3, 1)
    judged = rules.load("eligibility").evaluate({weight.name: weight}, on=evening.date())
    assert judged.facts[weight.name].value == 70


def test_what_is_measured_together_belongs_together_and_is_one_audit_event(cast):
    entries = measure(cast, bp_sys=121, bp_dia=79, spo2=97)
    assert len({entry.group for entry in entries}) == 1
    event = AuditEvent.objects.get(did="vital signs recorded")
    assert event.patients == [cast.ada]
    assert event.details == {"entries": [entry.pk for entry in entries]}


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"weight_kg": 700}, "Body weight must lie between 25 and 350 kg"),
        ({"weight_kg": 7}, "it is 7"),
        ({"bp_sys": 301}, "Systolic pressure"),
        ({"mood": 3}, "mood is not something that is measured here"),
        ({}, "Nothing was measured"),
    ],
)
def test_a_measurement_that_cannot_be_believed_is_refused(cast, values, reason):
    with pytest.raises(ActionRefused, match=reason):
        measure(cast, **values)


def test_every_reason_is_given_at_once(cast):
    with pytest.raises(ActionRefused) as refused:
        measure(cast, hours=48, weight_kg=7, bp_sys=400)
    assert len(refused.value.reasons) == 3


@pytest.mark.parametrize("weight", [25, 350])
def test_the_limits_themselves_are_believed(cast, weight):
    assert measure(cast, weight_kg=weight)[0].value == str(weight)


@pytest.mark.parametrize("role", ["front-desk", "quality", "administrator", "therapist", "custodian"])
def test_who_does_not_measure_may_not_enter(cast, role):
    with pytest.raises(NotAllowed):
        measure(cast, by=role, weight_kg=70)


def test_a_nurse_of_another_site_may_not_enter(cast):
    by = cast.actor("nurse", there=True)
    with pytest.raises(NotAllowed):
        actions.record_weight(patient=cast.patient("ada"), weight_kg=Decimal(70), measured_at=NOW, by=by, at=NOW)


def test_a_form_sent_twice_counts_once(cast):
    first, second = (measure(cast, bp_sys=121, weight_kg=70) for _ in range(2))
    assert {entry.pk for entry in first} == {entry.pk for entry in second}
    assert cast.patient("ada").entries.count() == 2


def test_another_value_for_the_same_time_is_refused(cast):
    measure(cast, weight_kg=70)
    with pytest.raises(ActionRefused, match="already in the record as 70 kg"):
        measure(cast, weight_kg=90)
