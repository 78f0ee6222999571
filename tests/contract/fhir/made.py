"""Made-up FHIR resources for the tests, small and whole."""

import json
from pathlib import Path

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
