"""Who could decide, who agreed to what, and who took it back: rows that are only ever added."""

from django.db import models
from django.db.models import F, Q

from ketacare.clinic.indications import indication_name
from ketacare.clinic.models import Course, User
from ketacare.clinic.routes import route_name


class CapacityAssessment(models.Model):
    """A named prescriber's judgement that the patient can, or cannot, decide about this treatment."""

    append_only = True

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="capacity_assessments")
    answers = models.JSONField()  # question id -> true or false
    has_capacity = models.BooleanField()
    note = models.TextField(blank=True)
    assessed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    assessed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"capacity assessment {self.pk}"


class Consent(models.Model):
    """A signature under one version of one document, for one drug, route, indication and range of doses."""

    append_only = True

    class Method(models.TextChoices):
        ON_SCREEN = "on-screen", "Typed on screen"
        ON_PAPER = "on-paper", "Signed on paper"

    class Phase(models.TextChoices):
        INDUCTION = "induction", "First course"
        MAINTENANCE = "maintenance", "Maintenance"

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="consents")
    capacity = models.ForeignKey(CapacityAssessment, on_delete=models.PROTECT, related_name="consents")
    document_id = models.CharField(max_length=40)
    document_version = models.PositiveIntegerField()
    document_sha256 = models.CharField(max_length=64)
    language = models.CharField(max_length=8)
    drug = models.CharField(max_length=40)
    route = models.CharField(max_length=40)
    indication = models.CharField(max_length=40)
    phase = models.CharField(max_length=12, choices=Phase)
    dose_from_mg_per_kg = models.DecimalField(max_digits=7, decimal_places=4)
    dose_to_mg_per_kg = models.DecimalField(max_digits=7, decimal_places=4)
    confirmed = models.JSONField()  # ids of the sentences the patient ticked
    method = models.CharField(max_length=12, choices=Method)
    signed_name = models.CharField(max_length=240)
    signed_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    witness = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["capacity"], name="consent_one_signature_per_assessment"),
            models.CheckConstraint(condition=Q(expires_at__gt=F("signed_at")), name="consent_expires_after_signature"),
            models.CheckConstraint(condition=~Q(signed_name=""), name="consent_is_signed"),
            models.CheckConstraint(
                condition=~Q(method="on-paper") | Q(witness__isnull=False), name="consent_on_paper_is_witnessed"
            ),
            models.CheckConstraint(
                condition=Q(witness__isnull=True) | ~Q(witness=F("recorded_by")),
                name="consent_witness_is_another_person",
            ),
            models.CheckConstraint(
                condition=Q(dose_from_mg_per_kg__gt=0) & Q(dose_to_mg_per_kg__gte=F("dose_from_mg_per_kg")),
                name="consent_dose_range_is_one",
            ),
        ]

    def __str__(self) -> str:
        return f"consent {self.pk}"

    @property
    def route_name(self) -> str:
        return route_name(self.route)

    @property
    def indication_name(self) -> str:
        return indication_name(self.indication)


class ConsentWithdrawal(models.Model):
    """The end of a consent by the patient's word; it holds from the moment it was said."""

    append_only = True

    consent = models.OneToOneField(Consent, on_delete=models.PROTECT, related_name="withdrawal")
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="withdrawals")
    reason = models.TextField(blank=True)  # nobody owes one
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"withdrawal {self.pk}"
