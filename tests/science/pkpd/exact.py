"""The same solution in 50 digits and more: slow, obvious, and by another library."""

import mpmath
import numpy as np

from ketacare.science.pkpd.arrays import Floats
from ketacare.science.pkpd.system import Forcing, System

DIGITS = 70  # 50 that count, and what squaring loses


def amounts(system: System, forcing: Forcing, t_min: Floats, *, subject: int = 0) -> Floats:
    """Return what one subject's compartments hold at the asked times, shape (t, n)."""
    with mpmath.workdps(DIGITS):
        rates = mpmath.matrix(system.rates_per_min[subject].tolist())
        bolus, rate = (given[subject % len(given)] for given in (forcing.bolus_mg, forcing.rate_mg_per_min))
        at = [mpmath.mpf(moment) for moment in forcing.at_min.tolist()]
        held, begun = mpmath.zeros(rates.rows, 1), []
        for k, moment in enumerate(at):
            if k:
                held = _after(rates, held, rate[k - 1], moment - at[k - 1])
            held = held + mpmath.matrix(bolus[k].tolist())
            begun.append(held)
        found = np.zeros((len(t_min), rates.rows))
        for row, time in enumerate(t_min):
            k = int(np.searchsorted(forcing.at_min, time, side="right")) - 1
            if k >= 0:
                found[row] = [float(x) for x in _after(rates, begun[k], rate[k], mpmath.mpf(float(time)) - at[k])]
        return found


def curves(system: System, forcing: Forcing, t_min: Floats, *, subject: int = 0) -> Floats:
    """Return one subject's outputs at the asked times, shape (o, t)."""
    return np.asarray(system.readout[subject] @ amounts(system, forcing, t_min, subject=subject).T)


def _after(rates: mpmath.matrix, held: mpmath.matrix, entering: Floats, step: mpmath.mpf) -> mpmath.matrix:
    n = rates.rows
    whole = mpmath.zeros(n + 1, n + 1)
    whole[:n, :n] = rates * step
    whole[:n, n] = mpmath.matrix(entering.tolist()) * step
    start = mpmath.matrix([*held, 1])
    return (mpmath.expm(whole) * start)[:n]
