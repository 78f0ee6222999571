"""Whom an imported person is: by the numbers that other systems know them by, never by likeness. Nothing here writes."""

from ketacare.clinic.actor import Actor
from ketacare.clinic.models import Patient, PatientIdentifier, Site
from ketacare.clinic.permissions import may
from ketacare.record.identifiers import digest
from ketacare.record.models import Source
from ketacare.record.values import ImportedPerson
from ketacare.science.errors import Problem


class NoMatch(Exception):
    """It cannot be said who this is; the reason is for the list of what was not understood."""


def match(person: ImportedPerson, *, site: Site, by: Actor) -> Patient | None:
    """The patient that a person is, None for a new one; raise NoMatch rather than guess."""
    known = known_by_number(person) if person.identifiers else known_by_source(person)
    if len(known) > 1:
        raise NoMatch("its numbers belong to more than one registered patient: merge them or correct the numbers")
    if not known:
        return None
    (patient,) = known
    if patient.born_on != person.born_on:
        raise NoMatch("its numbers belong to a registered patient who was born on another day")
    if not patient.sites.filter(pk=site.pk).exists() or not may(by, "record.import", patient):
        raise NoMatch(f"this person cannot be imported at {site.name}")
    return patient


def known_by_number(person: ImportedPerson) -> list[Patient]:
    """The patients to whom any of the numbers belongs."""
    digests = {(one.system, digest(one)) for one in person.identifiers}
    rows = PatientIdentifier.objects.filter(digest__in=[value for _, value in digests]).select_related("patient")
    return list({row.patient_id: row.patient for row in rows if (row.system, row.digest) in digests}.values())


def known_by_source(person: ImportedPerson) -> list[Patient]:
    """For somebody without any number: the patients whose own resource had this name, word for word."""
    rows = Source.objects.filter(key=person.source.key, sha256=person.source.sha256, superseded_by__isnull=True)
    return list({row.patient_id: row.patient for row in rows.select_related("patient")}.values())


def differences(person: ImportedPerson, patient: Patient) -> list[Problem]:
    """What a source says otherwise than the registration, which an import never changes."""
    said = {
        "name": ((person.given_name, person.family_name), (patient.given_name, patient.family_name)),
        "sex at birth": (person.sex_at_birth, patient.sex_at_birth),
        "telephone": (person.phone, patient.phone),
        "e-mail": (person.email, patient.email),
    }
    other = [what for what, (theirs, ours) in said.items() if theirs not in {"", "unknown", ours}]
    if not other:
        return []
    says = f"{', '.join(other)}: not as registered; the registration is left as it is"
    return [Problem(place=f"{person.source.file}: {person.source.pointer or '/'}", says=says)]
