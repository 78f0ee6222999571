"""Money: prices with their days, estimates, what was done and billed, what was paid. Rows are only ever added."""

from django.db import models
from django.db.models import F, Q

from ketacare.clinic.models import Course, Patient, Site, User

WHO = {"on_delete": models.PROTECT, "related_name": "+"}
# Three digits after the point: the most that a currency of ISO 4217 in use has.
AMOUNT = {"max_digits": 12, "decimal_places": 3}


class SiteIdentity(models.Model):
    """What a site is called on a bill and by which numbers; the newest counts."""

    append_only = True

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="billing_identities")
    legal_name = models.CharField(max_length=120)
    address = models.CharField(max_length=240)
    state = models.CharField(max_length=40, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    npi = models.CharField(max_length=10, blank=True)
    tin = models.CharField(max_length=11, blank=True)
    bundles_esketamine = models.BooleanField(default=True)  # billed by the code that pays for supply and visit too
    by = models.ForeignKey(User, **WHO)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.legal_name


class ClinicianNumber(models.Model):
    """The NPI of a person who treats; the newest counts."""

    append_only = True

    site = models.ForeignKey(Site, **WHO)
    user = models.ForeignKey(User, **WHO)
    npi = models.CharField(max_length=10)
    by = models.ForeignKey(User, **WHO)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"NPI of {self.user_id}"


class SiteCode(models.Model):
    """A code that the site itself puts to an item or a diagnosis, with where it read it and from when to when it holds."""

    append_only = True

    class System(models.TextChoices):
        CPT = "CPT", "CPT"
        HCPCS = "HCPCS", "HCPCS"
        ICD10 = "ICD-10-CM", "ICD-10-CM"
        OTHER = "other", "Another table"

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="billing_codes")
    about = models.CharField(max_length=60)  # an item of the catalogue, or the diagnosis of a course
    system = models.CharField(max_length=10, choices=System)
    code = models.CharField(max_length=16)
    says = models.CharField(max_length=120)  # in the site's own words
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)
    source = models.CharField(max_length=240)
    by = models.ForeignKey(User, **WHO)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(source="") & ~Q(code=""), name="site_code_has_a_source"),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")),
                name="site_code_ends_after_it_began",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.system} {self.code}"


class Price(models.Model):
    """The price of one item from a day on. It is never changed: a later day or a later revision of a day to come follows."""

    append_only = True

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="prices")
    item = models.CharField(max_length=60)
    detail = models.CharField(max_length=80, blank=True)  # which medicine
    amount = models.DecimalField(null=True, blank=True, **AMOUNT)  # None: not offered from this day on
    effective_on = models.DateField()
    recorded_on = models.DateField()  # at the site
    revision = models.PositiveIntegerField(default=1)
    note = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(User, **WHO)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["site", "item", "detail", "effective_on", "revision"], name="price_revision_once"
            ),
            models.CheckConstraint(condition=Q(amount__isnull=True) | Q(amount__gte=0), name="price_not_negative"),
            models.CheckConstraint(
                condition=Q(effective_on__gte=F("recorded_on")), name="price_never_for_a_day_that_is_past"
            ),
        ]

    def __str__(self) -> str:
        return f"price of {self.item}"


class SlidingScale(models.Model):
    """By how much a site's prices are reduced for a household's own bracket, from a day on."""

    append_only = True

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="sliding_scales")
    brackets = models.JSONField()  # [[name, per cent as text]], the highest income first
    effective_on = models.DateField()
    by = models.ForeignKey(User, **WHO)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"sliding scale from {self.effective_on}"


class Estimate(models.Model):
    """What a course may cost, as it was told; every figure stands in the document."""

    append_only = True

    site = models.ForeignKey(Site, **WHO)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="estimates")
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="estimates")
    version = models.PositiveIntegerField()
    document = models.JSONField()
    total = models.DecimalField(**AMOUNT)
    currency = models.CharField(max_length=3)
    due_on = models.DateField(null=True, blank=True)  # None: no law that we hold says by when
    by = models.ForeignKey(User, **WHO)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["course", "version"], name="estimate_version_once")]

    def __str__(self) -> str:
        return f"estimate {self.pk}"


class EstimateGiven(models.Model):
    """The patient was given an estimate: on which day, and how."""

    append_only = True

    class How(models.TextChoices):
        PAPER = "paper", "On paper, by hand"
        POST = "post", "By post"
        ELECTRONIC = "electronic", "Electronically, as the patient asked"

    estimate = models.ForeignKey(Estimate, on_delete=models.PROTECT, related_name="given")
    how = models.CharField(max_length=12, choices=How)
    given_on = models.DateField()
    by = models.ForeignKey(User, **WHO)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"estimate {self.estimate_id} given"


class PaymentPlan(models.Model):
    """In which instalments an estimate is paid; they sum to its total. The newest of an estimate counts."""

    append_only = True

    estimate = models.ForeignKey(Estimate, on_delete=models.PROTECT, related_name="payment_plans")
    instalments = models.JSONField()  # [[day, amount as text]]
    by = models.ForeignKey(User, **WHO)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"plan of estimate {self.estimate_id}"


class Service(models.Model):
    """Something that was done outside a session, as a person states it: nothing else in the record tells of it."""

    append_only = True

    site = models.ForeignKey(Site, **WHO)
    patient = models.ForeignKey(Patient, **WHO)
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="services")
    item = models.CharField(max_length=60)
    detail = models.CharField(max_length=80, blank=True)
    units = models.DecimalField(max_digits=7, decimal_places=2, default=1)
    done_on = models.DateField()
    clinician = models.ForeignKey(User, null=True, blank=True, **WHO)
    code = models.CharField(max_length=16, blank=True)  # as the clinician chose; empty: none
    by = models.ForeignKey(User, **WHO)
    at = models.DateTimeField()
    form_key = models.UUIDField(unique=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(units__gt=0), name="service_has_units")]

    def __str__(self) -> str:
        return f"service {self.pk}"


class Superbill(models.Model):
    """What was done, with its codes and prices; every figure stands in the document."""

    append_only = True

    site = models.ForeignKey(Site, **WHO)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="superbills")
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="superbills")
    number = models.PositiveIntegerField()  # 1, 2, 3 ... of the site
    document = models.JSONField()
    total = models.DecimalField(**AMOUNT)
    currency = models.CharField(max_length=3)
    by = models.ForeignKey(User, **WHO)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "number"], name="superbill_number_once")]

    def __str__(self) -> str:
        return f"superbill {self.number}"


class SuperbillVoid(models.Model):
    """A superbill does not count any more: why, and by whom. What it billed may be billed again."""

    append_only = True

    superbill = models.OneToOneField(Superbill, on_delete=models.PROTECT, related_name="void")
    reason = models.CharField(max_length=240)
    by = models.ForeignKey(User, **WHO)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="superbill_void_has_a_reason")]

    def __str__(self) -> str:
        return f"void {self.superbill_id}"


class Billed(models.Model):
    """One thing that happened is on one superbill: at most one that counts."""

    append_only = True

    superbill = models.ForeignKey(Superbill, on_delete=models.PROTECT, related_name="billed")
    what = models.CharField(max_length=40)  # session:12, service:3
    attempt = models.PositiveIntegerField()  # one more after each superbill that was made void

    class Meta:
        constraints = [models.UniqueConstraint(fields=["what", "attempt"], name="billed_once")]

    def __str__(self) -> str:
        return self.what


class Payment(models.Model):
    """Money that came, or went back. It is never changed: what was wrong goes back as a counter-entry."""

    append_only = True

    class Kind(models.TextChoices):
        PAYMENT = "payment", "Payment"
        REFUND = "refund", "Refund"

    class Method(models.TextChoices):
        CASH = "cash", "Cash"
        CARD = "card", "Card"
        BANK = "bank", "Bank transfer"

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="payments")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="payments")
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="payments")
    kind = models.CharField(max_length=8, choices=Kind)
    amount = models.DecimalField(**AMOUNT)
    currency = models.CharField(max_length=3)
    method = models.CharField(max_length=8, choices=Method)
    reference = models.CharField(max_length=60, blank=True)  # of the receipt; never a number of a card
    refunds = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="refunded_by")
    reason = models.CharField(max_length=240, blank=True)
    received_on = models.DateField()
    by = models.ForeignKey(User, **WHO)
    at = models.DateTimeField()
    form_key = models.UUIDField(unique=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_above_nought"),
            models.CheckConstraint(
                condition=Q(kind="payment", refunds__isnull=True)
                | (Q(kind="refund", refunds__isnull=False) & ~Q(reason="")),
                name="refund_names_its_payment_and_reason",
            ),
        ]
        indexes = [models.Index(fields=["site", "received_on"], name="payment_by_site_and_day")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
