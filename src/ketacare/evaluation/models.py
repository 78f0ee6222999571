"""What was asked and answered, what specialists cleared, and decisions that wait for a second person."""

from django.db import models
from django.db.models import F, Q

from ketacare.clinic.models import Course, DecisionRecord, Hold, RulebookRuling, User


class Answer(models.Model):
    """A clinician's answer to one question; the newest counts. A null value says "not sure", which is unknown."""

    append_only = True

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="answers")
    fact = models.CharField(max_length=80)
    value = models.JSONField(null=True)
    note = models.TextField(blank=True)
    settles = models.JSONField(
        default=list
    )  # keys of the record's entries that the answer was given in view of and overrules
    answered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["course", "fact", "-id"], name="answer_newest")]

    def __str__(self) -> str:
        return self.fact


class ClearanceRecord(models.Model):
    """A specialist's letter that lifts the rules it names until it expires or one of its inputs changes."""

    append_only = True

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="clearances")
    clearance = models.CharField(max_length=60)
    covers = models.JSONField()
    given_by = models.CharField(max_length=200)  # named clinician, licence
    specialty = models.CharField(max_length=80, default="")
    document = models.CharField(max_length=200)
    dated = models.DateField()
    expires = models.DateField()
    inputs = models.JSONField()  # the facts of the covered rules as they were
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(expires__gte=F("dated")), name="clearance_expires_after_its_date")
        ]

    def __str__(self) -> str:
        return self.clearance


class Decided(models.TextChoices):
    """What a prescriber may decide."""

    TREAT = "treat", "Treat"
    WORK_UP = "work-up", "More work-up first"
    NOT_TREAT = "do-not-treat", "Do not treat"


class OverrideReason(models.TextChoices):
    """Why a prescriber goes on against a finding; free text follows it always."""

    SPECIALIST_AGREES = "specialist-agrees", "A specialist agrees (name the document)"
    BENEFIT = "benefit-outweighs", "Expected benefit outweighs the risk"
    MONITORING = "monitoring-added", "Extra monitoring covers the risk"
    NOT_APPLICABLE = "does-not-apply", "The finding does not fit this patient"
    OTHER = "other", "Another reason"


class PendingDecision(models.Model):
    """A decision to treat that needs a second, different prescriber before it counts."""

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="pending_decisions")
    draft = models.JSONField()  # what was decided and why, see actions.decide
    facts_digest = models.CharField(max_length=64)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    record = models.OneToOneField(DecisionRecord, null=True, blank=True, on_delete=models.PROTECT)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["course"], condition=Q(closed_at__isnull=True), name="pending_decision_one_a_course"
            )
        ]

    def __str__(self) -> str:
        return f"pending decision {self.pk}"


class Screening(models.Model):
    """A course judged by the software, after something changed, once a day, or with a decision: what is other than before."""

    append_only = True

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="screenings")
    at = models.DateTimeField()
    on = models.DateField()  # the day at the site
    ruling = models.ForeignKey(RulebookRuling, on_delete=models.PROTECT, related_name="+")  # which book was in force
    because = models.JSONField(default=list)  # what asked for it, in words
    result = models.CharField(max_length=40, blank=True)  # empty: could not be judged
    problem = models.TextField(blank=True)
    digest = models.CharField(max_length=64)
    same_as = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    findings = models.JSONField(default=list)  # empty where they are the same as an earlier screening's
    changes = models.JSONField(default=list)
    forbids = models.JSONField(default=dict)  # rule -> values: what forbids treatment and no decision has dealt with
    must_be_seen = models.BooleanField(default=False)
    hold = models.ForeignKey(Hold, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decision = models.ForeignKey(DecisionRecord, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [
            models.Index(fields=["course", "-id"], name="screening_newest"),
            models.Index(fields=["course"], condition=Q(must_be_seen=True), name="screening_to_see"),
        ]

    def __str__(self) -> str:
        return f"screening {self.pk}"


class ScreeningSeen(models.Model):
    """Somebody has looked at what a screening found."""

    append_only = True

    screening = models.OneToOneField(Screening, on_delete=models.PROTECT, related_name="seen")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"screening {self.screening_id} seen"
