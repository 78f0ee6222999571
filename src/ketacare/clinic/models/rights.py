"""What a patient has said about their record, for every room to read: what it may not be used for, and where they disagree."""

from django.db import models
from django.db.models import Q

from ketacare.clinic.models.people import Patient, User


class Restriction(models.Model):
    """A patient's record may not be used for this until it is lifted. Their own care goes on."""

    class Scope(models.TextChoices):
        RESEARCH = "research", "Research and registries"
        MARKETING = "marketing", "Letters about anything but their own care"
        SHARING = "sharing", "Passing on to others who are not in their care here"

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="restrictions")
    scope = models.CharField(max_length=12, choices=Scope)
    placed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    placed_at = models.DateTimeField()
    lifted_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    lifted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "scope"], condition=Q(lifted_at__isnull=True), name="restriction_once_until_lifted"
            )
        ]

    def __str__(self) -> str:
        return f"restriction {self.pk}"


class Disagreement(models.Model):
    """What a patient says beside an entry that was not corrected as they asked. Never changed, shown with the entry."""

    append_only = True

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="disagreements")
    on = models.CharField(max_length=80)  # table:id of the entry; empty: the record as a whole
    words = models.TextField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(words=""), name="disagreement_has_words")]
        indexes = [models.Index(fields=["on"], name="disagreement_of_entry")]

    def __str__(self) -> str:
        return f"disagreement {self.pk}"
