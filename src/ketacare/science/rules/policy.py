"""A site's own parameters: inside their bounds, stricter than the default unless a medical director says otherwise."""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from reprlib import repr  # stays short, however big the value
from typing import Literal

from pydantic import Field as Key

from ketacare.science.errors import BadPolicy, Problem
from ketacare.science.reference import Frozen
from ketacare.science.rules.fields import did_you_mean

_ORDER: Mapping[str, Callable[[float, float], bool]] = {"<": operator.lt, "<=": operator.le}


class Param(Frozen):
    """A number of a rulebook that a site may set, and how far."""

    label: str = ""  # what it is called on pages; a draft may leave it out
    default: float
    unit: str
    bounds: tuple[float, float] = Key(strict=False)
    stricter: Literal["lower", "higher"]
    may_loosen: Literal["medical_director"] | None = None
    note: str = ""

    @property
    def complaint(self) -> str:
        """What is wrong with the parameter itself; empty: nothing."""
        low, high = self.bounds
        if not low <= self.default <= high:
            return f"default {self.default:g} lies outside its bounds {low:g} to {high:g}"
        if self.may_loosen is None and self.default != (high if self.stricter == "lower" else low):
            return "without may_loosen the loosest bound must be the default"
        return ""

    def is_looser(self, value: float) -> bool:
        """Return whether a value is looser than the default."""
        return value > self.default if self.stricter == "lower" else value < self.default


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """The parameters an evaluation uses: every default, and what the site changed."""

    values: Mapping[str, float]
    changed: Mapping[str, float]
    loosened_by: str = ""


def broken_orders(orders: Sequence[Sequence[str]], values: Mapping[str, float]) -> list[str]:
    """Return each stated order of parameters that the values break, in words."""
    found = []
    for order in orders:
        for left, sign, right in zip(order[::2], order[1::2], order[2::2], strict=False):
            if not _ORDER[sign](values[left], values[right]):
                found.append(f"{left} ({values[left]:g}) must be {sign} {right} ({values[right]:g})")
    return found


def make_policy(
    params: Mapping[str, Param],
    orders: Sequence[Sequence[str]],
    changes: Mapping[str, float],
    *,
    loosened_by: str = "",
) -> Policy:
    """Return the effective parameters, or raise BadPolicy with every problem.

    Args:
        params: the book's parameters.
        orders: the book's ``param_order``.
        changes: the site's own values by parameter name.
        loosened_by: the medical director who answers for a value looser than the default, where the book allows one.

    Raises:
        BadPolicy: unknown parameter, not a number, outside its bounds, loosened without a name, or an order broken.
    """
    problems = [
        Problem(place=name, says=says)
        for name, value in changes.items()
        if (says := _complaint(params, name, value, loosened_by=loosened_by))
    ]
    if problems:
        raise BadPolicy(problems)
    values = {name: param.default for name, param in params.items()} | dict(changes)
    if broken := broken_orders(orders, values):
        raise BadPolicy([Problem(place="param_order", says=says) for says in broken])
    return Policy(values=values, changed=dict(changes), loosened_by=loosened_by)


def _complaint(params: Mapping[str, Param], name: str, value: object, *, loosened_by: str) -> str:
    param = params.get(name)
    if param is None:
        return f"no such parameter{did_you_mean(name, params)}"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"must be a number, not {value!r}"
    low, high = param.bounds
    if not low <= value <= high:
        said = f"{value:g}" if isinstance(value, float) else repr(value)  # no float is as big as a whole number can be
        return f"{said} {param.unit} lies outside {low:g} to {high:g}"
    if param.is_looser(value) and not loosened_by.strip():
        return f"{value:g} {param.unit} is looser than {param.default:g}: only the medical director may set it, by name"
    return ""
