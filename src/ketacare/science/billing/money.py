"""Amounts of money: exact decimals with as many digits as the currency has."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Literal

from pydantic import Field as Key
from pydantic import ValidationError

from ketacare.science import reference
from ketacare.science.errors import BadReference, OutOfRange
from ketacare.science.reference import Frozen, Mark, Review

FILE = "billing/currencies"
WHOLE = Decimal(100)  # per cent
LARGEST = Decimal(10) ** 9  # no amount reaches it: the tables hold nine whole digits


class Currencies(Frozen):
    """How many digits the minor unit of each currency has."""

    id: str
    version: int
    schema_: Literal["ketacare.currencies/1"] = Key(alias="schema")
    title: str
    review: Review
    sources: list[str]
    mark: Mark
    digits: Mapping[str, int]


@cache
def currencies() -> Currencies:
    """Return the currencies that a site's money can be in."""
    place = reference.newest(FILE)
    try:
        return Currencies.model_validate(reference.read_yaml(place))
    except ValidationError as error:
        raise BadReference(reference.problems_of(error, place=place)) from error


def minor_unit(currency: str) -> Decimal:
    """Return the smallest amount of a currency, such as 0.01.

    Raises:
        OutOfRange: a currency that the table does not name: its digits are never guessed.
    """
    digits = currencies().digits.get(currency)
    if digits is None:
        raise OutOfRange(f"the currency {currency!r} is not in the table of ISO 4217 that we hold")
    return Decimal(1).scaleb(-digits)


def is_exact(amount: Decimal, currency: str) -> bool:
    """Return whether an amount has no more digits than its currency, and is one that is ever charged."""
    return amount.is_finite() and abs(amount) < LARGEST and amount == rounded(amount, currency)


def rounded(amount: Decimal, currency: str) -> Decimal:
    """Return an amount in the currency's digits; a half goes away from nought, as people round bills."""
    return amount.quantize(minor_unit(currency), rounding=ROUND_HALF_UP)


def reduced(amount: Decimal, percent: Decimal, currency: str) -> Decimal:
    """Return what is left of an amount after a reduction in per cent.

    Raises:
        OutOfRange: a reduction below 0 or above 100 per cent.
    """
    if not 0 <= percent <= WHOLE:
        raise OutOfRange("a reduction lies between 0 and 100 per cent")
    return rounded(amount * (WHOLE - percent) / WHOLE, currency)


def instalments(total: Decimal, count: int, currency: str) -> list[Decimal]:
    """Split a total into instalments that differ by one minor unit at most and sum to it exactly.

    Args:
        total: what is to be paid, exact in the currency, > 0.
        count: how many instalments, >= 1.
        currency: ISO 4217 code.

    Returns:
        The instalments, the larger ones first.

    Raises:
        OutOfRange: a total that is not exact or not above nought, or fewer minor units than instalments.
    """
    unit = minor_unit(currency)
    if count < 1 or not is_exact(total, currency) or total < unit * count:
        raise OutOfRange("a plan needs an exact total with at least the smallest coin for each instalment")
    each, over = divmod(int(total / unit), count)
    return [unit * (each + (place < over)) for place in range(count)]


def in_words(amount: Decimal, currency: str) -> str:
    """Return an amount as people read it, with every digit of its currency: ``1,250.00 USD``."""
    return f"{rounded(amount, currency):,f} {currency}"
