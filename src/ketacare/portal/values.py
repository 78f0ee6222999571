"""What comes in from a page, as plain values."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Given:
    """One tap: which question of which version of which scale, and the answer; or left open."""

    scale: str
    version: int
    item: str
    answer: str
    is_left_open: bool


@dataclass(frozen=True, kw_only=True)
class WishesInput:
    """How and when a patient wants to be written to."""

    channel: str
    email: str
    phone: str
    time_zone: str
    hour: int
    quiet_from_h: int
    quiet_until_h: int
    language: str
    is_opted_out: bool
