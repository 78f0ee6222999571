"""The session and its timeline. Only events are facts; the session's own columns are cached from them by the one writer."""

from django.db import models
from django.db.models import F, Q

from ketacare.clinic.models import Course, Device, Patient, Site, User
from ketacare.science.monitoring.events import KINDS
from ketacare.science.monitoring.timeline import TRANSITIONS

# Occupies a chair, a person and a device: no two such sessions may share one.
OCCUPYING = ("checked-in", "ready", "treating", "paused", "recovering")
CALLED_OFF = ("cancelled", "missed")


class Session(models.Model):
    """One treatment session of a course. ``status`` and below are cached: only ``timeline.append`` writes them."""

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="treatment_sessions")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="treatment_sessions")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="treatment_sessions")
    number = models.PositiveIntegerField()
    planned_at = models.DateTimeField()
    route = models.CharField(max_length=40)
    schedule = models.CharField(max_length=40)  # of the monitoring protocol
    schedule_additions = models.JSONField(default=list)  # what the patient's risks add to it
    status = models.CharField(max_length=12, choices=[(name, name) for name in TRANSITIONS], default="planned")
    chair = models.CharField(max_length=40, blank=True)
    device = models.ForeignKey(Device, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    last_seq = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    alarm_level = models.CharField(max_length=12, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["course", "number"], condition=~Q(status__in=CALLED_OFF), name="session_number_once"
            ),
            models.UniqueConstraint(
                fields=["site", "chair"],
                condition=Q(status__in=OCCUPYING) & ~Q(chair=""),
                name="session_chair_is_free",
            ),
            models.UniqueConstraint(
                fields=["patient"], condition=Q(status__in=OCCUPYING), name="session_one_a_person_at_a_time"
            ),
            models.UniqueConstraint(
                fields=["device"],
                condition=Q(status__in=OCCUPYING, device__isnull=False),
                name="session_device_is_free",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=("treating", "paused", "recovering", "discharged", "transferred"))
                | Q(started_at__isnull=False),
                name="session_treated_has_a_start",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=("recovering", "discharged", "transferred")) | Q(ended_at__isnull=False),
                name="session_recovering_has_an_end",
            ),
        ]
        indexes = [models.Index(fields=["site", "status"], name="session_by_site_and_status")]

    def __str__(self) -> str:
        return f"session {self.pk}"


class SessionEvent(models.Model):
    """One entry of a session's timeline, never changed. A correction is a new entry that supersedes it."""

    append_only = True

    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="events")
    seq = models.PositiveIntegerField()
    kind = models.CharField(max_length=16, choices=[(kind, kind) for kind in KINDS])
    at = models.DateTimeField()  # when it happened
    recorded_at = models.DateTimeField()
    by = models.CharField(max_length=80)  # the actor's key
    by_name = models.CharField(max_length=120)
    payload = models.JSONField()
    supersedes = models.PositiveIntegerField(null=True, blank=True)  # the seq of an earlier event of this session
    alarm = models.CharField(max_length=40, blank=True)
    episode = models.PositiveIntegerField(null=True, blank=True)
    once = models.CharField(max_length=60, blank=True)  # what may happen only once in an episode of an alarm
    sent_key = models.CharField(max_length=100, blank=True)  # its sender's own name for it: what comes twice is known
    boot_id = models.CharField(max_length=60, blank=True)  # which run of the machine wrote it; empty in older rows
    boot_s = models.FloatField(null=True, blank=True)  # seconds since that run began, at recorded_at

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "seq"], name="session_event_seq_once"),
            models.UniqueConstraint(
                fields=["session", "supersedes"],
                condition=Q(supersedes__isnull=False),
                name="session_event_corrected_once",
            ),
            models.UniqueConstraint(
                fields=["session", "alarm", "episode", "once"], condition=Q(kind="alarm"), name="session_alarm_once"
            ),
            models.UniqueConstraint(
                fields=["by", "sent_key"], condition=~Q(sent_key=""), name="session_event_key_once_a_sender"
            ),
            models.CheckConstraint(condition=Q(seq__gte=1), name="session_event_seq_from_1"),
            models.CheckConstraint(
                condition=Q(supersedes__isnull=True) | Q(supersedes__lt=F("seq")),
                name="session_event_corrects_an_earlier_one",
            ),
            models.CheckConstraint(
                condition=~Q(kind="alarm") | (~Q(alarm="") & ~Q(once="") & Q(episode__isnull=False)),
                name="session_alarm_is_named",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.seq}"


class Pairing(models.Model):
    """A device belongs to a session for a while. What it measured then is that session's, whenever it arrives."""

    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="pairings")
    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="pairings")
    paired_at = models.DateTimeField()
    paired_by = models.CharField(max_length=80)  # the actor's key
    unpaired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["device"], condition=Q(unpaired_at__isnull=True), name="pairing_one_session_a_device"
            ),
            models.UniqueConstraint(
                fields=["session"], condition=Q(unpaired_at__isnull=True), name="pairing_one_device_a_session"
            ),
            models.CheckConstraint(
                condition=Q(unpaired_at__isnull=True) | Q(unpaired_at__gte=F("paired_at")),
                name="pairing_ends_after_it_began",
            ),
        ]
        indexes = [models.Index(fields=["device", "unpaired_at"], name="pairing_by_device_and_end")]

    def __str__(self) -> str:
        return f"pairing {self.pk}"


class Receipt(models.Model):
    """Something a person sent under a key of its own was done: sent again, it is known."""

    LONGEST_KEY = 80

    author = models.CharField(max_length=80)  # the actor's key
    key = models.CharField(max_length=LONGEST_KEY)
    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="receipts")
    made_at = models.DateTimeField()
    charted_at = models.DateTimeField(null=True, blank=True)  # on a device that was offline; empty: not so
    words = models.CharField(max_length=64, blank=True)  # a digest of what was sent
    seqs = models.JSONField(default=list)  # the entries it became

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["author", "key"], name="receipt_key_once_an_author"),
            models.CheckConstraint(
                condition=Q(charted_at__isnull=True) | ~Q(words=""), name="receipt_of_an_entry_knows_its_words"
            ),
        ]

    def __str__(self) -> str:
        return f"receipt {self.pk}"


class DeviceClock(models.Model):
    """How far a device's clock is from ours, as its latest messages show it."""

    device = models.OneToOneField(Device, on_delete=models.PROTECT, related_name="clock")
    samples = models.JSONField(
        default=list
    )  # [when it arrived, ours minus the device's in s, run of our machine, its start]
    suspects = models.JSONField(default=list)  # the same, too far off the others to be believed yet
    skew_s = models.FloatField(null=True, blank=True)
    measured_at = models.DateTimeField()
    step_s = models.FloatField(null=True, blank=True)  # by how much it last jumped
    stepped_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"clock of device {self.device_id}"


class RefusedDelivery(models.Model):
    """What was sent and not taken, told once for each sender and reason, with how often and when last."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="refused_deliveries")
    device = models.ForeignKey(Device, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    sender = models.CharField(max_length=120)  # what it calls itself
    reason = models.CharField(max_length=40)
    place = models.CharField(max_length=60, blank=True)  # which part of what it sent
    says = models.CharField(max_length=300)  # the latest, in words
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    count = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "sender", "reason", "place"], name="refused_delivery_told_once")
        ]
        indexes = [models.Index(fields=["site", "last_at"], name="refused_delivery_latest")]

    def __str__(self) -> str:
        return f"refused {self.pk}"


class RemsEnrolment(models.Model):
    """A patient is enrolled in the esketamine REMS, as a member of staff read it there."""

    append_only = True

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="rems_enrolments")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    enrolled_on = models.DateField()
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["patient", "site"], name="rems_enrolment_once_a_site")]

    def __str__(self) -> str:
        return f"enrolment {self.pk}"


class RemsSubmission(models.Model):
    """The monitoring form of one esketamine session, as it was submitted, with who did it and when."""

    append_only = True

    session = models.OneToOneField(Session, on_delete=models.PROTECT, related_name="rems_submission")
    form = models.JSONField()  # every field as it was told
    submitted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    submitted_on = models.DateField()  # the day it was sent to the programme
    recorded_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"submission {self.pk}"


__all__ = [
    "CALLED_OFF",
    "OCCUPYING",
    "TRANSITIONS",
    "DeviceClock",
    "Pairing",
    "Receipt",
    "RefusedDelivery",
    "RemsEnrolment",
    "RemsSubmission",
    "Session",
    "SessionEvent",
]
