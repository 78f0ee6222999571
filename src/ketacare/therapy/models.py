"""What is written down of preparation and integration: for the care team, for its author alone, and what a patient chose to share."""

from django.db import models
from django.db.models import Q

from ketacare.clinic.models import Course, User


class TherapySession(models.Model):
    """One preparation or integration session with its shared summary. Never changed: a correction supersedes it."""

    append_only = True

    class Kind(models.TextChoices):
        PREPARATION = "preparation", "Preparation"
        INTEGRATION = "integration", "Integration"

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="therapy_sessions")
    kind = models.CharField(max_length=12, choices=Kind)
    held_at = models.DateTimeField()
    minutes = models.PositiveSmallIntegerField()
    summary = models.TextField()  # what the whole care team reads
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    form_key = models.UUIDField(unique=True)  # a form sent twice is one session
    supersedes = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="superseded_by"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(summary=""), name="therapy_session_has_a_summary"),
            models.CheckConstraint(condition=Q(minutes__gt=0), name="therapy_session_took_time"),
            models.CheckConstraint(condition=Q(held_at__lte=models.F("at")), name="therapy_session_has_been_held"),
        ]
        indexes = [models.Index(fields=["course", "held_at"], name="therapy_session_of_course")]

    def __str__(self) -> str:
        return f"therapy session {self.pk}"


class ProcessNote(models.Model):
    """What a therapist writes for themself. Locked: only its author's pages open it, nobody else's and no export."""

    append_only = True

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    locked = models.TextField()  # the text, encrypted with a key that lies outside the database
    at = models.DateTimeField()
    form_key = models.UUIDField(unique=True)
    supersedes = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="superseded_by"
    )

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(locked=""), name="process_note_has_text")]
        indexes = [models.Index(fields=["course", "author"], name="process_note_of_author")]

    def __str__(self) -> str:
        return f"process note {self.pk}"


class Draft(models.Model):
    """What somebody has begun to write and not kept yet; locked like a process note, and its author's alone."""

    class Form(models.TextChoices):
        SESSION = "session", "Session"
        NOTE = "note", "Process note"

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    form = models.CharField(max_length=8, choices=Form)
    locked = models.TextField(blank=True)  # empty: it was kept or thrown away
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["course", "author", "form"], name="draft_one_of_a_form")]

    def __str__(self) -> str:
        return f"draft {self.pk}"


class SharedTheme(models.Model):
    """An intention or a theme that the patient chose to share with the care team, with their consent to it."""

    append_only = True

    class Kind(models.TextChoices):
        INTENTION = "intention", "Intention"
        THEME = "theme", "Theme"

    class Said(models.TextChoices):
        SPOKEN = "spoken", "Said so in the session"
        WRITTEN = "written", "Signed for it"

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="shared_themes")
    kind = models.CharField(max_length=12, choices=Kind)
    words = models.TextField()
    consent = models.CharField(max_length=8, choices=Said)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    form_key = models.UUIDField(unique=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(words=""), name="shared_theme_has_words")]

    def __str__(self) -> str:
        return f"shared theme {self.pk}"


class ShareWithdrawal(models.Model):
    """The patient takes back that something is shared: from then on no page shows it."""

    append_only = True

    theme = models.OneToOneField(SharedTheme, on_delete=models.PROTECT, related_name="withdrawal")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"withdrawal of {self.theme_id}"
