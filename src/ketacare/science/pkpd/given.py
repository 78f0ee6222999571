"""What callers hand in, looked at before anything is computed with it: numbers of any numeric kind, rows of them, things of a class."""

import math
import reprlib
from collections.abc import Iterable
from decimal import Decimal
from numbers import Real
from typing import TypeVar

import numpy as np

from ketacare.science.errors import OutOfRange, Problem
from ketacare.science.pkpd.solving.arrays import Floats

T = TypeVar("T")
# Kinds of numpy arrays that hold numbers, or objects that may be: not words, truth values, dates or complex numbers.
_NUMBER_KINDS = "iufO"


def number(value: object) -> float | None:
    """Return a finite number to compute with; None: it is a word, a truth value, a row, not finite, or beyond what a float holds.

    An int or a float stays what it is; a Decimal, a fraction or a number of numpy becomes a float.
    """
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value.item()
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real | Decimal):
        return None
    try:
        found = float(value)
    except (OverflowError, ValueError):
        return None
    if not math.isfinite(found):
        return None
    return value if isinstance(value, int) else found


def said(value: object) -> str:
    """Return a value as a refusal shows it, however long or odd it is."""
    try:
        return reprlib.repr(value.item() if isinstance(value, np.generic) else value)
    except ValueError:  # an int of more digits than Python writes
        return f"this {type(value).__name__}"


def row(values: object, *, place: str) -> Floats:
    """Return numbers as an array of float64, of whatever shape they have; they may be infinite or not a number.

    Raises:
        OutOfRange: words, truth values, dates, complex numbers, nothing, rows of different lengths.
    """
    try:
        given = np.asarray(values)
        if given.dtype.kind in _NUMBER_KINDS:
            return np.array(given, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        pass  # told below, with everything else that is no row of numbers
    raise OutOfRange([Problem(place=place, says=f"{said(values)} is not a row of numbers")])


def needed(value: object, place: str) -> float:
    """Return a number to compute with, or refuse it at its place."""
    if (found := number(value)) is None:
        raise OutOfRange([Problem(place=place, says=f"{said(value)} is not a number")])
    return found


def or_nan(value: object) -> float:
    """Return a number to compute with; nan for what is none, where a check of its own names it."""
    return math.nan if (found := number(value)) is None else found


def each(given: Iterable[T], place: str) -> tuple[T, ...]:
    """Return a row's members, or refuse what is no row."""
    if not isinstance(given, Iterable) or (isinstance(given, np.ndarray) and given.ndim == 0):
        raise OutOfRange([Problem(place=place, says=f"{said(given)} is no row")])
    return tuple(given)


def refuse_strangers(**given: tuple[object, type]) -> None:
    """Refuse what is not of its class: by the argument's name, the thing and the class it must be of.

    Raises:
        OutOfRange: every one of them at once.
    """
    if wrong := [
        Problem(place=name, says=f"{said(one)} is no {wanted.__name__}")
        for name, (one, wanted) in given.items()
        if not isinstance(one, wanted)
    ]:
        raise OutOfRange(wrong)
