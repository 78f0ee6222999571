"""What the acts of this room are asked with."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal

from ketacare.science.errors import OutOfRange
from ketacare.science.stewardship.ledger import SMALLEST, exact


@dataclass(frozen=True, kw_only=True)
class Chair:
    """Where drug is once it was issued: at the chair of a session, known by its course and its number there."""

    course_id: int
    number: int


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """Containers of one lot that come into the vault together."""

    drug: str
    mg_per_ml: Decimal
    content_mg: Decimal  # of each, as the label says
    lot: str
    expires_on: date
    how_many: int
    serials: tuple[str, ...] = ()  # as printed; without them the register numbers them

    def problems(self) -> Iterator[str]:
        """Everything that keeps this from being written down."""
        for name, value in (("strength", self.mg_per_ml), ("content", self.content_mg)):
            try:
                if exact(value) <= 0:
                    yield f"The {name} must be above 0."
            except OutOfRange as error:
                yield f"The {name}: {error}."
        if not self.lot.strip():
            yield "The lot is missing."
        if self.how_many < 1:
            yield "How many containers came?"
        if self.serials and len(self.serials) != self.how_many:
            yield f"{self.how_many} containers came and {len(self.serials)} serial numbers were given."
        if len(set(self.serials)) < len(self.serials):
            yield "A serial number is given twice."


@dataclass(frozen=True, kw_only=True)
class LotCount:
    """One lot as two people found it in the vault."""

    drug: str
    mg_per_ml: Decimal
    lot: str
    expires_on: date
    content_mg: Decimal  # of an unopened container
    unopened: int
    opened_ml: Decimal

    @property
    def counted_mg(self) -> Decimal:
        """What was found; an opened one holds its volume times its strength, to the register's digits."""
        return self.unopened * self.content_mg + (self.opened_ml * self.mg_per_ml).quantize(SMALLEST)


def plain(value: object) -> object:
    """A value as it is digested: a form sent twice is known by its words."""
    if isinstance(value, Delivery | LotCount | Chair):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return str(value)
