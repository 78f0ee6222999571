"""Why a bill is not what the estimate said: line by line, in amounts that sum to the difference."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, kw_only=True)
class Sum:
    """What one item comes to: how many, and how much in all."""

    label: str
    units: Decimal
    amount: Decimal


@dataclass(frozen=True, kw_only=True)
class Gap:
    """One item, estimated and billed, and why they differ."""

    item: str
    label: str
    estimated: Sum
    billed: Sum
    over: Decimal  # below 0: less than estimated
    why: str


def gaps(estimated: Mapping[str, Sum], billed: Mapping[str, Sum]) -> list[Gap]:
    """Return every item of either side, in their order, with the reason for its difference.

    Args:
        estimated: item -> what the estimate says.
        billed: item -> what was billed for what happened.

    Returns:
        One gap for each item; their ``over`` sum to the difference of the totals exactly.
    """
    return [
        _gap(item, estimated.get(item), billed.get(item)) for item in [*estimated, *(billed.keys() - estimated.keys())]
    ]


def _gap(item: str, before: Sum | None, after: Sum | None) -> Gap:
    label = (before or after or _nothing(item)).label
    first, then = before or _nothing(label), after or _nothing(label)
    return Gap(
        item=item, label=label, estimated=first, billed=then, over=then.amount - first.amount, why=_why(first, then)
    )


def _nothing(label: str) -> Sum:
    return Sum(label=label, units=Decimal(0), amount=Decimal(0))


def _why(before: Sum, after: Sum) -> str:
    if not before.units:
        return "was not on the estimate"
    if not after.units:
        return "not billed, or not yet"
    said = []
    if before.units != after.units:
        said.append(f"{plain(after.units)} instead of {plain(before.units)}")
    if before.amount * after.units != after.amount * before.units:
        said.append("another price")
    return ", ".join(said) or "as estimated"


def plain(number: Decimal) -> str:
    """Return a number without trailing noughts."""
    return f"{number.normalize():f}"
