"""What a patient wants of their record, as a fact that every room reads."""

from datetime import datetime

from django.db import transaction

from ketacare.clinic import audit
from ketacare.clinic.actor import Actor, user_id
from ketacare.clinic.errors import ActionRefused
from ketacare.clinic.models import Disagreement, Patient, Restriction
from ketacare.clinic.permissions import fetch

MOST_WORDS = 4000


@transaction.atomic
def restrict_processing(*, patient_id: int, scope: str, by: Actor, at: datetime) -> Restriction:
    """From now on the record is not used for this; said twice is said once."""
    patient = fetch(by, "rights.restrict", Patient.objects.select_for_update(of=("self",)), pk=patient_id)
    if scope not in Restriction.Scope.values:
        raise ActionRefused("no-such-use", ["There is no such use to restrict."])
    found = patient.restrictions.filter(scope=scope, lifted_at__isnull=True).first()
    if found is not None:
        return found
    row = Restriction.objects.create(patient=patient, scope=scope, placed_by_id=user_id(by), placed_at=at)
    audit.record(by=by, at=at, did=f"use for {scope} restricted", on=row)
    return row


@transaction.atomic
def lift_restriction(*, patient_id: int, scope: str, by: Actor, at: datetime) -> None:
    """The patient allows it again; nobody else can."""
    patient = fetch(by, "rights.lift", Patient.objects.select_for_update(of=("self",)), pk=patient_id)
    for row in patient.restrictions.filter(scope=scope, lifted_at__isnull=True):
        row.lifted_by_id, row.lifted_at = user_id(by), at
        row.save(update_fields=["lifted_by", "lifted_at"])
        audit.record(by=by, at=at, did=f"use for {scope} allowed again", on=row)


@transaction.atomic
def state_disagreement(*, patient_id: int, on: str, words: str, by: Actor, at: datetime) -> Disagreement:
    """Keep what the patient says beside an entry, for whoever reads it."""
    patient = fetch(by, "rights.ask", Patient.objects.all(), pk=patient_id)
    if not words.strip() or len(words) > MOST_WORDS:
        raise ActionRefused("words", ["Write what you disagree with, in at most 4000 letters."])
    row = Disagreement.objects.create(patient=patient, on=on, words=words.strip(), at=at)
    audit.record(by=by, at=at, did="disagreement stated", on=row)
    return row


@transaction.atomic
def end_own_log_in(*, patient_id: int, by: Actor, at: datetime) -> Patient:
    """The patient's log-in ends at once; the record stays."""
    patient = fetch(by, "rights.close", Patient.objects.select_for_update(of=("self",)), pk=patient_id)
    if patient.user is None or not patient.user.is_active:
        raise ActionRefused("no-log-in", ["There is no log-in to close."])
    patient.user.is_active = False
    patient.user.set_unusable_password()
    patient.user.save(update_fields=["is_active", "password"])
    audit.record(by=by, at=at, did="log-in closed", on=patient)
    return patient


@transaction.atomic
def note_taken_along(*, patient_id: int, form: str, by: Actor, at: datetime) -> None:
    """The whole record left in one form: who took it, and when."""
    patient = fetch(by, "own.view", Patient.objects.all(), pk=patient_id)
    audit.record(by=by, at=at, did=f"record taken along as {form}", on=patient)
