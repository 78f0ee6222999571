"""What the acts of this room are asked with."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal
from uuid import UUID

from ketacare.clinic.errors import Reason

DESK = "the front desk"
ADMINISTRATOR = "an administrator"
Insurance = Literal["none", "not-used", "used"]
INSURANCE: dict[str, str] = {
    "none": "No insurance",
    "not-used": "Insured, and does not use it",
    "used": "Insured, and uses it",
}


def why(text: str, who: str = DESK) -> Reason:
    """A reason, with who can do something about it."""
    return Reason(text=text, who=who)


@dataclass(frozen=True, kw_only=True)
class NewPrice:
    """A price from a day on."""

    item: str
    detail: str = ""
    amount: Decimal | None  # None: not offered any more
    effective_on: date
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Identity:
    """What a site is called on a bill."""

    legal_name: str
    address: str
    state: str = ""
    phone: str = ""
    npi: str = ""
    tin: str = ""
    bundles_esketamine: bool = True


@dataclass(frozen=True, kw_only=True)
class NewCode:
    """A code that a site puts to an item or a diagnosis."""

    about: str
    system: str
    code: str
    says: str
    valid_from: date
    valid_until: date | None
    source: str


@dataclass(frozen=True, kw_only=True)
class EstimateInput:
    """What an estimate is made from."""

    counts: tuple[tuple[str, Decimal], ...]  # key of a price -> how many
    first_on: date
    last_on: date
    booked_on: date | None = None
    requested_on: date | None = None
    insurance: Insurance = "none"
    not_covered: str = ""
    bracket: str = ""


@dataclass(frozen=True, kw_only=True)
class Done:
    """Something that was done outside a session."""

    item: str
    detail: str = ""
    units: Decimal = Decimal(1)
    done_on: date
    clinician_id: int | None = None
    code: str = ""


@dataclass(frozen=True, kw_only=True)
class Received:
    """Money that came."""

    amount: Decimal
    method: str
    reference: str = ""
    received_on: date
    form_key: UUID
