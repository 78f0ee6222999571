"""Sums and products that remember how much was cancelled in them, and determinants made of them.

A value's rounding error is bounded by a few roundings of its size: what the same expression would be without a minus
sign. Where nothing was added the size is the value itself, and costs nothing. None stands for a zero of the structure.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Real = NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Tracked:
    """A value and its size (None: its own magnitude)."""

    value: Real
    size: Real | None = None


Entry = Tracked | None


def magnitude(one: Tracked) -> Real:
    """Return the size, an array."""
    return np.abs(one.value) if one.size is None else one.size


def total(parts: Iterable[Entry]) -> Entry:
    """Add up what is there."""
    there = [part for part in parts if part is not None]
    if len(there) < 2:
        return there[0] if there else None
    value, size = there[0].value, magnitude(there[0])
    for part in there[1:]:
        value, size = value + part.value, size + magnitude(part)
    return Tracked(value, size)


def product(one: Entry, other: Entry) -> Entry:
    """Multiply; nothing times something is nothing."""
    if one is None or other is None:
        return None
    value = one.value * other.value
    return Tracked(value) if one.size is other.size is None else Tracked(value, magnitude(one) * magnitude(other))


def negative(one: Entry) -> Entry:
    """Change the sign; the size stays."""
    return None if one is None else Tracked(-one.value, one.size)


def shifted_by(entries: Sequence[Sequence[Entry]], at: Real, *, rounded: bool) -> list[list[Entry]]:
    """Return the matrix x - K; ``rounded``: x is itself known to a rounding only, which counts where the difference is small."""
    return [
        [_from(at, one, rounded) if i == j else negative(one) for j, one in enumerate(row)]
        for i, row in enumerate(entries)
    ]


def _from(at: Real, one: Entry, rounded: bool) -> Tracked:
    if one is None:
        return Tracked(at)
    apart = at - one.value
    return Tracked(apart, np.abs(apart) + np.abs(at) if rounded else None)


def without(matrix: Sequence[Sequence[Entry]], row: int, column: int) -> list[list[Entry]]:
    """Leave out one row and one column."""
    return [[*line[:column], *line[column + 1 :]] for number, line in enumerate(matrix) if number != row]


def determinant(matrix: Sequence[Sequence[Entry]]) -> Entry:
    """Expand along the first row (Laplace), which for the few compartments of a block is exact in its signs and quick."""
    if not matrix:
        return Tracked(np.ones(1))
    return total(
        product(one if column % 2 == 0 else negative(one), determinant(without(matrix, 0, column)))
        for column, one in enumerate(matrix[0])
        if one is not None
    )


def adjugate_times(matrix: Sequence[Sequence[Entry]], given: Sequence[Entry]) -> list[Entry]:
    """Return adj(M) b: the solution of M x = b before it is divided by the determinant."""
    return [
        total(
            product(one if (row + column) % 2 == 0 else negative(one), determinant(without(matrix, column, row)))
            for column, one in enumerate(given)
            if one is not None
        )
        for row in range(len(given))
    ]
