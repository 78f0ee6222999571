"""A course of treatment, what stands in its way, and what was decided."""

from django.db import models
from django.db.models import Q

from ketacare.clinic.models.people import Patient, Site, User


class Course(models.Model):
    """One indication of one patient under one responsible prescriber; everything clinical hangs on it."""

    class Status(models.TextChoices):
        REFERRED = "referred", "Referred"
        IN_EVALUATION = "in-evaluation", "In evaluation"
        NOT_ELIGIBLE = "not-eligible", "Not eligible"
        ELIGIBLE = "eligible", "Eligible"
        CONSENTED = "consented", "Consented"
        PLANNED = "planned", "Planned"
        IN_INDUCTION = "in-induction", "In induction"
        IN_MAINTENANCE = "in-maintenance", "In maintenance"
        ENDED = "ended", "Ended"

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="courses")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="courses")
    indication = models.CharField(max_length=40)
    prescriber = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=16, choices=Status, default=Status.REFERRED)
    opened_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "site", "indication"],
                condition=~Q(status="ended"),
                name="course_one_open_per_indication",
            )
        ]

    def __str__(self) -> str:
        return f"course {self.pk}"


_S = Course.Status
COURSE_TRANSITIONS: dict[str, frozenset[str]] = {
    _S.REFERRED: frozenset({_S.IN_EVALUATION, _S.ENDED}),
    _S.IN_EVALUATION: frozenset({_S.NOT_ELIGIBLE, _S.ELIGIBLE, _S.ENDED}),
    _S.NOT_ELIGIBLE: frozenset({_S.IN_EVALUATION, _S.ENDED}),
    _S.ELIGIBLE: frozenset({_S.CONSENTED, _S.IN_EVALUATION, _S.ENDED}),
    _S.CONSENTED: frozenset({_S.PLANNED, _S.IN_EVALUATION, _S.ENDED}),
    _S.PLANNED: frozenset({_S.IN_INDUCTION, _S.IN_EVALUATION, _S.ENDED}),
    _S.IN_INDUCTION: frozenset({_S.IN_MAINTENANCE, _S.ENDED}),
    _S.IN_MAINTENANCE: frozenset({_S.ENDED}),
    _S.ENDED: frozenset(),
}


class Hold(models.Model):
    """A reason not to treat. Any room places one; the start gate reads them all."""

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="holds")
    reason = models.TextField()
    lifts_when = models.TextField()
    placed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    placed_at = models.DateTimeField()
    lifted_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    lifted_at = models.DateTimeField(null=True, blank=True)
    lift_reason = models.TextField(blank=True)
    ends_with_decision = models.BooleanField(default=False)  # a later decision to treat lifts it

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(lifted_at__isnull=True) | ~Q(lift_reason=""), name="hold_lifted_with_a_reason"
            )
        ]

    def __str__(self) -> str:
        return f"hold {self.pk}"


class DecisionRecord(models.Model):
    """What the engine found and what a person decided, with everything needed to reproduce it years later."""

    append_only = True

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="decisions")
    book_id = models.CharField(max_length=40)
    book_version = models.IntegerField()
    book_sha256 = models.CharField(max_length=64)
    software_version = models.CharField(max_length=40)
    parameters = models.JSONField(default=dict)
    facts = models.JSONField(default=dict)
    findings = models.JSONField(default=list)
    result = models.CharField(max_length=40)
    judged = models.JSONField(
        default=dict
    )  # the day, clearances, contradictions, what was skipped: the rest of what is needed to repeat it
    decided = models.CharField(max_length=40)
    reason = models.TextField(blank=True)
    details = models.JSONField(default=dict)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    second_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(second_by__isnull=True) | ~Q(second_by=models.F("decided_by")),
                name="decision_second_is_another_person",
            )
        ]

    def __str__(self) -> str:
        return f"decision {self.pk}"
