"""What a course's pages of therapy show. A process note comes out of here for its author alone."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from ketacare.clinic.actor import Actor, user_id
from ketacare.clinic.models import Course
from ketacare.therapy.lock import opened
from ketacare.therapy.models import Draft, ProcessNote, SharedTheme, TherapySession


@dataclass(frozen=True, kw_only=True)
class NoteShown:
    """A process note as its author reads it. None: it was locked with a key that is not there."""

    note: ProcessNote
    text: str | None
    is_corrected: bool


@dataclass(frozen=True, kw_only=True)
class Begun:
    """A draft as its author finds it again."""

    text: str
    at: datetime


def sessions(course: Course) -> QuerySet[TherapySession]:
    """Every preparation and integration session of a course, the newest first; corrected ones among them, marked."""
    rows = course.therapy_sessions.select_related("by", "superseded_by", "supersedes")
    return rows.order_by("-held_at", "-pk")


def shared(course: Course) -> list[SharedTheme]:
    """What the patient shares now, the newest first; what was taken back is not here."""
    rows = course.shared_themes.filter(withdrawal__isnull=True).select_related("by")
    return list(rows.order_by("-at", "-pk"))


def withdrawn(course: Course) -> int:
    """How many things the patient has taken back: that there were any is no secret, what they said is."""
    return course.shared_themes.filter(withdrawal__isnull=False).count()


def own_notes(by: Actor) -> QuerySet[ProcessNote]:
    """The process notes that this person wrote; nobody's where it is no person."""
    author = user_id(by)
    rows = ProcessNote.objects.filter(author=author) if author is not None else ProcessNote.objects.none()
    return rows.select_related("course__patient", "course__site", "superseded_by")


def notes_shown(course: Course, by: Actor) -> list[NoteShown]:
    """The reader's own notes about a course, unlocked, the newest first."""
    return [shown(row) for row in own_notes(by).filter(course=course).order_by("-at", "-pk")]


def shown(row: ProcessNote) -> NoteShown:
    """One note, unlocked."""
    return NoteShown(note=row, text=opened(row.locked), is_corrected=hasattr(row, "superseded_by"))


def begun(course: Course, form: str, by: Actor) -> Begun | None:
    """What the reader has begun to write; None where there is nothing, or it cannot be unlocked."""
    row = Draft.objects.filter(course=course, author=user_id(by), form=form).exclude(locked="").first()
    text = opened(row.locked) if row is not None else None
    return Begun(text=text, at=row.at) if row is not None and text is not None else None
