"""What is known of a person: statements that are only ever added, where each comes from, and the treatments given."""

from decimal import Decimal

from django.db import models
from django.db.models import F, Q

from ketacare.clinic.models import Course, Patient, RulebookRuling, Site, User
from ketacare.science.facts.entries import WHOLE_DATE, Coding, EntryKind, RecordEntry, Standing
from ketacare.ui.words import unit_as_read

KINDS = [(one.value, one.value.capitalize()) for one in EntryKind]
STANDINGS = [(one.value, one.value.capitalize()) for one in Standing]


class Source(models.Model):
    """One resource of another system, as it was when it was imported; a changed one supersedes it."""

    append_only = True

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="sources")
    key = models.CharField(max_length=500)  # what names the resource for good
    resource_type = models.CharField(max_length=64)
    resource_id = models.CharField(max_length=200, blank=True)
    sha256 = models.CharField(max_length=64)  # of the resource's content
    body = models.TextField(
        blank=True
    )  # the resource as JSON; empty for a person, whose numbers are kept only as hashes
    file = models.CharField(max_length=500)
    file_sha256 = models.CharField(max_length=64)
    pointer = models.CharField(max_length=500, blank=True)  # where in the file the resource stands
    supersedes = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="superseded_by"
    )
    imported_at = models.DateTimeField()
    imported_by = models.CharField(max_length=80)  # the actor, as the audit names it

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "key"], condition=Q(supersedes__isnull=True), name="source_first_once"
            )
        ]

    def __str__(self) -> str:
        return f"source {self.pk}"


class Entry(models.Model):
    """One clinical statement about a person, from a source or from a member of staff. Never changed, only superseded."""

    append_only = True

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=12, choices=KINDS)
    system = models.CharField(max_length=255, blank=True)  # of the first code
    code = models.CharField(max_length=64, blank=True)
    codings = models.JSONField(default=list)  # every code: [system, code, words]
    display = models.CharField(max_length=500)
    standing = models.CharField(max_length=12, choices=STANDINGS)
    status = models.CharField(max_length=500, blank=True)
    value = models.CharField(max_length=64, blank=True)  # an exact decimal, digit for digit as it was given
    comparator = models.CharField(max_length=2, blank=True)
    unit = models.CharField(max_length=64, blank=True)
    value_text = models.CharField(max_length=500, blank=True)
    value_codings = models.JSONField(default=list)
    reference_low = models.CharField(max_length=64, blank=True)
    reference_high = models.CharField(max_length=64, blank=True)
    absent_reason = models.CharField(max_length=500, blank=True)
    position = models.CharField(max_length=64, blank=True)
    detail = models.CharField(max_length=500, blank=True)
    as_of = models.DateTimeField(null=True, blank=True)  # the earliest instant that as_of_given can mean
    as_of_given = models.CharField(max_length=40, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    group = models.CharField(max_length=600)  # what was stated together
    source = models.ForeignKey(Source, null=True, blank=True, on_delete=models.PROTECT, related_name="entries")
    part = models.CharField(max_length=500, blank=True)  # where in the source the statement stands
    recorded_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    supersedes = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="superseded_by"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(source__isnull=False) | Q(recorded_by__isnull=False), name="entry_has_an_origin"
            ),
        ]
        indexes = [models.Index(fields=["patient", "kind", "code"], name="entry_by_kind")]

    def __str__(self) -> str:
        words = [self.display, self.measured, self.value_text, self.status, self.detail]
        return " · ".join(filter(None, words)) + (f", {self.as_of_given[:WHOLE_DATE]}" if self.as_of_given else "")

    @property
    def measured(self) -> str:
        """The number as it was given, with its comparator and its unit as people write it."""
        if not self.value:
            return f"no value: {self.absent_reason}" if self.absent_reason else ""
        return " ".join(filter(None, [f"{self.comparator}{self.value}", unit_as_read(self.unit)]))

    def as_value(self) -> RecordEntry:
        """The entry as the pure value that science reads."""
        return RecordEntry(
            kind=EntryKind(self.kind),
            codings=codings(self.codings),
            display=self.display,
            standing=Standing(self.standing),
            status=self.status,
            as_of=self.as_of,
            as_of_given=self.as_of_given,
            group=self.group,
            pointer=self.part,
            ended_at=self.ended_at,
            value=decimal(self.value),
            value_text=self.value_text,
            value_codings=codings(self.value_codings),
            comparator=self.comparator,
            unit=self.unit,
            reference_low=decimal(self.reference_low),
            reference_high=decimal(self.reference_high),
            absent_reason=self.absent_reason,
            position=self.position,
            detail=self.detail,
            key="" if self.pk is None else str(self.pk),
        )


class Treatment(models.Model):
    """What was given in one session, cached by the session's single writer for every room above."""

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="treatments")
    number = models.PositiveIntegerField()
    route = models.CharField(max_length=40)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    given_mg = models.DecimalField(max_digits=9, decimal_places=3, default=0)
    tolerance = models.JSONField(null=True, blank=True)  # how it was borne, once it is over; None: not known

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["course", "number"], name="treatment_number_once"),
            models.CheckConstraint(condition=Q(given_mg__gte=0), name="treatment_dose_not_negative"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("started_at")), name="treatment_ends_after_start"
            ),
        ]

    def __str__(self) -> str:
        return f"treatment {self.number}"


class Reconciliation(models.Model):
    """The list of medicines gone through at a visit: by whom, with whom, and against what. Never changed; the next one follows."""

    append_only = True

    class Against(models.TextChoices):
        PATIENT = "patient", "The patient alone"
        PACKAGES = "packages", "The patient and the packages they brought"
        PHARMACY = "pharmacy", "The patient and a list of the pharmacy or practice"
        FAMILY = "family", "The patient and somebody who lives with them"
        RECORDS = "records", "Records alone: the patient could not be asked"

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="reconciliations")
    against = models.CharField(max_length=12, choices=Against)
    is_complete = (
        models.BooleanField()
    )  # nothing on the list stayed unknown, and the patient and one other source were asked
    has_changes = models.BooleanField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    form_key = models.UUIDField(unique=True)  # a form sent twice is one reconciliation

    class Meta:
        indexes = [models.Index(fields=["patient", "at"], name="reconciliation_of_patient")]

    def __str__(self) -> str:
        return f"reconciliation {self.pk}"


class ReconciledMedicine(models.Model):
    """What was said of one medicine: as it stood before, and as it stands now."""

    append_only = True

    class Said(models.TextChoices):
        TAKEN = "taken", "Taken as listed"
        CHANGED = "changed", "Taken otherwise"
        STOPPED = "stopped", "Stopped"
        ADDED = "added", "Taken, and was not listed"
        UNKNOWN = "unknown", "Not known"

    reconciliation = models.ForeignKey(Reconciliation, on_delete=models.PROTECT, related_name="medicines")
    said = models.CharField(max_length=8, choices=Said)
    before = models.ForeignKey(Entry, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    now = models.ForeignKey(Entry, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(said__in=("taken", "unknown"), before__isnull=False, now__isnull=True)
                | Q(said__in=("changed", "stopped"), before__isnull=False, now__isnull=False)
                | Q(said="added", before__isnull=True, now__isnull=False),
                name="reconciled_medicine_has_what_it_says",
            )
        ]

    def __str__(self) -> str:
        return f"{self.said} {self.pk}"


class DueItem(models.Model):
    """How one safety check of one course stands. Derived by ``followup`` alone, read by every room: the days say it without a clock."""

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="due_items")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=40)
    due_on = models.DateField(null=True, blank=True)  # from this day on; None: nothing will make it due as things are
    overdue_on = models.DateField(null=True, blank=True)
    is_abnormal = models.BooleanField()
    is_unknown = models.BooleanField()
    is_attested = models.BooleanField()  # the last time it was done rests on somebody's word
    done_at = models.DateTimeField(null=True, blank=True)
    reason = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["course", "kind"], name="due_item_once_a_kind")]
        indexes = [
            models.Index(
                fields=["site", "kind", "overdue_on", "due_on", "is_abnormal", "is_unknown"], name="due_item_by_site"
            )
        ]

    def __str__(self) -> str:
        return f"due item {self.pk}"


class CumulativeExposure(models.Model):
    """What a course's patient was given in all, cached from the treatments, and by which ruling its due items were worked out."""

    course = models.OneToOneField(Course, on_delete=models.PROTECT, related_name="exposure")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    ruling = models.ForeignKey(RulebookRuling, on_delete=models.PROTECT, related_name="+")
    sessions = models.PositiveIntegerField()
    racemic_mg = models.DecimalField(max_digits=12, decimal_places=3)
    esketamine_mg = models.DecimalField(max_digits=12, decimal_places=3)
    first_on = models.DateField(null=True, blank=True)
    worked_out_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["site", "ruling"], name="exposure_by_ruling")]

    def __str__(self) -> str:
        return f"exposure of course {self.course_id}"


def codings(rows: list[list[str]]) -> tuple[Coding, ...]:
    """Stored codes as values."""
    return tuple(Coding(system=system, code=code, display=display) for system, code, display in rows)


def decimal(text: str) -> Decimal | None:
    """A stored number as a value."""
    return Decimal(text) if text else None
