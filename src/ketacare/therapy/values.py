"""What the acts of this room are asked with."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class Held:
    """A preparation or integration session as its author writes it down."""

    kind: str
    at: datetime
    minutes: int
    summary: str
    form_key: UUID
    supersedes: int | None = None


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A process note as its author writes it."""

    text: str
    form_key: UUID
    supersedes: int | None = None


@dataclass(frozen=True, kw_only=True)
class Shares:
    """What a patient chose to share, and how they said so."""

    kind: str
    words: str
    consent: str
    form_key: UUID
