"""Locking what only its author may read. The key lies outside the database and outside its backup."""

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings

from ketacare.clinic.boxes import box


def notes_box() -> Fernet:
    """What process notes and drafts are locked in."""
    return box("process-notes", settings.PROCESS_NOTE_KEY)


def lock(text: str) -> str:
    """A text as it is stored."""
    return notes_box().encrypt(text.encode()).decode()


def opened(locked: str) -> str | None:
    """The text; None where it was locked with another key."""
    try:
        return notes_box().decrypt(locked.encode()).decode()
    except InvalidToken:
        return None
