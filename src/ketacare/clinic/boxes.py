"""What is locked in the database with a key that is kept outside it."""

from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet
from django.utils.crypto import salted_hmac


def box(purpose: str, key: str) -> Fernet:
    """A box for one purpose: what is locked for another does not open in it, even where the keys are the same."""
    derived = salted_hmac(f"ketacare.{purpose}", "key", key, algorithm="sha256")
    return Fernet(urlsafe_b64encode(derived.digest()))
