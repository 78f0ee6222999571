"""Many subjects at once where each has their own end of absorption: the matrix exponential, stepped over shared times.

A Forcing holds the same moments for everybody, so that n subjects with ends of their own would be followed over n ends each.
Here the steps are those of the times asked for, and only the one step in which a subject's own portion ends is computed for
that subject alone.
"""

from collections.abc import Sequence

import numpy as np

from ketacare.science.pkpd.entering import Portion
from ketacare.science.pkpd.solving.arrays import Floats
from ketacare.science.pkpd.solving.exponential import Wide, exponential
from ketacare.science.pkpd.solving.propagate import moved_on, steps
from ketacare.science.pkpd.solving.system import System

FEW = 128  # subjects whose exponentials are held at once


def curves(system: System, portions: Sequence[Portion], t_min: Floats) -> Floats:
    """Return the outputs at the asked times, shape (o, t, s).

    Args:
        system: the compartments of s subjects.
        portions: what enters them, from ``entering.portions``; each end may differ between subjects.
        t_min: shape (t,), min, >= 0, any order.

    Assumes: as ``propagate.amounts``, whose steps these are.
    """
    times, back = np.unique(t_min, return_inverse=True)
    amounts = np.zeros((len(system.rates_per_min), times.size, len(system.compartments)))
    for start in range(0, len(amounts), FEW):
        few = slice(start, start + FEW)
        own = [Portion(into=p.into, mg=p.mg[few], start_min=p.start_min, end_min=p.end_min[few]) for p in portions]
        _walk(amounts[few], system.rates_per_min[few], own, times)
    found: Floats = np.einsum("son,stn->ots", system.readout, amounts)
    return found[:, back]


def _walk(found: Floats, rates_per_min: Floats, portions: Sequence[Portion], times: Floats) -> None:
    """Fill ``found`` (s, t, n) for ascending times."""
    shared = [p.end_min[0] for p in portions if np.ptp(p.end_min) == 0]
    moments = np.unique([*times, *(p.start_min for p in portions), *shared])
    moments = moments[moments <= times[-1]]
    rates = rates_per_min.astype(np.longdouble)
    held = np.zeros((*rates.shape[:2], 1), dtype=np.longdouble)
    held = held + _at_once(held, portions, moments[0])
    found[:, times == moments[0]] = held.swapaxes(1, 2)
    for before, after, step in zip(moments[:-1], moments[1:], steps(rates, moments), strict=True):
        held = moved_on(held, rates, _throughout(held, portions, before, after), *step)
        for portion in portions:
            _add_ending(held, rates, portion, before, after)
        held = held + _at_once(held, portions, after)
        found[:, times == after] = held.swapaxes(1, 2)


def _throughout(held: Wide, portions: Sequence[Portion], before: float, after: float) -> Wide:
    """Return what flows in, mg/min, of the portions that last all through a step."""
    found = np.zeros_like(held)
    for one in portions:
        if one.start_min <= before:
            found[:, one.into, 0] += np.where(one.end_min >= after, _rate(one), 0)
    return found


def _add_ending(held: Wide, rates: Wide, portion: Portion, before: float, after: float) -> None:
    """Add what entered, up to its end within a step, to the subjects whose portion ends there, as they are after the step."""
    ends = np.flatnonzero((portion.start_min <= before) & (before < portion.end_min) & (portion.end_min < after))
    if not ends.size:
        return
    end = portion.end_min[ends].astype(np.longdouble)
    _, entered = exponential(rates[ends], end - before)
    onward, _ = exponential(rates[ends], after - end)
    held[ends] += onward @ entered[:, :, [portion.into]] * _rate(portion)[ends][:, None, None]


def _at_once(held: Wide, portions: Sequence[Portion], moment: float) -> Wide:
    """Return what enters at a moment, of portions that take no time, mg."""
    found = np.zeros_like(held)
    for one in portions:
        if one.start_min == moment:
            found[:, one.into, 0] += np.where(one.end_min == moment, one.mg, 0)
    return found


def _rate(portion: Portion) -> Floats:
    lasts = portion.end_min - portion.start_min
    return np.divide(portion.mg, lasts, out=np.zeros_like(portion.mg), where=lasts > 0)
