"""What outlives a session: adverse events with every judgement of them and their reports, and the call of the next day."""

from django.db import models
from django.db.models import Q

from ketacare.clinic.models import Course, User
from ketacare.followup.priors.models import PriorsEnd, PriorsProposal, PriorsRuling
from ketacare.followup.safety.models import SafetyCheck, SafetyFinding
from ketacare.infusion.models import Session


class SafetyCase(models.Model):
    """One adverse event of one patient. What is known of it stands in its judgements; ``term`` and below are cached from the newest."""

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="adverse_events")
    session = models.ForeignKey(
        Session, null=True, blank=True, on_delete=models.PROTECT, related_name="adverse_events"
    )  # None: it was told of after, or outside, a session
    entry = models.PositiveIntegerField(null=True, blank=True)  # the session's own entry, which stays the source
    happened_at = models.DateTimeField()
    known_at = models.DateTimeField()  # when the clinic learned of it: the clock of a report starts here
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    form_key = models.UUIDField(unique=True)  # a form sent twice is one case
    owner = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    term = models.CharField(max_length=120)
    grade = models.PositiveSmallIntegerField()
    is_serious = models.BooleanField(null=True, blank=True)  # None: nobody can say yet
    outcome = models.CharField(max_length=40)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "entry"], name="case_entry_once"),
            models.CheckConstraint(
                condition=Q(session__isnull=True, entry__isnull=True) | Q(session__isnull=False, entry__isnull=False),
                name="case_entry_is_of_a_session",
            ),
            models.CheckConstraint(condition=Q(happened_at__lte=models.F("known_at")), name="case_known_after_it_was"),
        ]
        indexes = [models.Index(fields=["course", "happened_at"], name="case_of_course")]

    def __str__(self) -> str:
        return f"case {self.pk}"


class Judgement(models.Model):
    """What was known of a case at one time. Never changed: a later one adds to it, and all stay visible."""

    append_only = True

    case = models.ForeignKey(SafetyCase, on_delete=models.PROTECT, related_name="judgements")
    number = models.PositiveIntegerField()
    payload = models.JSONField()  # as a session's entry of this kind says it
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "number"], name="judgement_number_once")]

    def __str__(self) -> str:
        return f"judgement {self.number}"


class Reporting(models.Model):
    """What a person did about the report of a case: sent, with when, to whom and how; or not sent, with the reason."""

    append_only = True

    class Decision(models.TextChoices):
        SENT = "sent", "It was sent"
        NOT_SENT = "not-sent", "It will not be sent"

    case = models.ForeignKey(SafetyCase, on_delete=models.PROTECT, related_name="reportings")
    judgement = models.PositiveIntegerField()  # the number of the judgement that it told of
    decision = models.CharField(max_length=8, choices=Decision)
    sent_on = models.DateField(null=True, blank=True)
    sent_to = models.CharField(max_length=120, blank=True)
    how = models.CharField(max_length=120, blank=True)
    reference = models.CharField(max_length=120, blank=True)  # the receiver's own number
    reason = models.TextField(blank=True)
    form = models.JSONField()  # every field as it was told
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "judgement"], name="reporting_once_a_judgement"),
            models.CheckConstraint(
                condition=(Q(decision="sent", sent_on__isnull=False) & ~Q(sent_to="") & ~Q(how=""))
                | (Q(decision="not-sent", sent_on__isnull=True) & ~Q(reason="")),
                name="reporting_says_how_or_why_not",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.decision} {self.pk}"


class NextDayCall(models.Model):
    """One try to reach a patient after a session, with what was heard. The call is done once somebody was reached."""

    append_only = True

    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="next_day_calls")
    reached = models.BooleanField()
    said = models.TextField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(said=""), name="next_day_call_says_what_was_heard")]

    def __str__(self) -> str:
        return f"call {self.pk}"


class WantedSession(models.Model):
    """A session that a prescriber wants on a day, after reading a forecast; whoever books it finds the hour."""

    append_only = True

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="wanted_sessions")
    wanted_on = models.DateField()  # at the course's site
    instead_of = models.ForeignKey(Session, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField()
    forecast = models.JSONField()  # what it rested on: scale, belief, threshold, risks, as they stood then
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="wanted_session_has_a_reason")]

    def __str__(self) -> str:
        return f"wanted session {self.pk}"


class WantedSessionEnd(models.Model):
    """What became of a wanted session: booked, or not wanted any more and why."""

    append_only = True

    wanted = models.OneToOneField(WantedSession, on_delete=models.PROTECT, related_name="end")
    booked = models.ForeignKey(Session, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField(blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(booked__isnull=False) | ~Q(reason=""), name="wanted_session_not_booked_says_why"
            )
        ]

    def __str__(self) -> str:
        return f"end of {self.wanted_id}"


__all__ = [
    "Judgement",
    "NextDayCall",
    "PriorsEnd",
    "PriorsProposal",
    "PriorsRuling",
    "Reporting",
    "SafetyCase",
    "SafetyCheck",
    "SafetyFinding",
    "WantedSession",
    "WantedSessionEnd",
]
