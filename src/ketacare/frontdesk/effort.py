"""Proof that a public form is worth reading: some work by the sender's own machine, or some patience. No third party is asked.

Every form carries a signed ticket. A browser with script finds a number that, hashed with the ticket, begins with enough zeros; without
script a ticket that has aged a little does as well, and fewer of those are let in an hour (see ``guarding.py``).
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from uuid import UUID, uuid4

from django.core import signing

SALT = "frontdesk.ticket"
BITS = 14  # leading zeros: about a second of a telephone's work
LASTS = timedelta(hours=3)
PATIENCE = timedelta(seconds=8)
LONGEST_WORK = 12  # digits of the number that is looked for


class Effort(Enum):
    """What a form came with."""

    WORK = "work"
    PATIENCE = "patience"
    TOO_SOON = "too soon"
    NONE = "none"  # forged, or too old


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What a form came with, and the key of the ticket where it is one of ours."""

    effort: Effort
    key: UUID | None


def issue(*, at: datetime) -> str:
    """A fresh ticket."""
    return signing.dumps({"key": uuid4().hex, "at": int(at.timestamp())}, salt=SALT)


def judged(ticket: str, work: str, *, at: datetime) -> Shown:
    """What a ticket and its work come to."""
    try:
        told = signing.loads(ticket, salt=SALT)
    except signing.BadSignature:
        return Shown(effort=Effort.NONE, key=None)
    age = at - datetime.fromtimestamp(told["at"], UTC)
    if age > LASTS:
        return Shown(effort=Effort.NONE, key=None)
    key = UUID(hex=told["key"])
    if is_worked(ticket, work):
        return Shown(effort=Effort.WORK, key=key)
    return Shown(effort=Effort.PATIENCE if age >= PATIENCE else Effort.TOO_SOON, key=key)


def is_worked(ticket: str, work: str) -> bool:
    """Whether the number was found."""
    if not (work.isascii() and work.isdecimal() and len(work) <= LONGEST_WORK):
        return False
    return has_zeros(hashlib.sha256(f"{ticket}:{work}".encode()).digest())


def has_zeros(digest: bytes) -> bool:
    """Whether a hash begins with enough zeros."""
    return int.from_bytes(digest) >> (len(digest) * len("00000000") - BITS) == 0


def worked(ticket: str) -> str:
    """Find the number: what the script does in the browser. For tests and the demo."""
    start = secrets.randbelow(1000)
    return next(str(number) for number in range(start, 10**LONGEST_WORK) if is_worked(ticket, str(number)))
