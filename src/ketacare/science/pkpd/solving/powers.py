"""``t^j / j! exp(pole t)`` and its integral from 0, for poles of every order: what a shared pole's answer is made of."""

from functools import lru_cache
from math import exp, factorial

import numpy as np

from ketacare.science.pkpd.solving.tracked import Real

LEAST = (
    1e-20  # of a series: parts smaller than that, of its first, are not felt by floats of 64 bits of mantissa either
)


def decaying(poles: Real, after: Real, orders: int) -> Real:
    """Return ``t^j / j! exp(pole t)`` for each order j below ``orders``, shape (orders, ...) as poles and times together."""
    found = np.empty((orders, *np.broadcast_shapes(poles.shape, after.shape)), dtype=poles.dtype)
    np.multiply(poles, after, out=found[0])
    np.exp(found[0], out=found[0])
    for order in range(1, orders):
        np.multiply(found[order - 1], after / order, out=found[order])
    return found


def entered(poles: Real, after: Real, orders: int) -> Real:
    """Return the integrals from 0 to t of ``decaying``, in the same shape, none of them with a difference of near numbers."""
    x = poles * after
    found = np.empty((orders, *x.shape), dtype=x.dtype)
    found[0] = np.where(poles == 0, after, np.expm1(x) / poles)
    for order in range(1, orders):
        found[order] = _late(x, poles, order)
        early = x > -_turn(order)
        found[order][early] = _early(x[early], np.broadcast_to(after, x.shape)[early], order)
    return found


def _turn(order: int) -> float:
    """At which -pole x time the series is left: what is subtracted from 1 then leaves a tenth of it or more."""
    return (order + 1) / 2


def _early(x: Real, after: Real, order: int) -> Real:
    """By the series of the incomplete gamma function, whose parts are all above 0 (Abramowitz and Stegun 6.5.29)."""
    series = np.ones_like(x)
    for number in range(_parts(order), 0, -1):
        series = 1 - series * x / (order + 1 + number)
    return np.asarray(series * np.exp(x) * after ** (order + 1) / factorial(order + 1))


@lru_cache(maxsize=64)
def _parts(order: int) -> int:
    """How many parts of the series are felt before its turn."""
    number, part = 0, 1.0
    while part > LEAST:
        number += 1
        part *= _turn(order) / (order + 1 + number)
    return number


def _late(x: Real, poles: Real, order: int) -> Real:
    """What is not left: 1 less the sum of what is still in each stage."""
    left, part = np.ones_like(x), np.ones_like(x)
    for number in range(1, order + 1):
        part = part * -x / number
        left = left + part
    return np.asarray((1 - left * np.exp(x)) / (-poles) ** (order + 1))


def highest(poles: Real, last: Real, orders: int) -> Real:
    """Bound ``decaying`` for all times up to ``last``, and what an error of its exponent makes of it, shape (orders, ...)."""
    return np.stack([np.minimum(_peak(order) / np.abs(poles) ** order, _grown(order, last)) for order in range(orders)])


def _peak(order: int) -> float:
    """The largest of ``(1 + x) x^j / j! exp(-x)`` is below the two parts' own largest."""
    return _likeliest(order) + (order + 1) * _likeliest(order + 1)


def _likeliest(order: int) -> float:
    return float(order**order) * exp(-order) / factorial(order)


def _grown(order: int, last: Real) -> Real:
    return np.asarray(2 * last**order / factorial(order))
