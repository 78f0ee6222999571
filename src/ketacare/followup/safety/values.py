"""What the acts of long-term safety are asked with."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ketacare.science.rules import Value


@dataclass(frozen=True, kw_only=True)
class CheckInput:
    """A check as somebody did it. An answer of None is "not known", and stays that."""

    kind: str
    told: Mapping[str, Value | None]
    checked_at: datetime
    note: str
    form_key: UUID
