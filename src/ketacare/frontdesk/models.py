"""Who asked for a consultation, what became of it, who they may be, and what keeps the public forms usable."""

from django.db import models
from django.db.models import F, Q

from ketacare.booking.models import Appointment
from ketacare.clinic.models import Course, Patient, Site, User

ERASED = {"given_name": "", "family_name": "", "born_on": None, "phone": "", "email": "", "needs": "", "times": []}


class ConsultationRequest(models.Model):
    """Somebody who is no patient yet asks to be contacted. Names are kept as they were typed."""

    class Status(models.TextChoices):
        NEW = "new", "Waiting for an answer"
        ANSWERED = "answered", "Answered"
        BOOKED = "booked", "Appointment agreed"
        ADMITTED = "admitted", "Became a patient"
        CLOSED = "closed", "Closed"

    class Way(models.TextChoices):
        PHONE = "phone", "Telephone"
        EMAIL = "email", "E-mail"

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="requests")
    key = models.UUIDField(unique=True)  # of the form, so that a form sent twice is one request
    given_name = models.CharField(max_length=120)
    family_name = models.CharField(max_length=120)
    born_on = models.DateField(null=True, blank=True)  # None: erased
    phone = models.CharField(max_length=40, blank=True)
    email = models.EmailField(blank=True)
    way = models.CharField(max_length=8, choices=Way)
    language = models.CharField(max_length=8)
    times = models.JSONField(default=list)  # ids of the parts of the week that suit them
    needs = models.CharField(max_length=300, blank=True)  # an interpreter, step-free access, somebody beside them
    consented_at = models.DateTimeField()  # to be contacted, with the sentence they agreed to
    consent_text = models.CharField(max_length=300)
    received_at = models.DateTimeField()
    answer_by = models.DateTimeField()
    status = models.CharField(max_length=10, choices=Status, default=Status.NEW)
    answered_at = models.DateTimeField(null=True, blank=True)
    appointment_at = models.DateTimeField(null=True, blank=True)
    booked = models.ForeignKey(  # with a prescriber, in the booking room; None: only the time was agreed
        Appointment, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    closed_because = models.TextField(blank=True)
    erased_at = models.DateTimeField(null=True, blank=True)  # the row stays, so that the trail can still be read
    repeats = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="repeated_by")
    patient = models.ForeignKey(Patient, null=True, blank=True, on_delete=models.PROTECT, related_name="requests")
    course = models.ForeignKey(Course, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(consent_text=""), name="request_consents_to_contact"),
            models.CheckConstraint(
                condition=Q(erased_at__isnull=False) | Q(way="phone") & ~Q(phone="") | Q(way="email") & ~Q(email=""),
                name="request_can_be_answered",
            ),
            models.CheckConstraint(
                condition=Q(erased_at__isnull=True, born_on__isnull=False)
                | Q(erased_at__isnull=False, status="closed", patient__isnull=True, **ERASED),
                name="request_is_whole_or_erased",
            ),
            models.CheckConstraint(condition=~Q(status="closed") | ~Q(closed_because=""), name="request_closed_why"),
            models.CheckConstraint(
                condition=~Q(status="admitted") | Q(patient__isnull=False), name="request_admitted_as_a_patient"
            ),
            models.CheckConstraint(condition=~Q(repeats=F("id")), name="request_repeats_another"),
        ]
        indexes = [models.Index(fields=["site", "status", "answer_by"], name="request_queue")]

    def __str__(self) -> str:
        return f"request {self.pk}"


S = ConsultationRequest.Status
OPEN = (S.NEW, S.ANSWERED, S.BOOKED)
# which status may follow which
TRANSITIONS: dict[str, frozenset[str]] = {
    S.NEW: frozenset({S.ANSWERED, S.BOOKED, S.ADMITTED, S.CLOSED}),
    S.ANSWERED: frozenset({S.BOOKED, S.ADMITTED, S.CLOSED}),
    S.BOOKED: frozenset({S.BOOKED, S.ADMITTED, S.CLOSED}),
    S.ADMITTED: frozenset(),
    S.CLOSED: frozenset(),
}


class SentSelfCheck(models.Model):
    """The answers that somebody chose to send with a request, and what the self-check said of them then. Goes when the request is erased."""

    append_only = removable = True

    request = models.OneToOneField(ConsultationRequest, on_delete=models.PROTECT, related_name="self_check")
    answers = models.JSONField()
    verdict = models.CharField(max_length=16)
    reasons = models.JSONField(default=list)  # ids of the rules
    check_version = models.PositiveIntegerField()
    check_sha256 = models.CharField(max_length=64)
    book_version = models.PositiveIntegerField()
    book_sha256 = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"self-check of request {self.request_id}"


class ContactTry(models.Model):
    """Somebody of the clinic tried to reach the person. Goes when the request is erased."""

    append_only = removable = True

    class Came(models.TextChoices):
        REACHED = "reached", "We spoke or wrote with each other"
        LEFT_WORD = "left-word", "A message was left"
        NOBODY = "nobody", "Nobody answered"

    request = models.ForeignKey(ConsultationRequest, on_delete=models.PROTECT, related_name="tries")
    way = models.CharField(max_length=8, choices=ConsultationRequest.Way)
    came = models.CharField(max_length=10, choices=Came)
    note = models.CharField(max_length=300, blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"try {self.pk}"


class IdentityDecision(models.Model):
    """A person's judgement that a registered patient is, or is not, the one who asked; the newest counts, nothing is merged. Goes when the request is erased."""

    append_only = removable = True

    request = models.ForeignKey(ConsultationRequest, on_delete=models.PROTECT, related_name="identity_decisions")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    is_same = models.BooleanField()
    reason = models.TextField()
    score = models.PositiveSmallIntegerField()
    shown = models.JSONField()  # field -> how far it agreed and what that weighed, as the page showed it
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="identity_decided_with_a_reason"),
        ]

    def __str__(self) -> str:
        return f"identity decision {self.pk}"


class ResponseTarget(models.Model):
    """Within how many hours a site answers a request; the newest row counts."""

    append_only = True

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="response_targets")
    hours = models.PositiveSmallIntegerField()
    set_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(hours__gt=0), name="response_target_positive")]

    def __str__(self) -> str:
        return f"{self.hours} h"


class Knock(models.Model):
    """One sending of a public form. The address is a hash under a key that changes daily; rows go after a day."""

    caller = models.CharField(max_length=64)
    at = models.DateTimeField()
    is_slow = models.BooleanField(default=False)  # by waiting instead of by work

    class Meta:
        indexes = [models.Index(fields=["at", "caller"], name="knock_by_time")]

    def __str__(self) -> str:
        return f"knock {self.pk}"
