"""The same solution in 50 digits and more: slow, obvious, and in whole numbers.

Every number is counted in units of 2**-bits, so sums and products keep all their digits and only a shift rounds. mpmath's
own matrix exponential, ten times slower, agrees with it in 50 digits: test_exact.py.
"""

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketacare.science.pkpd.solving.arrays import Floats
from ketacare.science.pkpd.solving.system import Forcing, System

BITS = 400  # 120 digits, of which squaring some 30 times loses 10
MORE_BITS = 1200  # the smallest float that keeps its digits is 2**-1022
TINY = 1e-60  # below, 400 bits keep less than 50 digits
SMALL = 16  # the series is summed where no row of entries is above 2**-16, and squared back from there

Whole = NDArray[Any]  # of int, shape as said


def amounts(system: System, forcing: Forcing, t_min: Floats, *, subject: int = 0) -> Floats:
    """Return what one subject's compartments hold at the asked times, shape (t, n)."""
    found = _amounts(system, forcing, t_min, subject, BITS)
    peaks = np.abs(found).max(axis=0)
    return _amounts(system, forcing, t_min, subject, MORE_BITS) if ((peaks > 0) & (peaks < TINY)).any() else found


def curves(system: System, forcing: Forcing, t_min: Floats, *, subject: int = 0) -> Floats:
    """Return one subject's outputs at the asked times, shape (o, t)."""
    return np.asarray(system.readout[subject] @ amounts(system, forcing, t_min, subject=subject).T)


def counted(numbers: Any, bits: int) -> Whole:
    """Count floats in units of 2**-bits."""
    count = np.vectorize(lambda number: int(Fraction(float(number)) * 2**bits), otypes=[object])
    return np.asarray(count(numbers))


def exponential(whole: Whole, bits: int) -> Whole:
    """Sum the series of a matrix made small by halving, then square as often as it was halved."""
    halvings = max(0, int(abs(whole).sum(axis=1).max()).bit_length() - bits + SMALL)
    small = whole >> halvings
    found = term = _one(len(whole), bits)
    for number in range(1, bits // SMALL + 1):
        term = _shifted(term @ small, bits) // number
        found = found + term
    for _ in range(halvings):
        found = _shifted(found @ found, bits)
    return found


def _amounts(system: System, forcing: Forcing, t_min: Floats, subject: int, bits: int) -> Floats:
    rates = counted(system.rates_per_min[subject], bits)
    bolus, rate = (counted(given[subject % len(given)], bits) for given in (forcing.bolus_mg, forcing.rate_mg_per_min))
    at = [int(counted(moment, bits)) for moment in forcing.at_min]
    held, begun = np.array([0] * len(rates), dtype=object), []
    for k, moment in enumerate(at):
        if k:
            held = _after(rates, held, rate[k - 1], moment - at[k - 1], bits)
        held = held + bolus[k]
        begun.append(held)
    found = np.zeros((len(t_min), len(rates)))
    for row, time in enumerate(t_min):
        k = int(np.searchsorted(forcing.at_min, time, side="right")) - 1
        if k >= 0:
            reached = _after(rates, begun[k], rate[k], int(counted(time, bits)) - at[k], bits)
            found[row] = [number / 2**bits for number in reached]
    return found


def _after(rates: Whole, held: Whole, entering: Whole, step: int, bits: int) -> Whole:
    n = len(rates)
    whole = np.full((n + 1, n + 1), 0, dtype=object)
    whole[:n, :n] = _shifted(rates * step, bits)
    whole[:n, n] = _shifted(entering * step, bits)
    return _shifted(exponential(whole, bits)[:n] @ [*held, 1 << bits], bits)


def _one(n: int, bits: int) -> Whole:
    one = np.full((n, n), 0, dtype=object)
    np.fill_diagonal(one, 1 << bits)
    return one


def _shifted(product: Whole, bits: int) -> Whole:
    """Round up: what decays to less than a unit stays above nothing and is seen to be tiny."""
    return np.asarray(-(-product >> bits))
