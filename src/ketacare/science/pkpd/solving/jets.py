"""Power series cut off after a few terms, with how much was cancelled in each: values near a pole that several blocks share.

A function near a pole p is written ``a0 + a1 e + a2 e^2 ...`` with e the distance from p. Values and sizes have shape
(m, s): m coefficients, s subjects. A size is what the coefficient would be without a minus sign, as in ``tracked``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ketacare.science.pkpd.solving.tracked import Real


@dataclass(frozen=True, slots=True)
class Jet:
    """Coefficients and their sizes, (m, s) both."""

    value: Real
    size: Real


Term = Jet | None  # None stands for a zero of the structure


def constant(value: Real, length: int) -> Jet:
    """Return what does not depend on the distance."""
    found = np.zeros((length, *value.shape), dtype=value.dtype)
    found[0] = value
    return Jet(found, np.abs(found))


def distance(apart: Real, length: int) -> Jet:
    """Return ``apart + e``: the distance of what lies near the pole from another pole."""
    found = constant(apart, length)
    if length > 1:
        found.value[1] = found.size[1] = 1
    return found


def one_over(apart: Real, length: int) -> Jet:
    """Return ``1 / (apart + e)``."""
    found = np.empty((length, *apart.shape), dtype=apart.dtype)
    found[0] = 1 / apart
    for number in range(1, length):
        found[number] = -found[number - 1] * found[0]
    return Jet(found, np.abs(found))


def total(parts: Sequence[Term]) -> Term:
    """Add up what is there."""
    there = [part for part in parts if part is not None]
    if len(there) < 2:
        return there[0] if there else None
    value, size = there[0].value + there[1].value, there[0].size + there[1].size
    for part in there[2:]:
        value, size = value + part.value, size + part.size
    return Jet(value, size)


def product(one: Term, other: Term) -> Term:
    """Multiply two series, dropping what lies beyond their length."""
    return None if one is None or other is None else times(one, other)


def times(one: Jet, other: Jet) -> Jet:
    """Multiply two series that are there."""
    return Jet(_convolved(one.value, other.value), _convolved(one.size, other.size))


def _convolved(one: Real, other: Real) -> Real:
    found: Real = one[0] * other
    for number in range(1, len(one)):
        found[number:] += one[number] * other[:-number]
    return found


def scaled(one: Jet, by: Real) -> Jet:
    """Multiply by a number."""
    return Jet(one.value * by, one.size * np.abs(by))


def raised(one: Jet, by: int) -> Jet:
    """Multiply by a power of the distance."""
    if not by:
        return one
    value, size = np.zeros_like(one.value), np.zeros_like(one.size)
    value[by:], size[by:] = one.value[:-by], one.size[:-by]
    return Jet(value, size)


def adjugate_times(matrix: Sequence[Sequence[Term]], given: Sequence[Term]) -> list[Term]:
    """Return adj(M) b: the solution of M x = b before it is divided by the determinant."""
    return [
        total(
            [
                _signed(product(one, _determinant(_without(matrix, column, row))), row + column)
                for column, one in enumerate(given)
                if one is not None
            ]
        )
        for row in range(len(given))
    ]


def _determinant(matrix: Sequence[Sequence[Term]]) -> Term:
    """Expand along the first row (Laplace)."""
    first, *_ = matrix
    if len(first) == 1:
        return first[0]
    return total(
        [
            _signed(product(one, _determinant(_without(matrix, 0, column))), column)
            for column, one in enumerate(first)
            if one is not None
        ]
    )


def _without(matrix: Sequence[Sequence[Term]], row: int, column: int) -> list[list[Term]]:
    return [[*line[:column], *line[column + 1 :]] for number, line in enumerate(matrix) if number != row]


def _signed(one: Term, place: int) -> Term:
    return Jet(-one.value, one.size) if one is not None and place % 2 else one
