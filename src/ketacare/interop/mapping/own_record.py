"""One patient's record as a FHIR R4 Bundle to take along: what we map, and the resources of others as they came."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from ketacare.clinic.models import Patient
from ketacare.interop.mapping.patient import BIRTH_SEX
from ketacare.interop.mapping.questionnaire import response_to_fhir
from ketacare.science.scales.definition import Instrument

Json = dict[str, Any]
SEX = {"male": "M", "female": "F"}
HALF = 32  # hexadecimal digits of a UUID


@dataclass(frozen=True, kw_only=True)
class Sitting:
    """One answered scale."""

    id: int
    instrument: Instrument
    answers: Mapping[str, object]
    at: datetime


def bundle(patient: Patient, sittings: Iterable[Sitting], others: Iterable[Json], *, at: datetime) -> Json:
    """A collection: each resource under an address of its own, the references of ours resolving inside it."""
    person = urn("Patient", patient.pk)
    entries = [{"fullUrl": person, "resource": person_to_fhir(patient)}]
    entries += [
        {"fullUrl": urn("QuestionnaireResponse", one.id), "resource": response(one, subject=person)} for one in sittings
    ]
    entries += [{"fullUrl": urn("as it came", number), "resource": one} for number, one in enumerate(others)]
    return {"resourceType": "Bundle", "type": "collection", "timestamp": at.isoformat(), "entry": entries}


def urn(kind: str, number: int) -> str:
    """An address that says nothing, the same at every export."""
    return f"urn:uuid:{UUID(hex=hashlib.sha256(f'ketacare {kind} {number}'.encode()).hexdigest()[:HALF], version=5)}"


def person_to_fhir(patient: Patient) -> Json:
    """The person. The administrative gender is not known here: sex at birth has a place of its own."""
    found: Json = {
        "resourceType": "Patient",
        "name": [{"use": "official", "family": patient.family_name, "given": [patient.given_name]}],
        "birthDate": patient.born_on.isoformat(),
    }
    if (sex := SEX.get(patient.sex_at_birth)) is not None:
        found["extension"] = [{"url": BIRTH_SEX, "valueCode": sex}]
    reached = [("phone", patient.phone), ("email", patient.email)]
    telecom = [{"system": system, "value": value} for system, value in reached if value]
    return found | ({"telecom": telecom} if telecom else {})


def response(one: Sitting, *, subject: str) -> Json:
    """One sitting, with whose it is."""
    found = response_to_fhir(one.instrument, one.answers, authored=one.at.isoformat())
    return found | {"subject": {"reference": subject}}
