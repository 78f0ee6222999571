"""Made-up FHIR resources for the tests, small and whole."""

import json
from pathlib import Path

from ketacare.clinic.actor import Operator
from ketacare.clinic.models import Patient, PatientIdentifier, Site
from ketacare.record.actions import import_resources
from ketacare.record.identifiers import digest
from ketacare.record.models import Source
from ketacare.record.values import Identifier, ImportedPerson, ImportUnit, ResourceSource
from tests.cast import NOW

LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"


def concept(code: str, words: str = "", system: str = LOINC) -> dict:
    return {"coding": [{"system": system, "code": code, "display": words or code}]}


def patient(**more) -> dict:
    return {
        "resourceType": "Patient",
        "id": "p1",
        "identifier": [{"system": "urn:clinic", "value": "77"}],
        "name": [{"use": "official", "family": "Vale", "given": ["Ada", "M."]}],
        "birthDate": "1980-02-29",
    } | more


def observation(code: str = "29463-7", *, value=None, unit: str = "kg", **more) -> dict:
    found = {} if value is None else {"valueQuantity": {"value": value, "unit": unit, "system": UCUM, "code": unit}}
    return (
        {
            "resourceType": "Observation",
            "id": f"o-{code}",
            "status": "final",
            "code": concept(code),
            "subject": {"reference": "Patient/p1"},
            "effectiveDateTime": "2026-03-01T10:00:00+01:00",
        }
        | found
        | more
    )


def condition(**more) -> dict:
    return {
        "resourceType": "Condition",
        "id": "c1",
        "clinicalStatus": concept("active"),
        "verificationStatus": concept("confirmed"),
        "code": concept("38341003", "Hypertension", "http://snomed.info/sct"),
        "subject": {"reference": "Patient/p1"},
    } | more


def bundle(*resources: dict, kind: str = "collection") -> dict:
    return {"resourceType": "Bundle", "type": kind, "entry": [{"resource": one} for one in resources]}


def write(folder: Path, value: object, name: str = "unit.json") -> Path:
    path = folder / name
    path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    return path


def import_again(patient: Patient, site_id: int) -> Source:
    """Import a registered patient's own resource, by a number that is theirs."""
    number = Identifier(system="urn:clinic", value=f"n{patient.pk}")
    PatientIdentifier.objects.get_or_create(patient=patient, system=number.system, digest=digest(number))
    key = f"Patient/{patient.pk}"
    said = ResourceSource(
        key=key,
        resource_type="Patient",
        resource_id=str(patient.pk),
        file="one.json",
        file_sha256="0" * 64,
        pointer="",
        sha256="1" * 64,
        body="",
    )
    person = ImportedPerson(
        source=said,
        identifiers=(number,),
        given_name=patient.given_name,
        family_name=patient.family_name,
        born_on=patient.born_on,
        sex_at_birth=patient.sex_at_birth,
    )
    unit = ImportUnit(people=(person,), resources=(), supporting=0, not_understood=(), remarks=())
    import_resources(unit=unit, site=Site.objects.get(pk=site_id), by=Operator(), at=NOW)
    return patient.sources.get(key=key)
