"""Sites, the people who work there, the patients who come, and the devices at the bedside."""

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.utils.crypto import get_random_string

LABEL_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that looks like another
LABEL_CODE_LENGTH = 10


class Role(models.TextChoices):
    """What a person does at a site."""

    PRESCRIBER = "prescriber", "Prescriber"
    NURSE = "nurse", "Infusion nurse"
    THERAPIST = "therapist", "Therapist"
    FRONT_DESK = "front-desk", "Front desk"
    CUSTODIAN = "custodian", "Drug custodian"
    QUALITY = "quality", "Quality lead"
    ADMINISTRATOR = "administrator", "Administrator"
    MEDICAL_DIRECTOR = "medical-director", "Medical director"
    PATIENT = "patient", "Patient"


class Site(models.Model):
    """A place of treatment with its own clock, law and money."""

    name = models.CharField(max_length=120, unique=True)
    time_zone = models.CharField(max_length=64, default="UTC")
    jurisdiction = models.CharField(max_length=8, default="other")
    currency = models.CharField(max_length=3, default="USD")
    policy = models.JSONField(default=dict, blank=True)

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    """Makes people who log in with their e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A person who can log in; what they may do comes from their memberships alone."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    is_active = models.BooleanField(default=True)

    objects = UserManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """One role of one person at one site."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=16, choices=Role)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "site", "role"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.get_role_display()} at {self.site}"


class Patient(models.Model):
    """A person in care. Never deleted, only closed."""

    class Sex(models.TextChoices):
        FEMALE = "female", "Female"
        MALE = "male", "Male"
        UNKNOWN = "unknown", "Not recorded"

    class Language(models.TextChoices):
        ENGLISH = "en", "English"
        SPANISH = "es", "Español"

    sites = models.ManyToManyField(Site, related_name="patients")
    user = models.OneToOneField(User, null=True, blank=True, on_delete=models.PROTECT, related_name="patient")
    given_name = models.CharField(max_length=120)
    family_name = models.CharField(max_length=120)
    born_on = models.DateField()
    sex_at_birth = models.CharField(max_length=8, choices=Sex, default=Sex.UNKNOWN)
    phone = models.CharField(max_length=40, blank=True)
    email = models.EmailField(blank=True)
    language = models.CharField(max_length=8, choices=Language, default=Language.ENGLISH)  # in which we speak to them
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["family_name", "given_name"], name="patient_by_name")]

    def __str__(self) -> str:
        return f"{self.given_name} {self.family_name}"

    @property
    def initials(self) -> str:
        return f"{self.given_name[:1]}{self.family_name[:1]}".upper()


class PatientIdentifier(models.Model):
    """A number that another system knows a patient by, kept only as a keyed hash: enough to find, useless to read."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="identifiers")
    system = models.CharField(max_length=255)
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["system", "digest"], name="patient_identifier_once")]

    def __str__(self) -> str:
        return self.system


def new_label_code() -> str:
    """A code for a label: public, short enough to be typed, and no two alike."""
    return get_random_string(LABEL_CODE_LENGTH, LABEL_LETTERS)


class Device(models.Model):
    """A bedside monitor, or a gateway that speaks for monitors; its token is kept only as a hash."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="devices")
    name = models.CharField(max_length=80)
    token_digest = models.CharField(max_length=64, unique=True)
    label_code = models.CharField(max_length=16, unique=True, default=new_label_code)  # on its label, says nothing
    wire_name = models.CharField(max_length=120, blank=True)  # what it calls itself in the messages that it sends
    is_gateway = models.BooleanField(default=False)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "name"], name="device_name_once_a_site"),
            models.UniqueConstraint(
                fields=["site", "wire_name"],
                condition=Q(retired_at__isnull=True) & ~Q(wire_name=""),
                name="device_wire_name_once_a_site",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class AccessGrant(models.Model):
    """Break-glass: access to one patient of another site, for a reason, for a short time."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="grants")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="grants")
    reason = models.TextField()
    granted_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    reviewed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    reviewed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="grant_has_a_reason"),
            models.CheckConstraint(condition=Q(expires_at__gt=F("granted_at")), name="grant_expires_after_it_began"),
        ]

    def __str__(self) -> str:
        return f"grant {self.pk}"
