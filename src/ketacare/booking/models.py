"""Chairs, hours and appointments. What is taken stands in rows of fixed slices: no two can have one."""

from calendar import day_name

from django.db import models
from django.db.models import F, Q

from ketacare.clinic.models import Course, Patient, Role, Site, User
from ketacare.infusion.models import Session

DAYS_A_WEEK = 7


class Chair(models.Model):
    """A place of a site where a patient is treated."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="chairs")
    name = models.CharField(max_length=40)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["site", "name"], condition=Q(retired_at__isnull=True), name="chair_name_once_a_site"
            )
        ]

    def __str__(self) -> str:
        return self.name


class OpeningHours(models.Model):
    """When a site is open on one day of the week, by its own clock."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="opening_hours")
    weekday = models.PositiveSmallIntegerField()  # 0 is Monday
    starts = models.TimeField()
    ends = models.TimeField()
    ended_at = models.DateTimeField(null=True, blank=True)  # taken out; kept, so that the past can be told

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(weekday__lt=DAYS_A_WEEK), name="opening_on_a_weekday"),
            models.CheckConstraint(condition=Q(ends__gt=F("starts")), name="opening_ends_after_it_starts"),
        ]

    def __str__(self) -> str:
        return f"opening {self.pk}"

    @property
    def day_name(self) -> str:
        """The day of the week, in words."""
        return day_name[self.weekday]


class Closure(models.Model):
    """A day on which a site is closed."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="closures")
    on = models.DateField()
    why = models.CharField(max_length=120, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["site", "on"], condition=Q(ended_at__isnull=True), name="closure_once_a_day"
            )
        ]

    def __str__(self) -> str:
        return f"closure {self.pk}"


class WorkingHours(models.Model):
    """When a person works at a site as nurse or prescriber on one day of the week, by the site's clock."""

    class Work(models.TextChoices):
        NURSE = Role.NURSE.value, "Infusion nurse"
        PRESCRIBER = Role.PRESCRIBER.value, "Prescriber"

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="working_hours")
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="working_hours")
    work = models.CharField(max_length=16, choices=Work)
    weekday = models.PositiveSmallIntegerField()
    starts = models.TimeField()
    ends = models.TimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(weekday__lt=DAYS_A_WEEK), name="work_on_a_weekday"),
            models.CheckConstraint(condition=Q(ends__gt=F("starts")), name="work_ends_after_it_starts"),
        ]

    def __str__(self) -> str:
        return f"working hours {self.pk}"

    @property
    def day_name(self) -> str:
        """The day of the week, in words."""
        return day_name[self.weekday]


class Absence(models.Model):
    """A person is not at a site for a while."""

    class Why(models.TextChoices):
        SICK = "sick", "Sick"
        LEAVE = "leave", "Leave"
        OTHER = "other", "Other"

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="absences")
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="absences")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    why = models.CharField(max_length=8, choices=Why)
    told_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    told_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)  # taken back

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="absence_ends_after_it_starts")
        ]

    def __str__(self) -> str:
        return f"absence {self.pk}"


class Unavailable(models.Model):
    """When a patient cannot come: on one date, or on a day of every week; by the clock of the site."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="unavailable")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    on = models.DateField(null=True, blank=True)
    weekday = models.PositiveSmallIntegerField(null=True, blank=True)
    starts = models.TimeField()
    ends = models.TimeField()
    said_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(on__isnull=True, weekday__lt=DAYS_A_WEEK) | Q(on__isnull=False, weekday__isnull=True),
                name="unavailable_on_a_date_or_a_weekday",
            ),
            models.CheckConstraint(condition=Q(ends__gt=F("starts")), name="unavailable_ends_after_it_starts"),
        ]

    def __str__(self) -> str:
        return f"unavailable {self.pk}"

    @property
    def day_name(self) -> str:
        """The day of the week, in words."""
        return "" if self.weekday is None else day_name[self.weekday]


class BookingSetting(models.Model):
    """One number that a site books by, with who settled it and why; the newest of a name counts."""

    append_only = True

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="booking_settings")
    name = models.CharField(max_length=40)
    value = models.PositiveIntegerField()
    reason = models.TextField()
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="booking_setting_has_a_reason")]

    def __str__(self) -> str:
        return f"{self.name} {self.value}"


class Appointment(models.Model):
    """A time at a site for one person: a session with chair, nurse and prescriber, or a consultation without a chair."""

    class Kind(models.TextChoices):
        SESSION = "session", "Session"
        CONSULTATION = "consultation", "Consultation"

    class State(models.TextChoices):
        BOOKED = "booked", "Booked"
        UNPLACED = "unplaced", "Needs another time"
        CANCELLED = "cancelled", "Cancelled"
        LATE = "late-cancelled", "Cancelled late"
        MISSED = "missed", "Did not come"

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="appointments")
    kind = models.CharField(max_length=12, choices=Kind)
    patient = models.ForeignKey(Patient, null=True, blank=True, on_delete=models.PROTECT, related_name="appointments")
    visitor_name = models.CharField(max_length=240, blank=True)  # who is not a patient yet
    course = models.ForeignKey(Course, null=True, blank=True, on_delete=models.PROTECT, related_name="appointments")
    session = models.OneToOneField(Session, null=True, blank=True, on_delete=models.PROTECT, related_name="appointment")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()  # the patient leaves
    free_at = models.DateTimeField()  # the chair is ready for the next
    chair = models.ForeignKey(Chair, null=True, blank=True, on_delete=models.PROTECT, related_name="appointments")
    nurse = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="nurse_appointments")
    prescriber = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="prescriber_appointments"
    )
    state = models.CharField(max_length=16, choices=State, default=State.BOOKED)
    end_reason = models.TextField(blank=True)
    booked_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    booked_at = models.DateTimeField()
    changes = models.PositiveIntegerField(
        default=0
    )  # how often its time or people were changed: the calendar's own count

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="appointment_ends_after_it_starts"),
            models.CheckConstraint(condition=Q(free_at__gte=F("ends_at")), name="appointment_free_after_it_ends"),
            models.CheckConstraint(
                condition=Q(patient__isnull=False) | ~Q(visitor_name=""), name="appointment_is_somebodys"
            ),
            models.CheckConstraint(
                condition=~Q(kind="session") | Q(session__isnull=False, patient__isnull=False, course__isnull=False),
                name="appointment_session_has_one",
            ),
            models.CheckConstraint(
                condition=~Q(kind="session", state="booked")
                | Q(chair__isnull=False, nurse__isnull=False, prescriber__isnull=False),
                name="appointment_session_has_its_place",
            ),
            models.CheckConstraint(
                condition=~Q(kind="consultation") | Q(chair__isnull=True, prescriber__isnull=False),
                name="appointment_consultation_has_no_chair",
            ),
        ]
        indexes = [models.Index(fields=["site", "starts_at"], name="appointment_by_site_and_time")]

    def __str__(self) -> str:
        return f"appointment {self.pk}"


class Taken(models.Model):
    """One slice of one place of a chair, a nurse, a prescriber or a patient; it can be had once."""

    resource = models.CharField(max_length=32)  # kind:id
    slice = models.PositiveIntegerField()  # of five minutes, counted as the world's clock counts seconds
    place = models.PositiveSmallIntegerField()  # 0, 1, ... below what the resource holds
    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="taken")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["resource", "slice", "place"], name="taken_once")]

    def __str__(self) -> str:
        return f"{self.resource} {self.slice}"


class Waiting(models.Model):
    """Somebody who waits for a place, or for an earlier one."""

    class Part(models.TextChoices):
        ANY = "any", "Any time"
        MORNING = "morning", "Morning"
        AFTERNOON = "afternoon", "Afternoon"

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="waiting")
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="waiting")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="waiting")
    earliest_on = models.DateField()
    latest_on = models.DateField()
    part = models.CharField(max_length=12, choices=Part, default=Part.ANY)
    note = models.CharField(max_length=240, blank=True)
    since = models.DateTimeField()
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField(max_length=240, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["course"], condition=Q(ended_at__isnull=True), name="waiting_once_a_course"
            ),
            models.CheckConstraint(condition=Q(latest_on__gte=F("earliest_on")), name="waiting_days_in_order"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | ~Q(end_reason=""), name="waiting_ended_with_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"waiting {self.pk}"


class CalendarFeed(models.Model):
    """A secret address of one person's calendar: kept as a hash, and good until a day."""

    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="calendar_feeds")
    token_digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(expires_at__gt=F("made_at")), name="calendar_feed_expires_later"),
            models.UniqueConstraint(
                fields=["person"], condition=Q(withdrawn_at__isnull=True), name="calendar_feed_one_a_person"
            ),
        ]

    def __str__(self) -> str:
        return f"calendar feed {self.pk}"
