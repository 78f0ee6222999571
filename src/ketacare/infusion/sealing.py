"""The key that seals what waits in a browser: one a person, derived from the server's secret and stored nowhere.

Its id is made from the person and their password, so that a new password brings a new key; it can be verified, so that
its owner still gets an earlier key for what was sealed with it, and nobody gets anybody else's.
"""

import hmac

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.crypto import salted_hmac

from ketacare.clinic.models import User

KEY_BYTES = 32  # AES-256
ID_LETTERS = 16  # of each half of a key's id


def key_id(user: User) -> str:
    """The id of the key that this person seals with now."""
    version = _hmac("version", user.pk, user.password)
    return f"{version}.{_hmac('id', user.pk, version)}"


def is_of(user: User, wanted: str) -> bool:
    """Whether a key's id was once made for this person."""
    version, _, mark = wanted.partition(".")
    return hmac.compare_digest(mark.encode(), _hmac("id", user.pk, version).encode())


def key_of(user: User, wanted: str) -> bytes:
    """The key of this person with this id; the caller has asked whether it is theirs."""
    info = f"ketacare.sealing:{user.pk}:{wanted}".encode()
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(settings.SECRET_KEY.encode())


def _hmac(what: str, *parts: object) -> str:
    told = ":".join(map(str, parts))
    return salted_hmac(f"ketacare.sealing.{what}", told, algorithm="sha256").hexdigest()[:ID_LETTERS]
