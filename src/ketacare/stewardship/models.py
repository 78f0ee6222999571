"""The controlled-drug register: accounts, containers, and movements between accounts. Every row is for good.

Amounts are whole micrograms and microlitres, three digits of a mg and of a mL: exact on both engines, where SQLite would keep
a decimal as a float. A line takes an amount out of one account and puts it into another, so that no movement can fail to sum
to zero. A balance is a sum and never a column.
"""

from decimal import Decimal

from django.db import models
from django.db.models import F, Q

from ketacare.clinic.models import Course, Site, User
from ketacare.science.stewardship.ledger import SMALLEST, Amount

WHO = {"null": True, "blank": True, "on_delete": models.PROTECT, "related_name": "+"}


class Register(models.Model):
    """A site keeps a register from its opening inventory on. Whoever writes locks this row: one movement after the other."""

    append_only = True

    site = models.OneToOneField(Site, on_delete=models.PROTECT, related_name="drug_register")
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(User, **WHO)
    jurisdiction = models.CharField(max_length=40)  # id and version of the file that held then

    def __str__(self) -> str:
        return f"register of {self.site}"


class Account(models.Model):
    """Where drug can be: with the supplier, in the vault, at the chair of a session, in its patient, wasted, lost, sent back."""

    append_only = True

    class Kind(models.TextChoices):
        SUPPLIER = "supplier", "Supplier"
        VAULT = "vault", "Vault"
        ROOM = "room", "Chair"
        PATIENT = "patient", "Patient"
        WASTE = "waste", "Waste"
        RETURNED = "returned", "Sent back or destroyed"
        LOSS = "loss", "Theft or loss"

    OF_A_SESSION = (Kind.ROOM, Kind.PATIENT)

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="drug_accounts")
    kind = models.CharField(max_length=8, choices=Kind)
    course = models.ForeignKey(Course, **WHO)
    number = models.PositiveIntegerField(null=True, blank=True)  # of the session in its course

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["site", "kind"], condition=Q(course__isnull=True), name="drug_account_once_a_site"
            ),
            models.UniqueConstraint(
                fields=["site", "kind", "course", "number"],
                condition=Q(course__isnull=False),
                name="drug_account_once_a_session",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=("room", "patient"), course__isnull=False, number__isnull=False)
                | (~Q(kind__in=("room", "patient")) & Q(course__isnull=True, number__isnull=True)),
                name="drug_account_of_a_session_names_it",
            ),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()


class Container(models.Model):
    """One vial or device. One without a lot stands for drug that was given and that nobody had issued."""

    append_only = True

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="drug_containers")
    drug = models.CharField(max_length=40)
    strength_ug_per_ml = models.PositiveBigIntegerField()
    content_ug = models.PositiveBigIntegerField()  # as the label says
    lot = models.CharField(max_length=40, blank=True)
    expires_on = models.DateField(null=True, blank=True)
    serial = models.CharField(max_length=60)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "drug", "lot", "serial"], name="drug_container_once"),
            models.CheckConstraint(condition=Q(strength_ug_per_ml__gt=0), name="drug_container_has_a_strength"),
            models.CheckConstraint(
                condition=Q(lot="", expires_on__isnull=True) | (~Q(lot="") & Q(expires_on__isnull=False)),
                name="drug_container_with_a_lot_expires",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lot} · {self.serial}" if self.lot else "not issued"

    @property
    def mg_per_ml(self) -> Decimal:
        return self.strength_ug_per_ml * SMALLEST

    @property
    def content_mg(self) -> Decimal:
        return self.content_ug * SMALLEST


class Movement(models.Model):
    """One act of the register: what was done, by whom, before whom. A wrong one is undone by a counter-movement."""

    append_only = True

    class Kind(models.TextChoices):
        OPENING = "opening", "Opening inventory"
        RECEIPT = "receipt", "Receipt"
        ISSUE = "issue", "Issue"
        DOSE = "dose", "Given"
        RETURN = "return", "Return"
        WASTE = "waste", "Waste"
        BREAKAGE = "breakage", "Breakage"
        EXPIRED = "expired", "Expired stock"
        LOSS = "loss", "Theft or loss"
        ATTRIBUTION = "attribution", "Issued late"
        CORRECTION = "correction", "Counter-entry"

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="drug_movements")
    number = models.PositiveIntegerField()  # 1, 2, 3 ... of the site, without holes
    kind = models.CharField(max_length=12, choices=Kind)
    at = models.DateTimeField()
    by = models.CharField(max_length=80)  # the actor's key
    by_name = models.CharField(max_length=120)
    by_user = models.ForeignKey(User, **WHO)
    witness = models.ForeignKey(User, **WHO)  # whose own credential was checked in that request
    course = models.ForeignKey(Course, **WHO)
    session = models.PositiveIntegerField(null=True, blank=True)  # its number in the course
    reason = models.TextField(blank=True)
    undoes = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="undone_by")
    nonce = models.CharField(max_length=60, blank=True)  # of the form: sent twice, it is done once
    said = models.CharField(max_length=64, blank=True)  # digest of what the form said

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "number"], name="drug_movement_number_once"),
            models.UniqueConstraint(fields=["nonce"], condition=~Q(nonce=""), name="drug_movement_form_once"),
            models.CheckConstraint(
                condition=Q(witness__isnull=True) | Q(by_user__isnull=True) | ~Q(witness=F("by_user")),
                name="drug_movement_witness_is_another_person",
            ),
            models.CheckConstraint(
                condition=Q(kind="correction", undoes__isnull=False) | (~Q(kind="correction") & Q(undoes__isnull=True)),
                name="drug_movement_correction_undoes_one",
            ),
        ]
        indexes = [models.Index(fields=["site", "at"], name="drug_movement_by_day")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number}"


class Line(models.Model):
    """An amount of one container, out of one account and into another."""

    append_only = True

    movement = models.ForeignKey(Movement, on_delete=models.PROTECT, related_name="lines")
    container = models.ForeignKey(Container, on_delete=models.PROTECT, related_name="lines")
    out_of = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="lines_out")
    into = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="lines_in")
    ug = models.BigIntegerField()
    ul = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ug__gt=0), name="drug_line_moves_something"),
            models.CheckConstraint(condition=~Q(out_of=F("into")), name="drug_line_between_two_accounts"),
        ]

    def __str__(self) -> str:
        return f"line {self.pk}"

    @property
    def amount(self) -> Amount:
        return Amount(mg=self.ug * SMALLEST, ml=self.ul * SMALLEST)


class Count(models.Model):
    """Two people counted the vault. What they found was written down before the register's own number was shown."""

    append_only = True

    class Moment(models.TextChoices):
        OPEN = "open", "Opening of the day"
        CLOSE = "close", "Close of the day"

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="drug_counts")
    moment = models.CharField(max_length=5, choices=Moment)
    at = models.DateTimeField()
    by_name = models.CharField(max_length=120)
    by_user = models.ForeignKey(User, **WHO)
    witness = models.ForeignKey(User, **WHO)
    after_movement = models.PositiveIntegerField()  # the number up to which the register was summed
    note = models.TextField(blank=True)
    nonce = models.CharField(max_length=60, blank=True)
    said = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["nonce"], condition=~Q(nonce=""), name="drug_count_form_once"),
            models.CheckConstraint(
                condition=Q(witness__isnull=True) | Q(by_user__isnull=True) | ~Q(witness=F("by_user")),
                name="drug_count_witness_is_another_person",
            ),
        ]

    def __str__(self) -> str:
        return f"count {self.pk}"


class CountedLot(models.Model):
    """One lot of a count: what was found, and what the register held at that moment."""

    append_only = True

    count = models.ForeignKey(Count, on_delete=models.PROTECT, related_name="lots")
    drug = models.CharField(max_length=40)
    strength_ug_per_ml = models.PositiveBigIntegerField()
    content_ug = models.PositiveBigIntegerField()  # of an unopened container
    lot = models.CharField(max_length=40)
    expires_on = models.DateField()
    unopened = models.PositiveIntegerField()  # containers
    opened_ul = models.PositiveBigIntegerField()  # what is in opened ones
    counted_ug = models.PositiveBigIntegerField()
    expected_ug = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["count", "drug", "lot", "strength_ug_per_ml", "content_ug"], name="drug_lot_counted_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.lot} of count {self.count_id}"

    @property
    def gap_mg(self) -> Decimal:
        return (self.counted_ug - self.expected_ug) * SMALLEST


class Discrepancy(models.Model):
    """Something in the register that two people have to explain. Open until they have."""

    append_only = True

    class Kind(models.TextChoices):
        UNWITNESSED = "unwitnessed", "Not witnessed"
        NOT_ISSUED = "not-issued", "Given without issue"
        MORE_THAN_HELD = "more-than-held", "More than the register holds"
        COUNT = "count", "Count differs"
        NOT_CLOSED = "not-closed", "Session not closed"
        LOSS = "loss", "Theft or loss"

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="drug_discrepancies")
    kind = models.CharField(max_length=16, choices=Kind)
    opened_at = models.DateTimeField()
    movement = models.ForeignKey(
        Movement, null=True, blank=True, on_delete=models.PROTECT, related_name="own_discrepancies"
    )
    counted = models.ForeignKey(CountedLot, **WHO)
    count = models.ForeignKey(Count, **WHO)
    course = models.ForeignKey(Course, **WHO)
    session = models.PositiveIntegerField(null=True, blank=True)
    gap_ug = models.BigIntegerField(default=0)  # below 0: missing
    says = models.TextField()

    def __str__(self) -> str:
        return f"discrepancy {self.pk}"

    @property
    def gap_mg(self) -> Decimal:
        return self.gap_ug * SMALLEST


class Explanation(models.Model):
    """Two people have explained a discrepancy, or a second one has signed a waste."""

    append_only = True

    discrepancy = models.OneToOneField(Discrepancy, on_delete=models.PROTECT, related_name="explanation")
    at = models.DateTimeField()
    by_name = models.CharField(max_length=120)
    by_user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    witness = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="drug_explanation_has_a_reason"),
            models.CheckConstraint(condition=~Q(witness=F("by_user")), name="drug_explanation_by_two_people"),
        ]

    def __str__(self) -> str:
        return f"explanation {self.pk}"
