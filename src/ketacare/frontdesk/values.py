"""What comes in from a page, as plain values; and the words for parts of a week."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.utils.translation import gettext_lazy as _

TIMES = [
    ("weekday-morning", _("Weekday mornings")),
    ("weekday-afternoon", _("Weekday afternoons")),
    ("weekday-evening", _("Weekday evenings")),
    ("saturday", _("Saturdays")),
]
CONSENT = _("The clinic may contact me about this request.")


@dataclass(frozen=True, kw_only=True)
class RequestInput:
    """A request for a consultation as it was sent; ``key`` is the form's, so that sending twice is sending once."""

    key: UUID
    site_id: int
    given_name: str
    family_name: str
    born_on: date
    phone: str
    email: str
    way: str
    language: str
    times: Sequence[str]
    needs: str
    consent_text: str
    answers: Mapping[str, Sequence[str]] | None  # of the self-check; None: not sent


@dataclass(frozen=True, kw_only=True)
class TryInput:
    """Somebody tried to reach the person: how, what came of it."""

    way: str
    came: str
    note: str
