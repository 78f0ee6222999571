"""Who did or saw what: insert-only events, sealed in hash-chained blocks."""

from django.db import models

from ketacare.clinic.models.people import Patient


class AuditEvent(models.Model):
    """One write, or one page, reply, export or stream that names a patient. Ids only, no clinical text."""

    append_only = True

    at = models.DateTimeField()
    actor = models.CharField(max_length=80)  # kind:id, for example staff:12 or system:watch
    did = models.CharField(max_length=80)
    on = models.CharField(max_length=80, blank=True)  # table:id
    patients = models.JSONField(default=list)  # ids of the patients named or touched
    details = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.actor} {self.did}"


class AuditSubject(models.Model):
    """The index of AuditEvent.patients, so that a patient's page can show who looked."""

    append_only = True

    event = models.ForeignKey(AuditEvent, on_delete=models.PROTECT, related_name="subjects")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="audit")

    class Meta:
        indexes = [models.Index(fields=["patient", "event"], name="audit_by_patient")]

    def __str__(self) -> str:
        return f"event {self.event_id}"


class AuditSeal(models.Model):
    """One block of events: what it holds, chained to the block before and signed (see clinic/seals.py)."""

    append_only = True

    number = models.PositiveIntegerField(unique=True)
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    absent = models.JSONField(default=list)  # ids inside the range that were not there when it was sealed
    late = models.JSONField(default=list)  # ids absent from an earlier block that have come since
    count = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    previous = models.CharField(max_length=64)
    seal = models.CharField(max_length=64)
    signature = models.CharField(max_length=128)
    sealed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"seal {self.number}"
