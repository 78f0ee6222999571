"""Plans and orders: rows that are only ever added; what became of an order is told by its events."""

from django.db import models
from django.db.models import F, Q

from ketacare.clinic.models import Course, DecisionRecord, Site, User
from ketacare.clinic.routes import route_name
from ketacare.planning.practices import PRACTICES


class CoursePlan(models.Model):
    """One version of a course's plan, made from a protocol template; the newest counts."""

    append_only = True

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="plans")
    version = models.PositiveIntegerField()
    template_id = models.CharField(max_length=40)
    template_version = models.PositiveIntegerField()
    template_sha256 = models.CharField(max_length=64)
    route = models.CharField(max_length=40)
    setting = models.CharField(max_length=40)
    maintenance = models.CharField(max_length=40, blank=True)  # the pattern after the induction; empty: none is planned
    attested = models.JSONField(default=dict)  # requirements of the template that only the prescriber can answer
    reason = models.TextField(blank=True)
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    drafted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["course", "version"], name="plan_version_once"),
            models.CheckConstraint(condition=Q(version=1) | ~Q(reason=""), name="plan_change_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"plan {self.pk}"

    @property
    def route_name(self) -> str:
        return route_name(self.route)


class PlannedSession(models.Model):
    """One session of a plan and the day it is planned for, in the site's time zone."""

    append_only = True

    class Phase(models.TextChoices):
        INDUCTION = "induction", "Induction"
        MAINTENANCE = "maintenance", "Maintenance"

    plan = models.ForeignKey(CoursePlan, on_delete=models.PROTECT, related_name="sessions")
    number = models.PositiveIntegerField()
    planned_on = models.DateField()
    phase = models.CharField(max_length=12, choices=Phase, default=Phase.INDUCTION)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "number"], name="planned_session_number_once"),
            models.UniqueConstraint(fields=["plan", "planned_on"], name="planned_session_one_a_day"),
        ]

    def __str__(self) -> str:
        return f"session {self.number}"


class Order(models.Model):
    """One prescription for one session, with every amount that belongs together. It is never changed: a new one is written."""

    append_only = True

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        SIGNED = "signed", "Signed"
        SECOND_SIGNED = "second-signed", "Signed twice"
        USED = "used", "Used"
        VOID = "void", "Void"

    class Basis(models.TextChoices):
        ACTUAL = "actual", "Actual weight"
        IDEAL = "ideal", "Ideal weight"
        ADJUSTED = "adjusted", "Adjusted weight"

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="orders")
    plan = models.ForeignKey(CoursePlan, on_delete=models.PROTECT, related_name="orders")
    session_number = models.PositiveIntegerField()
    version = models.PositiveIntegerField()  # 2, 3 ... replace a void one
    drug = models.CharField(max_length=40)
    route = models.CharField(max_length=40)
    weight_kg = models.DecimalField(max_digits=5, decimal_places=2)
    weight_at = models.DateTimeField()
    weight_before_kg = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    height_cm = models.DecimalField(max_digits=5, decimal_places=1, null=True, blank=True)
    weight_basis = models.CharField(max_length=8, choices=Basis)
    weight_why = models.TextField(blank=True)  # why this basis; empty in orders from before it was kept
    dosing_weight_kg = models.DecimalField(max_digits=5, decimal_places=2)
    weight_change_confirmed = models.BooleanField()
    dose_mg_per_kg = models.DecimalField(max_digits=7, decimal_places=4)
    dose_mg = models.DecimalField(max_digits=8, decimal_places=4)
    # What a route does not have is not there: a device has no volume, an injection no duration, a capsule neither.
    concentration_mg_ml = models.DecimalField(max_digits=7, decimal_places=3, null=True, blank=True)  # of the vial
    volume_ml = models.DecimalField(max_digits=8, decimal_places=4, null=True, blank=True)  # drawn from the vial
    diluted_to_ml = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)  # None: given as it is
    duration_min = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True)
    rate_ml_h = models.DecimalField(max_digits=8, decimal_places=4, null=True, blank=True)
    devices = models.PositiveSmallIntegerField(null=True, blank=True)
    etco2_planned = models.BooleanField(null=True, blank=True)
    answers = models.JSONField(default=dict)  # what the prescriber answered about earlier doses, by fact
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    drafted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["course", "session_number", "version"], name="order_version_once"),
            models.CheckConstraint(
                condition=Q(dose_mg__gt=0)
                & Q(dose_mg_per_kg__gt=0)
                & Q(concentration_mg_ml__gt=0)
                & Q(volume_ml__gt=0)
                & Q(duration_min__gt=0)
                & Q(rate_ml_h__gt=0),
                name="order_amounts_are_positive",
            ),
            models.CheckConstraint(
                condition=Q(diluted_to_ml__isnull=True) | Q(diluted_to_ml__gte=F("volume_ml")),
                name="order_dilution_holds_the_drug",
            ),
            models.CheckConstraint(
                condition=Q(dosing_weight_kg__lte=F("weight_kg")), name="order_dosing_weight_not_above_actual"
            ),
            models.CheckConstraint(
                condition=Q(rate_ml_h__isnull=True) | (Q(duration_min__isnull=False) & Q(volume_ml__isnull=False)),
                name="order_rate_has_time_and_volume",
            ),
            models.CheckConstraint(
                condition=Q(volume_ml__isnull=True) | Q(concentration_mg_ml__isnull=False),
                name="order_volume_has_a_concentration",
            ),
            models.CheckConstraint(
                condition=Q(devices__isnull=True) | (Q(devices__gt=0) & Q(volume_ml__isnull=True)),
                name="order_devices_hold_no_volume",
            ),
        ]

    def __str__(self) -> str:
        return f"order {self.pk}"

    @property
    def route_name(self) -> str:
        return route_name(self.route)


class CourseReview(models.Model):
    """What a prescriber decided at a review point; never changed, a later one stands above it."""

    append_only = True

    class Decision(models.TextChoices):
        GO_ON = "go-on", "Go on"
        ADJUST = "adjust", "Adjust once, then go on"
        STOP = "stop", "Stop"

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="reviews")
    plan = models.ForeignKey(CoursePlan, on_delete=models.PROTECT, related_name="reviews")
    point = models.CharField(max_length=40)
    after_session = models.PositiveIntegerField()
    is_maintenance = models.BooleanField()
    decision = models.CharField(max_length=8, choices=Decision)
    reason = models.TextField()
    needs_second = models.BooleanField()  # a finding is gone against that takes two prescribers
    record = models.OneToOneField(DecisionRecord, on_delete=models.PROTECT, related_name="+")
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="course_review_has_a_reason")]

    def __str__(self) -> str:
        return f"review {self.pk}"


class ReviewConfirmation(models.Model):
    """A second prescriber stands by a review's decision to go on."""

    append_only = True

    review = models.OneToOneField(CourseReview, on_delete=models.PROTECT, related_name="confirmation")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"confirmation {self.pk}"


class SitePractice(models.Model):
    """One thing that a site has settled for its plans and orders, with who signed it and why; the newest of a name counts."""

    append_only = True

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="practices")
    name = models.CharField(max_length=40, choices=[(name, one.label) for name, one in PRACTICES.items()])
    value = models.JSONField()
    reason = models.TextField()
    signed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="site_practice_has_a_reason")]

    def __str__(self) -> str:
        return f"practice {self.pk}"


_S = Order.Status
ORDER_TRANSITIONS: dict[str, frozenset[str]] = {
    _S.DRAFT: frozenset({_S.SIGNED, _S.VOID}),
    _S.SIGNED: frozenset({_S.SECOND_SIGNED, _S.USED, _S.VOID}),
    _S.SECOND_SIGNED: frozenset({_S.USED, _S.VOID}),
    _S.USED: frozenset(),
    _S.VOID: frozenset(),
}


class OrderEvent(models.Model):
    """One step in the life of an order; its status is the last of them."""

    append_only = True

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="events")
    became = models.CharField(
        max_length=16, choices=[choice for choice in Order.Status.choices if choice[0] != "draft"]
    )
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    reason = models.TextField(blank=True)
    decision = models.ForeignKey(DecisionRecord, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    checked_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "became"], name="order_event_once"),
            models.CheckConstraint(condition=~Q(became="void") | ~Q(reason=""), name="order_void_has_a_reason"),
            models.CheckConstraint(
                condition=Q(became="void") | Q(decision__isnull=False), name="order_step_keeps_its_decision"
            ),
            models.CheckConstraint(
                condition=Q(checked_by__isnull=True) | ~Q(checked_by=F("by")), name="order_double_check_is_by_another"
            ),
        ]

    def __str__(self) -> str:
        return f"order {self.order_id} {self.became}"
