"""What a patient asked about their record, by when it is to be decided, and what was decided."""

from django.db import models
from django.db.models import Q

from ketacare.clinic.models import Patient, Site, User


class RightsRequest(models.Model):
    """One request: to correct an entry, or to erase what may be erased."""

    class Kind(models.TextChoices):
        CORRECTION = "correction", "Correct"
        ERASURE = "erasure", "Erase"

    class Status(models.TextChoices):
        OPEN = "open", "To be decided"
        ACCEPTED = "accepted", "Done as asked"
        REFUSED = "refused", "Refused"

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="rights_requests")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="rights_requests")
    kind = models.CharField(max_length=12, choices=Kind)
    about = models.CharField(max_length=80, blank=True)  # table:id of the entry; empty: said in words alone
    words = models.TextField()  # what is wrong, and what would be right
    made_at = models.DateTimeField()
    due_on = models.DateField()
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    reason = models.TextField(blank=True)  # of a refusal; of an acceptance what was done
    corrected_by = models.CharField(max_length=80, blank=True)  # table:id of what supersedes the entry
    form_key = models.UUIDField(unique=True)  # a form sent twice is one request

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(words=""), name="rights_request_has_words"),
            models.CheckConstraint(
                condition=Q(status="open")
                | (Q(decided_by__isnull=False) & Q(decided_at__isnull=False) & ~Q(reason="")),
                name="rights_request_decided_with_a_reason",
            ),
        ]
        indexes = [models.Index(fields=["site", "status", "due_on"], name="rights_request_open")]

    def __str__(self) -> str:
        return f"request {self.pk}"
