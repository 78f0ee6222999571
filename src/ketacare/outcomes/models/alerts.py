"""Alerts: who is named for one, what was tried, who spoke with the patient, and everything that happened to it."""

from django.db import models
from django.db.models import F, Q

from ketacare.clinic.models import Course, Hold, User
from ketacare.outcomes.models.answers import AnswerSet


class How(models.TextChoices):
    """How somebody reached a patient, or tried to."""

    PHONE = "phone", "By telephone"
    IN_PERSON = "in-person", "In person"
    VIDEO = "video", "By video"
    MESSAGE = "message", "In writing, with an answer"
    THROUGH_OTHERS = "through-others", "Through others who were with the patient"


class AlertContact(models.Model):
    """Somebody spoke with the patient: who, when, how, and what was found. An attempt is a row of another table."""

    append_only = True

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="alert_contacts")
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=120)  # who spoke: usually who writes it down, sometimes an ambulance crew
    how = models.CharField(max_length=16, choices=How)
    found = models.TextField()
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(made_at__lte=F("recorded_at")), name="alert_contact_not_from_the_future"
            ),
            models.CheckConstraint(condition=~Q(found="") & ~Q(made_by=""), name="alert_contact_says_who_and_what"),
        ]

    def __str__(self) -> str:
        return f"contact {self.pk}"


class Alert(models.Model):
    """A result that a named person must look at: open until somebody takes it, owned until it is closed."""

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
    found = models.TextField(blank=True)  # what was compared, where the scale's own rule does not say it
    hold = models.ForeignKey(Hold, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=8, choices=Status, default=Status.OPEN)
    raised_at = models.DateTimeField()
    owner = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")  # who is named
    taken_at = models.DateTimeField(null=True, blank=True)  # by the owner
    waits_since = models.DateTimeField()  # raised, handed over, or left by its owner: from here the ladder counts
    next_step_at = models.DateTimeField(null=True, blank=True)  # when the ladder's next rung is due
    first_taken_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    first_taken_at = models.DateTimeField(null=True, blank=True)
    contact = models.ForeignKey(
        AlertContact, null=True, blank=True, on_delete=models.PROTECT, related_name="alerts"
    )  # the first
    closed_without_contact_before = models.BooleanField(default=False)  # by a release that did not ask for one
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
            models.CheckConstraint(
                condition=~Q(status="closed") | Q(contact__isnull=False) | Q(closed_without_contact_before=True),
                name="alert_closed_after_a_contact",
            ),
        ]
        indexes = [models.Index(fields=["status", "next_step_at"], name="alert_by_next_step")]

    def __str__(self) -> str:
        return f"alert {self.pk}"


_S = Alert.Status
TRANSITIONS: dict[str, frozenset[str]] = {
    _S.OPEN: frozenset({_S.OPEN, _S.OWNED}),  # the next person may be named
    _S.OWNED: frozenset({_S.OPEN, _S.OWNED, _S.CLOSED}),  # handed over it waits again; another person may take it over
    _S.CLOSED: frozenset(),
}


class AlertAttempt(models.Model):
    """Somebody tried to reach the patient and did not: when, how, and what was done then. It closes nothing."""

    append_only = True

    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, related_name="attempts")
    tried_at = models.DateTimeField()
    how = models.CharField(max_length=16, choices=How)
    done_then = models.TextField()
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(tried_at__lte=F("recorded_at")), name="alert_attempt_not_from_the_future"
            ),
            models.CheckConstraint(condition=~Q(done_then=""), name="alert_attempt_says_what_was_done"),
        ]

    def __str__(self) -> str:
        return f"attempt {self.pk}"


class AlertEvent(models.Model):
    """One thing that happened to an alert."""

    append_only = True

    class Kind(models.TextChoices):
        RAISED = "raised", "Raised"
        NAMED = "named", "Named"
        NOBODY = "nobody", "Nobody is named"
        TAKEN = "taken", "Taken"
        HANDED_OVER = "handed-over", "Handed over"
        STEP = "step", "Not answered in time"
        LEFT = "left", "Its owner no longer works here"
        ATTEMPT = "attempt", "Patient not reached"
        CONTACT = "contact", "Spoke with the patient"
        CLOSED = "closed", "Closed"

    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=12, choices=Kind)
    at = models.DateTimeField()
    by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")  # null: the clock
    person = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")  # whom it names
    step = models.CharField(max_length=20, blank=True)  # the ladder's rung
    since = models.DateTimeField(null=True, blank=True)  # from where the rung's minutes were counted

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["alert", "step", "since"], condition=Q(kind="step"), name="alert_step_taken_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.alert_id}"


class AlertNotice(models.Model):
    """That somebody is to be told of an alert by e-mail: written with what happened, sent after it, known to be sent or not."""

    event = models.ForeignKey(AlertEvent, on_delete=models.PROTECT, related_name="notices")
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    tried_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "person"], name="alert_notice_once")]
        indexes = [models.Index(fields=["tried_at"], condition=Q(sent_at__isnull=True), name="alert_notice_unsent")]

    def __str__(self) -> str:
        return f"notice {self.pk}"
