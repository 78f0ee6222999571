"""``t^j / j! exp(pole t)`` and its integral from 0, for poles of every order: what a shared pole's answer is made of."""

from math import exp, factorial

import numpy as np

from ketacare.science.pkpd.solving.tracked import Real

# Of the series of an integral, summed up to |pole x time| = order + 2, where each part is below the one before.
SERIES = 34  # parts; the first that is left out is below 1e-19 of the first for orders up to 5, and far below beyond


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
        found[order] = np.where(-x < order + 2, _early(x, after, order), _late(x, poles, order))
    return found


def _early(x: Real, after: Real, order: int) -> Real:
    """By the series of the incomplete gamma function, whose parts are all above 0 (Abramowitz and Stegun 6.5.29)."""
    part = np.minimum(-x, order + 2)
    series = np.ones_like(x)
    for number in range(SERIES, 0, -1):
        series = 1 + series * part / (order + 1 + number)
    return np.asarray(series * np.exp(x) * after ** (order + 1) / factorial(order + 1))


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
