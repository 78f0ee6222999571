"""Locking what only its author may read. The key lies outside the database and outside its backup."""

from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.utils.crypto import salted_hmac


def box() -> Fernet:
    """What process notes and drafts are locked in."""
    key = salted_hmac("ketacare.process-notes", "key", settings.PROCESS_NOTE_KEY, algorithm="sha256")
    return Fernet(urlsafe_b64encode(key.digest()))


def lock(text: str) -> str:
    """A text as it is stored."""
    return box().encrypt(text.encode()).decode()


def opened(locked: str) -> str | None:
    """The text; None where it was locked with another key."""
    try:
        return box().decrypt(locked.encode()).decode()
    except InvalidToken:
        return None
