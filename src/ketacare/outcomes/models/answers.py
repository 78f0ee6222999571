"""What patients answered, and what it comes to."""

from django.db import models
from django.db.models import Q

from ketacare.clinic.models import Course, User


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
    wording_version = models.PositiveIntegerField(
        null=True, blank=True
    )  # of the texts that lie apart, where they were shown
    wording_sha256 = models.CharField(max_length=64, blank=True)
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
