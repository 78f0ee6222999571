"""Writing down who did or saw what, in the same transaction as the thing itself."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Model

from ketacare.clinic.actor import Actor
from ketacare.clinic.models import AuditEvent, AuditSubject
from ketacare.clinic.permissions import patient_id


@transaction.atomic(savepoint=False)  # of a page, which has no transaction of its own: event and index in one commit
def record(
    *,
    by: Actor,
    at: datetime,
    did: str,
    on: Model | None = None,
    patients: Iterable[int] | None = None,
    details: dict[str, object] | None = None,
) -> AuditEvent:
    """Insert one audit event. ``patients`` defaults to the patient that ``on`` is about; details hold ids only."""
    ids = sorted(set(patients)) if patients is not None else subject_of(on)
    event = AuditEvent.objects.create(
        at=at,
        actor=by.key,
        did=did,
        on=f"{on._meta.label_lower}:{on.pk}" if on is not None else "",
        patients=ids,
        details=details or {},
    )
    AuditSubject.objects.bulk_create([AuditSubject(event=event, patient_id=patient) for patient in ids])
    return event


@dataclass(frozen=True, kw_only=True)
class Done:
    """One thing that was done, for the trail."""

    by: Actor
    at: datetime
    did: str
    on: Model
    details: dict[str, object]


@transaction.atomic(savepoint=False)
def record_all(done: Sequence[Done]) -> None:
    """Insert one audit event for each, as ``record`` does, in two statements for all."""
    if not done:
        return
    events = [
        AuditEvent(
            at=one.at,
            actor=one.by.key,
            did=one.did,
            on=f"{one.on._meta.label_lower}:{one.on.pk}",
            patients=subject_of(one.on),
            details=one.details,
        )
        for one in done
    ]
    AuditEvent.objects.bulk_create(events)
    subjects = [AuditSubject(event=event, patient_id=patient) for event in events for patient in event.patients]
    AuditSubject.objects.bulk_create(subjects)


def subject_of(on: Model | None) -> list[int]:
    """The patient that a thing is about, as a list of none or one."""
    patient = None if on is None else patient_id(on)
    return [] if patient is None else [patient]
