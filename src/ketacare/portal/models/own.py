"""How a patient comes to a log-in, and the messages between them and the clinic."""

from uuid import uuid4

from django.db import models
from django.db.models import F, Q

from ketacare.clinic.models import Patient, Site, User


class LogInInvitation(models.Model):
    """A link with which one patient sets the password of their log-in, once; its token is kept as a hash."""

    class Letter(models.TextChoices):
        BEGUN = "begun", "Perhaps sent"  # begun, and nobody knows how it ended
        SENT = "sent", "Sent by e-mail"
        FAILED = "failed", "Not sent"
        BY_HAND = "by-hand", "Handed over"

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="log_in_invitations")
    token_digest = models.CharField(max_length=64, unique=True)
    email = models.EmailField()  # what they will log in with
    language = models.CharField(max_length=8)
    letter = models.CharField(max_length=8, choices=Letter)
    made_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    wrong_tries = models.PositiveSmallIntegerField(default=0)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(expires_at__gt=F("made_at")), name="log_in_invitation_lasts"),
            models.CheckConstraint(
                condition=Q(used_at__isnull=True) | Q(withdrawn_at__isnull=True), name="log_in_invitation_ends_once"
            ),
            models.UniqueConstraint(
                fields=["patient"],
                condition=Q(used_at__isnull=True, withdrawn_at__isnull=True),
                name="log_in_invitation_one_open",
            ),
        ]

    def __str__(self) -> str:
        return f"log-in invitation {self.pk}"


class Thread(models.Model):
    """Messages about one thing between a patient and one site. Who has taken it owns the answer."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="threads")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="threads")
    subject = models.CharField(max_length=120)
    owner = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    waits_since = models.DateTimeField(null=True, blank=True)  # the oldest message of the patient without an answer
    answer_by = models.DateTimeField(null=True, blank=True)
    names_danger = models.BooleanField(default=False)  # of what waits; an answer clears it
    is_care = models.BooleanField(null=True, blank=True)  # belongs to the care record; None: nobody has judged
    judged_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(waits_since__isnull=True, answer_by__isnull=True)
                | Q(waits_since__isnull=False, answer_by__isnull=False),
                name="thread_that_waits_has_a_clock",
            ),
            models.CheckConstraint(
                condition=Q(erased_at__isnull=True) | Q(is_care=False), name="thread_of_care_is_not_erased"
            ),
            models.CheckConstraint(
                condition=Q(is_care__isnull=True) | Q(judged_by__isnull=False), name="thread_judged_by_somebody"
            ),
        ]
        indexes = [models.Index(fields=["site", "answer_by"], name="thread_that_waits")]

    def __str__(self) -> str:
        return f"thread {self.pk}"


class ThreadMessage(models.Model):
    """One message of a thread: from the patient, or from a named member of staff. Its words go only where they are erased."""

    thread = models.ForeignKey(Thread, on_delete=models.PROTECT, related_name="messages")
    by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    is_from_patient = models.BooleanField()
    text = models.TextField()
    names_danger = models.BooleanField(default=False)
    sent_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)  # by the patient, of what the clinic wrote
    form_key = models.UUIDField(unique=True, default=uuid4)  # a form sent twice is one message

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(is_from_patient=True) | Q(by__isnull=False), name="thread_message_of_staff_has_a_name"
            )
        ]

    def __str__(self) -> str:
        return f"message {self.pk} of thread {self.thread_id}"
