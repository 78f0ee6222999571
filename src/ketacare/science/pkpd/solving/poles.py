"""The rates at which a block of compartments answers: its eigenvalues, for all subjects at once, by closed form up to three.

A block is given by what leaves it and by flows inside it, and every coefficient is a sum of what is not negative: so a slow
rate keeps its digits beside fast ones, which the determinant of the matrix itself would lose.
"""

from collections.abc import Sequence
from itertools import permutations

import numpy as np

from ketacare.science.pkpd.solving.tracked import (
    Entry,
    Real,
    Tracked,
    determinant,
    magnitude,
    shifted_by,
    total,
    without,
)

NEWTON_STEPS = (
    2  # the trigonometric root is good to about 14 digits; one step would do, the second is for nearly equal roots
)
UNKNOWN = np.inf  # a doubt that no bound survives


def of_block(rates: Real) -> tuple[Real, Real]:
    """Return the block's eigenvalues, and for each how many roundings its relative error may be beyond a few.

    Args:
        rates: the block's own part of K, shape (m, m, s), 1/min.

    Returns:
        Two arrays of shape (m, s). The doubt is infinite where the closed form does not hold (a flow below 0); an
        eigenvalue that is not real comes as nan.
    """
    size = len(rates)
    if size == 1:
        return rates[0].copy(), np.zeros_like(rates[0])
    if size not in CLOSED:
        return _by_iteration(rates)
    leaving = _leaving(rates)
    rough = ((leaving < 0) | ((rates < 0).sum(axis=0) > 1)).any(axis=0)  # below 0 is only what stands on the diagonal
    found = -CLOSED[size](rates, leaving)
    return found, np.where(rough, UNKNOWN, np.zeros_like(found))


def _leaving(rates: Real) -> Real:
    """What leaves the block from each compartment, (m, s): minus the sums of the columns, rounded once (TwoSum)."""
    total, lost = rates[0], np.zeros_like(rates[0])
    for row in rates[1:]:
        after = total + row
        added = after - total
        lost += (total - (after - added)) + (row - added)
        total = after
    return np.asarray(-(total + lost))


def _two(rates: Real, leaving: Real) -> Real:
    (e0, e1), f01, f10 = leaving, rates[1, 0], rates[0, 1]
    whole, product = e0 + f01 + e1 + f10, e0 * (e1 + f10) + f01 * e1
    apart = rates[0, 0] - rates[1, 1]
    fast = (whole + np.sqrt(apart * apart + 4 * f01 * f10)) / 2
    return np.stack([fast, product / fast])


def _three(rates: Real, leaving: Real) -> Real:
    a, b, c = _cubic(rates, leaving)
    fast = _largest(a, b, c)
    product = c / fast
    middle = (
        b - product
    ) / fast  # the sum of the other two; nothing is lost, since b is at least three times their product
    second = (middle + np.sqrt(middle * middle - 4 * product)) / 2
    return np.stack([fast, second, product / second])


def _cubic(rates: Real, leaving: Real) -> tuple[Real, Real, Real]:
    """Coefficients of x^3 - a x^2 + b x - c with the roots x = -eigenvalue, each a sum of products that are not negative.

    Source: the matrix-tree theorem (Tutte 1948): each product is one way for everything to leave the block.
    """
    e0, e1, e2 = leaving
    f01, f02, f10, f12, f20, f21 = (rates[to, source] for source, to in permutations(range(3), 2))
    s0, s1, s2 = e0 + f01 + f02, e1 + f10 + f12, e2 + f20 + f21
    pairs = (e0 + f02) * s1 + f01 * (e1 + f12) + (e0 + f01) * s2 + f02 * (e2 + f21) + (e1 + f10) * s2 + f12 * (e2 + f20)
    all_three = e0 * ((e1 + f10) * s2 + f12 * (e2 + f20)) + f01 * (e1 * s2 + f12 * e2) + f02 * (e2 * s1 + f21 * e1)
    return s0 + s1 + s2, pairs, all_three


def _largest(a: Real, b: Real, c: Real) -> Real:
    """The largest root by the trigonometric formula (Viete 1591), then Newton's method."""
    third = a / 3
    half = np.sqrt(third * third - b / 3)
    cosine = ((third * third - b / 2) * third + c / 2) / half**3
    x: Real = third + 2 * half * np.cos(np.arccos(cosine) / 3)
    for _ in range(NEWTON_STEPS):
        x = x - (((x - a) * x + b) * x - c) / ((3 * x - 2 * a) * x + b)
    return x


CLOSED = {2: _two, 3: _three}


def _by_iteration(rates: Real) -> tuple[Real, Real]:
    """Four compartments and more that flow into each other: LAPACK's eigenvalues, polished in the precision asked for."""
    matrices = np.moveaxis(rates, -1, 0).astype(np.float64)
    begun = np.linalg.eigvals(matrices)
    found = np.sort(np.where(begun.imag == 0, begun.real, np.nan), axis=-1).T.astype(rates.dtype)
    entries = [[_entry(rates, i, j) for j in range(len(rates))] for i in range(len(rates))]
    for _ in range(NEWTON_STEPS):
        whole, slope = _characteristic(entries, found)
        found = found - whole.value / slope.value
    whole, slope = _characteristic(entries, found)
    return found, _doubt(found, np.abs(magnitude(whole) / slope.value))


def _entry(rates: Real, i: int, j: int) -> Entry:
    return Tracked(rates[i, j]) if rates[i, j].any() else None


def _characteristic(entries: Sequence[Sequence[Entry]], at: Real) -> tuple[Tracked, Tracked]:
    """det(x - K) and its slope in x, the trace of the adjugate."""
    shifted = shifted_by(entries, at, rounded=False)
    size = range(len(entries))
    whole, slope = determinant(shifted), total([determinant(without(shifted, i, i)) for i in size])
    if whole is None or slope is None:
        raise AssertionError("a strongly connected block has a determinant")
    return whole, slope


def _doubt(found: Real, off: Real) -> Real:
    """How far off (in roundings) the rates themselves and their distances from each other may be, relatively."""
    apart = np.abs(found[:, None] - found)
    apart[range(len(found)), range(len(found))] = np.inf
    return np.asarray(off / np.abs(found) + ((off[:, None] + off) / apart).sum(axis=1))
