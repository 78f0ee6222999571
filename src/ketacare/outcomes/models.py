"""What patients answered, what it comes to, and the alerts that somebody must look at."""

from django.db import models
from django.db.models import Q

from ketacare.clinic.models import Course, Hold, User


class AnswerSet(models.Model):
    """One sitting with one version of one scale. It is never changed: a correction is a new one that supersedes it."""

    append_only = True

    class How(models.TextChoices):
        BY_PATIENT = "by-patient", "The patient, on this screen"
        ASKED = "asked", "Asked by a member of staff"
        FROM_PAPER = "from-paper", "Typed in from paper"
        BY_LINK = "by-link", "The patient, from a link"

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="answer_sets")
    instrument_id = models.CharField(max_length=40)
    instrument_version = models.PositiveIntegerField()
    instrument_sha256 = models.CharField(max_length=64)
    language = models.CharField(max_length=8)
    answers = models.JSONField()  # item id -> answer; null is unanswered
    context = models.JSONField(default=dict)  # facts about the person that the scale asks for
    how = models.CharField(max_length=12, choices=How)
    answered_at = models.DateTimeField()
    recorded_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    form_key = models.UUIDField(unique=True)  # a form sent twice is one answer set
    supersedes = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="superseded_by"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(answered_at__lte=models.F("recorded_at")), name="answer_set_not_from_the_future"
            )
        ]
        indexes = [models.Index(fields=["course", "instrument_id", "answered_at"], name="answer_set_of_course")]

    def __str__(self) -> str:
        return f"answer set {self.pk}"


class Score(models.Model):
    """What an answer set comes to, kept so that lists need not score; it can be worked out again at any time."""

    answer_set = models.OneToOneField(AnswerSet, on_delete=models.PROTECT, related_name="score")
    status = models.CharField(max_length=12)
    main = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)
    band_id = models.CharField(max_length=40, blank=True)

    def __str__(self) -> str:
        return f"score {self.pk}"


class Alert(models.Model):
    """A result that a named person must look at: open until somebody takes it, owned until they close it."""

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        OWNED = "owned", "Taken"
        CLOSED = "closed", "Closed"

    class Level(models.IntegerChoices):
        REVIEW = 1, "Before the next session"
        URGENT = 2, "Today, and before any dose"
        EMERGENCY = 3, "Now"

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="alerts")
    answer_set = models.ForeignKey(AnswerSet, on_delete=models.PROTECT, related_name="alerts")
    rule = models.CharField(max_length=40)
    level = models.PositiveSmallIntegerField(choices=Level)
    advice = models.TextField(blank=True)
    hold = models.ForeignKey(Hold, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=8, choices=Status, default=Status.OPEN)
    raised_at = models.DateTimeField()
    owner = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    taken_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True, blank=True)
    close_reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["answer_set", "rule"], name="alert_once_per_answer_set"),
            models.CheckConstraint(
                condition=Q(status="open") | Q(owner__isnull=False), name="alert_taken_has_an_owner"
            ),
            models.CheckConstraint(
                condition=~Q(status="closed") | (Q(closed_by__isnull=False) & ~Q(close_reason="")),
                name="alert_closed_with_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"alert {self.pk}"


_S = Alert.Status
TRANSITIONS: dict[str, frozenset[str]] = {
    _S.OPEN: frozenset({_S.OWNED}),
    _S.OWNED: frozenset({_S.OWNED, _S.CLOSED}),  # another person may take it over
    _S.CLOSED: frozenset(),
}
