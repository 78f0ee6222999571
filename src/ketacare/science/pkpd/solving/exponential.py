"""The matrix exponential of compartment flows over a time, and its integral, without losing digits to stiffness.

Scaling and squaring in the widest floats that numpy has (on x86-64: 64 bits of mantissa instead of 53). The digits lost
grow with rate x time: 60 per minute over a day costs five of sixteen, so double precision would not hold 1e-12. The first
small step is a Taylor series of a matrix with no flow below 0, and squaring only adds and multiplies what is not negative:
so nothing that a compartment holds comes out below 0.
"""

import numpy as np
from numpy.typing import NDArray

Wide = NDArray[np.longdouble]

SMALL = 0.5  # rate x time of the first small step: with it 20 terms leave an error under 1e-22; a smaller one loses digits in squaring
TERMS = 20  # never fewer, however small the step: what comes through several compartments is of a power of it


def exponential(rates: Wide, step: np.longdouble | Wide) -> tuple[Wide, Wide]:
    """Return ``exp(K h)`` and its integral from 0 to h, both of shape (s, n, n).

    Args:
        rates: K, shape (s, n, n).
        step: h, >= 0, in the time unit of K; one for all, or shape (s,).

    Source: Van Loan 1978 (integrals with the matrix exponential), here with the integral doubled beside the
        exponential: I(2h) = I(h) + exp(K h) I(h).
    """
    doublings = _doublings(rates, step)
    small = np.ldexp(step, -doublings)[:, None, None]
    integral = _integral_of_small_step(rates, small)
    moved = rates @ integral + np.eye(rates.shape[-1], dtype=rates.dtype)
    for done in range(int(doublings.max(initial=0))):
        on = doublings > done
        integral[on] += moved[on] @ integral[on]
        moved[on] = moved[on] @ moved[on]
    return moved, integral


def doubled(moved: Wide, integral: Wide) -> tuple[Wide, Wide]:
    """Return the exponential and its integral of twice the time."""
    return moved @ moved, integral + moved @ integral


def size(rates: Wide) -> Wide:
    """Bound how fast anything moves, shape (s,), 1/min: what rate x time is reckoned with.

    The largest sum of a column, each compartment in the unit that suits it: where mg become ng/mL a number far above
    every rate stands in K, and in another unit it would not. Nothing is converted, since a change of unit changes no digit.
    """
    moves, leaves = np.abs(rates), np.abs(np.diagonal(rates, axis1=-2, axis2=-1))[:, None]
    gains = np.divide(moves, leaves, out=np.zeros_like(moves), where=leaves > 0).max(axis=-1, initial=1)
    suited = moves * gains[:, None] / gains[:, :, None]
    return np.minimum(_largest_column(moves), _largest_column(suited))


def _largest_column(moves: Wide) -> Wide:
    return np.asarray(moves.sum(axis=-2).max(axis=-1, initial=0))


def _doublings(rates: Wide, step: np.longdouble | Wide) -> NDArray[np.int_]:
    return np.asarray(np.ceil(np.log2(np.maximum(size(rates) * step / SMALL, 1))), dtype=np.int_)


def _integral_of_small_step(rates: Wide, step: Wide) -> Wide:
    one = np.eye(rates.shape[-1], dtype=rates.dtype)
    scaled = rates * step
    series = np.broadcast_to(one, rates.shape).copy()
    for term in range(TERMS, 1, -1):  # Horner's scheme: 1 + x/2 (1 + x/3 (1 + ...))
        series = one + scaled @ series / term
    return np.asarray(series * step)
