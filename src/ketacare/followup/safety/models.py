"""What somebody checked, and what that set off."""

from django.db import models
from django.db.models import Q

from ketacare.clinic.models import Course, Hold, User


class SafetyCheck(models.Model):
    """One long-term check as a named person did it. Never changed: it is done again."""

    append_only = True

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="safety_checks")
    kind = models.CharField(max_length=40)
    version = models.PositiveIntegerField()  # of the file of checks that asked
    told = models.JSONField()  # question -> answer; null: not known
    checked_at = models.DateTimeField()
    note = models.TextField(blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    form_key = models.UUIDField(unique=True)  # a form sent twice is one check

    class Meta:
        app_label = "followup"
        constraints = [
            models.CheckConstraint(
                condition=Q(checked_at__lte=models.F("recorded_at")), name="safety_check_not_from_the_future"
            )
        ]
        indexes = [models.Index(fields=["course", "kind", "checked_at"], name="safety_check_of_course")]

    def __str__(self) -> str:
        return f"safety check {self.pk}"


class SafetyFinding(models.Model):
    """A rule of the surveillance book that a check has set off, told once for what it rests on. It waits until somebody says what was done."""

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="safety_findings")
    rule = models.CharField(max_length=40)
    severity = models.CharField(max_length=12)
    rests_on = models.JSONField()  # fact -> value and when it was told
    digest = models.CharField(max_length=64)  # of these
    hold = models.ForeignKey(Hold, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    found_at = models.DateTimeField()
    over_at = models.DateTimeField(null=True, blank=True)  # when newer answers no longer set it off
    answered_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    answer = models.TextField(blank=True)

    class Meta:
        app_label = "followup"
        constraints = [
            models.UniqueConstraint(fields=["course", "rule", "digest"], name="safety_finding_once"),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, answered_by__isnull=True)
                | (Q(answered_at__isnull=False, answered_by__isnull=False) & ~Q(answer="")),
                name="safety_finding_answered_in_words",
            ),
        ]
        indexes = [
            models.Index(fields=["course", "rule"], name="safety_finding_of_course"),
            models.Index(
                fields=["found_at"],
                condition=Q(answered_at__isnull=True, hold__isnull=True),
                name="safety_finding_waits",
            ),
        ]

    def __str__(self) -> str:
        return f"safety finding {self.pk}"
