"""A made-up referral as a FHIR R4 bundle, the way another practice would send it."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from ketacare.config.demo.people import YEAR, Person, chance, read
from ketacare.interop.fhir import import_unit
from ketacare.record.values import ImportUnit

PRACTICE = "https://practice.example/patients"
BIRTH_SEX = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex"
STATUS = "http://terminology.hl7.org/CodeSystem/"


def letter(person: Person, *, seed: int, on: date) -> ImportUnit:
    """The referral of a person, read like any file of another system."""
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": one} for one in resources(person, seed=seed, on=on)],
    }
    with TemporaryDirectory(prefix="ketacare-demo-") as folder:
        file = Path(folder) / f"referral-{person.number}.json"
        file.write_text(json.dumps(bundle), encoding="utf-8")
        return import_unit([file])


def resources(person: Person, *, seed: int, on: date) -> Iterator[dict[str, Any]]:
    """The person, and what the practice knows of them."""
    told, by = read("referral.yaml"), chance(seed, "referral", person.number)
    yield patient(person)
    since = on - told["complaint"]["since_years"] * YEAR
    yield condition(person, "main", told["complaint"]["text"], since)
    yield condition(person, "beside", by.choice(told["beside"]), since - timedelta(days=by.randrange(YEAR.days)))
    medicine = by.choice(told["medicines"])
    yield medicine_taken(person, "now", medicine["text"], "active", dose=medicine["dose"])
    for number, name in enumerate(by.sample(told["tried_before"], 2)):
        yield medicine_taken(person, f"before-{number}", name, "stopped")
    yield allergy(person, told, by)


def patient(person: Person) -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "id": f"p{person.number}",
        "identifier": [{"system": PRACTICE, "value": f"R-{person.number:05}"}],
        "name": [{"use": "official", "family": person.family_name, "given": [person.given_name]}],
        "birthDate": person.born_on.isoformat(),
        "telecom": [{"system": "email", "value": person.email}],
        "extension": [{"url": BIRTH_SEX, "valueCode": person.sex[0].upper()}],
    }


def condition(person: Person, name: str, text: str, since: date) -> dict[str, Any]:
    return {
        "resourceType": "Condition",
        "id": f"p{person.number}-{name}",
        "subject": {"reference": f"Patient/p{person.number}"},
        "clinicalStatus": coded("condition-clinical", "active"),
        "verificationStatus": coded("condition-ver-status", "confirmed"),
        "code": {"text": text},
        "onsetDateTime": since.isoformat(),
    }


def medicine_taken(person: Person, name: str, text: str, status: str, *, dose: str = "") -> dict[str, Any]:
    return {
        "resourceType": "MedicationStatement",
        "id": f"p{person.number}-{name}",
        "subject": {"reference": f"Patient/p{person.number}"},
        "status": status,
        "medicationCodeableConcept": {"text": text},
        **({"dosage": [{"text": dose}]} if dose else {}),
    }


def allergy(person: Person, told: dict[str, Any], by: Random) -> dict[str, Any]:
    """Most people have none, which the letter says."""
    none_known = by.randrange(10) < told["none_known_of_ten"]
    found = by.choice(told["allergies"])
    reaction = [] if none_known else [{"manifestation": [{"text": found["reaction"]}]}]
    return {
        "resourceType": "AllergyIntolerance",
        "id": f"p{person.number}-allergy",
        "patient": {"reference": f"Patient/p{person.number}"},
        "clinicalStatus": coded("allergyintolerance-clinical", "active"),
        "verificationStatus": coded("allergyintolerance-verification", "confirmed"),
        "code": {"coding": [told["none_known"]]} if none_known else {"text": found["text"]},
        **({"reaction": reaction} if reaction else {}),
    }


def coded(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": STATUS + system, "code": code}]}
