"""What was asked of a patient between sessions, what was sent about it, and the links that let them answer."""

from uuid import uuid4

from django.db import models
from django.db.models import F, Q

from ketacare.clinic.models import Course, Patient, User
from ketacare.infusion.models import Session

HOURS_A_DAY = 24


class ContactWishes(models.Model):
    """How and when a patient wants to be written to. Without a row nobody writes to them."""

    class Channel(models.TextChoices):
        EMAIL = "email", "E-mail"
        TEXT = "text", "Text message"

    patient = models.OneToOneField(Patient, on_delete=models.PROTECT, related_name="contact_wishes")
    channel = models.CharField(max_length=8, choices=Channel)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    time_zone = models.CharField(max_length=64)
    hour = models.PositiveSmallIntegerField()
    quiet_from_h = models.PositiveSmallIntegerField()
    quiet_until_h = models.PositiveSmallIntegerField()
    opted_out_at = models.DateTimeField(null=True, blank=True)
    kept_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    kept_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(Q(channel="email") & ~Q(email="")) | (Q(channel="text") & ~Q(phone="")),
                name="contact_wishes_can_be_reached",
            ),
            models.CheckConstraint(
                condition=Q(hour__lt=HOURS_A_DAY, quiet_from_h__lt=HOURS_A_DAY, quiet_until_h__lt=HOURS_A_DAY),
                name="contact_wishes_hours_of_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"wishes {self.pk}"


class CourseClock(models.Model):
    """From when on a course is asked: what had closed before is nobody's omission."""

    course = models.OneToOneField(Course, on_delete=models.PROTECT, related_name="check_in_clock")
    asked_from = models.DateTimeField()

    def __str__(self) -> str:
        return f"clock of course {self.course_id}"


class CheckIn(models.Model):
    """One point of the plan at one session, kept from the moment it opened; open in [opens_at, closes_at)."""

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="check_ins")
    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="+")  # the one it hangs on
    key = models.CharField(max_length=80)
    point_id = models.CharField(max_length=40)
    plan_version = models.PositiveIntegerField()
    nurse = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    opens_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    is_overtaken = models.BooleanField(default=False)  # a session closed it before its time
    called_off_at = models.DateTimeField(null=True, blank=True)  # its session was, or the course goes on no more
    kept_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["course", "key"], name="check_in_once"),
            models.CheckConstraint(condition=Q(closes_at__gte=F("opens_at")), name="check_in_closes_after_it_opens"),
        ]
        indexes = [models.Index(fields=["closes_at"], name="check_in_by_closing")]

    def __str__(self) -> str:
        return f"check-in {self.pk}"


class CheckInScale(models.Model):
    """One scale of a check-in in the version that is asked, with the answers given so far by link."""

    check_in = models.ForeignKey(CheckIn, on_delete=models.PROTECT, related_name="scales")
    place = models.PositiveSmallIntegerField()
    instrument_id = models.CharField(max_length=40)
    instrument_version = models.PositiveIntegerField()
    answers = models.JSONField(default=dict)  # item id -> answer; null is left open
    last_answered_at = models.DateTimeField(null=True, blank=True)
    form_key = models.UUIDField(unique=True, default=uuid4)  # of the answer set that it becomes

    class Meta:
        constraints = [models.UniqueConstraint(fields=["check_in", "instrument_id"], name="check_in_scale_once")]

    def __str__(self) -> str:
        return f"{self.instrument_id} of check-in {self.check_in_id}"


class Message(models.Model):
    """One message about a check-in: written down before it is sent, and again after."""

    class Status(models.TextChoices):
        WAITING = "waiting", "To be sent"
        SENDING = "sending", "Being sent"
        SENT = "sent", "Sent"
        FAILED = "failed", "Not sent, tried again"
        UNSURE = "unsure", "Perhaps sent"

    check_in = models.ForeignKey(CheckIn, on_delete=models.PROTECT, related_name="messages")
    number = models.PositiveSmallIntegerField()  # 0 when it opens, then the reminders
    channel = models.CharField(max_length=8, choices=ContactWishes.Channel)
    status = models.CharField(max_length=8, choices=Status)
    tries = models.PositiveSmallIntegerField()
    begun_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    next_try_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=80, blank=True)  # the kind of error alone: its words may name the patient

    class Meta:
        constraints = [models.UniqueConstraint(fields=["check_in", "number"], name="message_once_a_reminder")]

    def __str__(self) -> str:
        return f"message {self.pk}"


class Invitation(models.Model):
    """A link to one check-in: its token is kept as a hash, and it belongs to the first device that answered with it."""

    check_in = models.ForeignKey(CheckIn, on_delete=models.PROTECT, related_name="invitations")
    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="invitations")
    token_digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)  # its message failed and was sent again with another
    device_digest = models.CharField(max_length=64, blank=True)
    bound_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(device_digest="") | Q(bound_at__isnull=False), name="invitation_bound_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"invitation {self.pk}"


class Trouble(models.Model):
    """Something about a check-in that somebody at the clinic should know; open until they say they have seen it."""

    class Kind(models.TextChoices):
        OTHER_DEVICE = "other-device", "Its link was opened on another device"
        NOT_SENT = "not-sent", "Its message could not be sent"
        UNSURE = "unsure", "Its message was perhaps not sent"

    check_in = models.ForeignKey(CheckIn, on_delete=models.PROTECT, related_name="troubles")
    kind = models.CharField(max_length=12, choices=Kind)
    told_at = models.DateTimeField()
    seen_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["check_in", "kind"], condition=Q(seen_at__isnull=True), name="trouble_told_once_until_seen"
            ),
            models.CheckConstraint(
                condition=Q(seen_at__isnull=True) | Q(seen_by__isnull=False), name="trouble_seen_by_somebody"
            ),
        ]

    def __str__(self) -> str:
        return f"trouble {self.pk}"
