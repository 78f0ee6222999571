"""Who could decide, what was explained and understood, who agreed to what and took it back: rows that are only ever added."""

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


class DocumentText(models.Model):
    """The content of a file that somebody has read and signed, by its digest: it can be read for as long as the signature."""

    append_only = True

    sha256 = models.CharField(max_length=64, unique=True)
    content = models.TextField()

    def __str__(self) -> str:
        return f"document text {self.pk}"


class ConsentTalk(models.Model):
    """A talk about consent: who explained, through which interpreter, and what the patient asked."""

    append_only = True

    class Interpreter(models.TextChoices):
        NONE_NEEDED = "none-needed", "None needed"
        PRESENT = "present", "An interpreter was there or on the line"

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="consent_talks")
    explained_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    interpreter = models.CharField(max_length=12, choices=Interpreter)
    interpreter_name = models.CharField(max_length=120, blank=True)
    interpreter_language = models.CharField(max_length=60, blank=True)
    questions = models.TextField(blank=True)  # what the patient asked and what they were told; empty: nothing was asked
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    held_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(interpreter="none-needed", interpreter_name="", interpreter_language="")
                | (Q(interpreter="present") & ~Q(interpreter_name="") & ~Q(interpreter_language="")),
                name="consent_talk_names_the_interpreter",
            )
        ]

    def __str__(self) -> str:
        return f"consent talk {self.pk}"


class TeachBackAnswer(models.Model):
    """One try at one question about a text that was explained: right or wrong, each is kept."""

    append_only = True

    talk = models.ForeignKey(ConsentTalk, on_delete=models.PROTECT, related_name="answers")
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="teach_back_answers")
    document_id = models.CharField(max_length=40)
    document_version = models.PositiveIntegerField()
    document_sha256 = models.CharField(max_length=64)
    question = models.CharField(max_length=40)
    choice = models.CharField(max_length=40)
    is_right = models.BooleanField()
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"teach-back answer {self.pk}"


class SignedIn(models.TextChoices):
    """Whose log-in a signature was given in."""

    PATIENT = "patient", "the patient's own log-in"
    STAFF = "staff", "a member of staff's log-in, with the patient there"


class Method(models.TextChoices):
    """How a signature was given."""

    DRAWN = "drawn", "Drawn on screen"
    ON_SCREEN = "on-screen", "Typed on screen"
    ON_PAPER = "on-paper", "Signed on paper"


class Consent(models.Model):
    """A signature under one version of one document, for one drug, route, indication and range of doses."""

    append_only = True

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
    strokes = models.JSONField(default=list)  # a drawn signature: lines of points on its sheet (see drawing.py)
    signed_in = models.CharField(max_length=12, choices=SignedIn, default="")  # empty: before this was kept
    talk = models.ForeignKey(ConsentTalk, null=True, on_delete=models.PROTECT, related_name="consents")
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
            models.CheckConstraint(condition=~Q(method="drawn") | ~Q(strokes=[]), name="consent_drawn_has_a_drawing"),
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


class SeparateConsent(models.Model):
    """What a patient said about one thing beside the treatment: given, refused or taken back. The newest counts."""

    append_only = True

    class Kind(models.TextChoices):
        OFF_LABEL = "off_label", "Off-label use"
        TELEHEALTH = "telehealth", "Visits by video or phone"
        TOUCH = "touch", "Touch"
        RECORDING = "recording", "Photos, sound or film"
        REGISTRY = "registry", "Research registry"
        DATA_SHARING = "data_sharing", "Sharing of data"

    class Said(models.TextChoices):
        GIVEN = "given", "Given"
        REFUSED = "refused", "Refused"
        WITHDRAWN = "withdrawn", "Taken back"

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="separate_consents")
    kind = models.CharField(max_length=16, choices=Kind)
    said = models.CharField(max_length=12, choices=Said)
    document_id = models.CharField(max_length=40)
    document_version = models.PositiveIntegerField()
    document_sha256 = models.CharField(max_length=64)
    language = models.CharField(max_length=8)
    confirmed = models.JSONField(default=list)
    method = models.CharField(max_length=12, choices=Method, blank=True)  # of a consent that was given
    signed_name = models.CharField(max_length=240, blank=True)
    strokes = models.JSONField(default=list)
    signed_in = models.CharField(max_length=12, choices=SignedIn)
    talk = models.ForeignKey(ConsentTalk, null=True, on_delete=models.PROTECT, related_name="separate_consents")
    witness = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    said_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(said="given") | (~Q(signed_name="") & ~Q(method="") & Q(expires_at__gt=F("said_at"))),
                name="separate_consent_given_is_signed",
            ),
            models.CheckConstraint(
                condition=~Q(method="drawn") | ~Q(strokes=[]), name="separate_consent_drawn_has_a_drawing"
            ),
        ]

    def __str__(self) -> str:
        return f"separate consent {self.pk}"


class AskedAgain(models.Model):
    """From here on a consent that was signed before no longer holds: something has happened, and the patient decides anew."""

    append_only = True

    class Why(models.TextChoices):
        SERIOUS_EVENT = "serious-event", "A serious event"
        NEW_RISK = "new-risk", "A new risk"
        OTHER = "other", "Something else"

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="asked_again")
    why = models.CharField(max_length=16, choices=Why)
    says = models.TextField()  # what has changed
    asked_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(says=""), name="consent_asked_again_says_why")]

    def __str__(self) -> str:
        return f"consent asked again {self.pk}"
