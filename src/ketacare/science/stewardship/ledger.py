"""The arithmetic of a controlled-drug register, in exact decimals: transfers, balances, closing a session, reconciling a lot.

A transfer takes an amount out of one account and puts the same amount into another, so that what is written can never fail
to sum to zero. mg is the truth; mL is carried along so that an account which is empty in mg is empty in mL.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType
from typing import Generic, TypeVar

from ketacare.science.errors import OutOfRange

SMALLEST = Decimal("0.001")  # mg and mL: the digits of the register
NONE = Decimal(0)

A = TypeVar("A", bound=Hashable)  # how the caller names an account
C = TypeVar("C", bound=Hashable)  # how the caller names a container


@dataclass(frozen=True, kw_only=True, slots=True)
class Amount:
    """So much drug: mg, and the mL it is in."""

    mg: Decimal = NONE
    ml: Decimal = NONE

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(mg=self.mg + other.mg, ml=self.ml + other.ml)

    def __sub__(self, other: "Amount") -> "Amount":
        return Amount(mg=self.mg - other.mg, ml=self.ml - other.ml)

    def __neg__(self) -> "Amount":
        return Amount(mg=-self.mg, ml=-self.ml)

    def __bool__(self) -> bool:
        return bool(self.mg or self.ml)


@dataclass(frozen=True, kw_only=True, slots=True)
class Transfer(Generic[A, C]):
    """One line of a movement: an amount of one container, out of one account and into another."""

    container: C
    out_of: A
    into: A
    amount: Amount


@dataclass(frozen=True, kw_only=True, slots=True)
class Part(Generic[C]):
    """So many mg of one container."""

    container: C
    mg: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken(Generic[C]):
    """How an amount was taken from several containers, and what none of them held."""

    parts: tuple[Part[C], ...]
    missing_mg: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class Reconciled:
    """One lot at the close: what there must be, what was counted, and the gap between."""

    opening_mg: Decimal
    in_mg: Decimal
    out_mg: Decimal
    counted_mg: Decimal | None

    @property
    def expected_mg(self) -> Decimal:
        return self.opening_mg + self.in_mg - self.out_mg

    @property
    def gap_mg(self) -> Decimal | None:
        """Counted less expected: below 0 where drug is missing, above 0 where there is too much; None: not counted."""
        return None if self.counted_mg is None else self.counted_mg - self.expected_mg

    @property
    def closes(self) -> bool:
        """Whether it was counted and nothing is missing or over."""
        return self.gap_mg == 0


def exact(value: Decimal) -> Decimal:
    """Return an amount to the register's three digits, or raise OutOfRange where it has more or is no number.

    Nothing is rounded: an amount that needs more digits is not one that somebody can have read off a syringe or a label.
    """
    if not value.is_finite():
        raise OutOfRange(f"{value} is no amount")
    kept = value.quantize(SMALLEST, ROUND_HALF_UP)
    if kept != value:
        raise OutOfRange(f"{value} has more than three digits after the point")
    return kept


def ml_of(mg: Decimal, *, mg_per_ml: Decimal) -> Decimal:
    """Return the mL that hold so many mg, rounded half away from zero to the register's digits; the strength must be > 0."""
    if mg_per_ml <= 0:
        raise OutOfRange(f"a strength of {mg_per_ml} mg/mL")
    return (mg / mg_per_ml).quantize(SMALLEST, ROUND_HALF_UP)


def part_of(held: Amount, mg: Decimal, *, mg_per_ml: Decimal) -> Amount:
    """Return the amount to move so that what stays behind is in step with the label.

    Args:
        held: what the account holds of the container now.
        mg: how much leaves it, mg, > 0, three digits.
        mg_per_ml: strength of the container, mg/mL, > 0.

    Returns:
        mg as given, and the mL that leave the rest at its mg divided by the strength: whoever takes everything takes every mL.
        An account that holds less goes below 0, in both.

    Source: arithmetic; rounding the rest and not the parts keeps their mL from drifting apart, however many parts there are.
    """
    left_mg = held.mg - mg
    return Amount(mg=mg, ml=held.ml - ml_of(left_mg, mg_per_ml=mg_per_ml))


def balances(transfers: Iterable[Transfer[A, C]]) -> Mapping[tuple[A, C], Amount]:
    """Return what every account holds of every container; what came to nothing is there with nothing.

    Args:
        transfers: in any order.

    Returns:
        (account, container) -> amount. Over all accounts a container always sums to zero.
    """
    held: dict[tuple[A, C], Amount] = {}
    for one in transfers:
        out, into = (one.out_of, one.container), (one.into, one.container)
        held[out] = held.get(out, Amount()) - one.amount
        held[into] = held.get(into, Amount()) + one.amount
    return MappingProxyType(held)


def taken(mg: Decimal, held: Sequence[Part[C]]) -> Taken[C]:
    """Take an amount from containers in their order, each as far as it reaches.

    Args:
        mg: how much is wanted, mg, >= 0.
        held: what there is, the first to be used first; a container with nothing or less is passed over.

    Returns:
        The part of each container, and what is missing: > 0 where all of them together held less.
    """
    parts, open_mg = [], mg
    for one in held:
        part = min(open_mg, one.mg)
        if part > 0:
            parts.append(Part(container=one.container, mg=part))
            open_mg -= part
    return Taken(parts=tuple(parts), missing_mg=open_mg)


def session_gap_mg(*, drawn_mg: Decimal, given_mg: Decimal, wasted_mg: Decimal, returned_mg: Decimal) -> Decimal:
    """Return what a session leaves unexplained, mg: 0 closes it.

    Draw 6, give 3, waste 1, return 2 leaves 0. Above 0 something that was drawn is not accounted for; below 0 more was
    accounted for than was ever drawn.
    """
    return drawn_mg - given_mg - wasted_mg - returned_mg


def difference_to_book(*, delivered_mg: Decimal, booked_mg: Decimal) -> Decimal:
    """Return how much must still be booked to the patient, mg; below 0 it is booked back (a correction, a line loss)."""
    return delivered_mg - booked_mg
