"""What the people who work here are licensed and trained for, until when, and who has seen the paper."""

from django.db import models
from django.db.models import F, Q

from ketacare.clinic.models.people import User


class Qualification(models.Model):
    """One paper of one person, as somebody read it; a correction or renewal is a new row that names the one it replaces."""

    append_only = True

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="qualifications")
    kind = models.CharField(max_length=40)
    issued_by = models.CharField(max_length=120)
    number = models.CharField(max_length=80, blank=True)
    valid_from = models.DateField()
    expires_on = models.DateField(null=True, blank=True)
    supersedes = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="superseded_by"
    )
    recorded_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(issued_by=""), name="qualification_has_an_issuer"),
            models.CheckConstraint(
                condition=Q(expires_on__isnull=True) | Q(expires_on__gte=F("valid_from")),
                name="qualification_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.user_id}"


class QualificationRuling(models.Model):
    """What became of a paper: seen by a second person, or ended before its day."""

    append_only = True

    class What(models.TextChoices):
        SEEN = "seen", "Seen by a second person"
        ENDED = "ended", "No longer counts"

    qualification = models.ForeignKey(Qualification, on_delete=models.PROTECT, related_name="rulings")
    what = models.CharField(max_length=8, choices=What)
    reason = models.TextField(blank=True)
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")  # whose paper it is
    recorded_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["qualification", "what"], name="qualification_ruled_once"),
            models.CheckConstraint(
                condition=~Q(what="seen")
                | (~Q(by=F("person")) & (Q(recorded_by__isnull=True) | ~Q(by=F("recorded_by")))),
                name="qualification_seen_by_another_person",
            ),
            models.CheckConstraint(
                condition=~Q(what="ended") | ~Q(reason=""), name="qualification_ended_with_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.what}: {self.qualification_id}"
