"""Many subjects at once where each has their own end of absorption: terms with moments of everybody's own, or a walk.

A Forcing holds the same moments for everybody, so that n subjects with ends of their own would be followed over n ends each.
Here each subject is followed over their own few moments by the exponentials of their rates. Whose rates lie too near each
other for that is walked by the matrix exponential over the times asked for, and only the one step in which a subject's own
portion ends is computed for that subject alone.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ketacare.science.pkpd.entering import Portion
from ketacare.science.pkpd.solving import repeated, stretches
from ketacare.science.pkpd.solving.arrays import Floats
from ketacare.science.pkpd.solving.exponential import Wide, exponential
from ketacare.science.pkpd.solving.modes import doubtful
from ketacare.science.pkpd.solving.propagate import moved_on, steps
from ketacare.science.pkpd.solving.structure import Structure, structure
from ketacare.science.pkpd.solving.system import Forcing, System
from ketacare.science.pkpd.solving.tracked import Real
from ketacare.science.pkpd.solving.weighing import rounding_of

FEW = 128  # subjects whose exponentials are held at once


def curves(system: System, portions: Sequence[Portion], t_min: Floats) -> Floats:
    """Return the outputs at the asked times, shape (o, t, s).

    Args:
        system: the compartments of s subjects.
        portions: what enters them, from ``entering.portions``; each end may differ between subjects.
        t_min: shape (t,), min, >= 0, any order.

    Assumes: as ``modes.curves``, with whose bound of the error the subjects to be walked are told.
    """
    times, back = np.unique(t_min, return_inverse=True)
    shape = structure(system, _touched(system, portions))
    found = np.empty((len(system.outputs), times.size, len(system.rates_per_min)))
    left = np.arange(found.shape[2])
    for dtype in (np.float64, np.longdouble):
        if left.size:
            again = np.empty((*found.shape[:2], left.size), dtype=dtype)
            still = _by_terms(again, system.part(left), _parts(portions, left), times, shape)
            found[:, :, left] = again
            left = left[still]
    for start in range(0, left.size, FEW):
        few = left[start : start + FEW]
        found[:, :, few] = _walked(system.part(few), _parts(portions, few), times)
    return found[:, back]


def _touched(system: System, portions: Sequence[Portion]) -> Forcing:
    """What says into which compartments something enters, and nothing else."""
    bolus = np.zeros((1, 1, len(system.compartments)))
    bolus[:, :, [one.into for one in portions if one.mg.any()]] = 1
    return Forcing(at_min=np.zeros(1), bolus_mg=bolus, rate_mg_per_min=np.zeros_like(bolus))


def _parts(portions: Sequence[Portion], subjects: NDArray[np.int_]) -> list[Portion]:
    return [
        Portion(into=p.into, mg=p.mg[subjects], start_min=p.start_min, end_min=p.end_min[subjects]) for p in portions
    ]


def _by_terms(
    found: Real, system: System, portions: Sequence[Portion], times: Floats, shape: Structure
) -> NDArray[np.bool_]:
    """Fill ``found``, in the precision that it has, and say of each subject whether the error may be too large."""
    with np.errstate(all="ignore"):  # rates that are equal by chance divide by zero: their bound is then no number
        made = repeated.terms(system, shape, repeated.shared(system, shape), rounding_of(found.dtype), found.dtype)
        entering = _entering(portions, repeated.entries(shape))
        return doubtful(found, stretches.fill(found, made, entering, times))


def _entering(portions: Sequence[Portion], entries: Sequence[int]) -> stretches.Entering:
    """Every start and end is a moment, each subject's in their own order; those of everybody at once are one number."""
    starts = [np.full_like(one.end_min, one.start_min) for one in portions]
    at = np.sort(np.stack([*starts, *(one.end_min for one in portions)]), axis=0)
    bolus, rate = ({one: np.zeros_like(at) for one in entries} for _ in range(2))
    for one in portions:
        if one.into in rate:
            runs = (one.start_min <= at) & (at < one.end_min)
            rate[one.into] += np.where(runs, _rate(one), 0)
            first = (at < one.start_min).sum(axis=0)
            at_once = np.flatnonzero(one.end_min == one.start_min)
            bolus[one.into][first[at_once], at_once] += one.mg[at_once]
    return stretches.Entering(at_min=at, bolus_mg=bolus, rate_mg_per_min=rate)


def _walked(system: System, portions: Sequence[Portion], times: Floats) -> Floats:
    amounts = np.zeros((len(system.rates_per_min), times.size, len(system.compartments)))
    _walk(amounts, system.rates_per_min, portions, times)
    return np.asarray(np.einsum("son,stn->ots", system.readout, amounts))


def _walk(found: Floats, rates_per_min: Floats, portions: Sequence[Portion], times: Floats) -> None:
    """Fill ``found`` (s, t, n) for ascending times."""
    shared = [p.end_min[0] for p in portions if np.ptp(p.end_min) == 0]
    moments = np.unique([*times, *(p.start_min for p in portions), *shared])
    moments = moments[moments <= times[-1]]
    rates = rates_per_min.astype(np.longdouble)
    held = np.zeros((*rates.shape[:2], 1), dtype=np.longdouble)
    held = held + _at_once(held, portions, moments[0])
    found[:, times == moments[0]] = held.swapaxes(1, 2)
    ended = _ended(rates, portions, moments)
    for number, step in enumerate(steps(rates, moments)):
        before, after = moments[number : number + 2]
        held = moved_on(held, rates, _throughout(held, portions, before, after), *step)
        for within, added in ended:
            held = held + np.where(within == number, added, 0)
        held = held + _at_once(held, portions, after)
        found[:, times == after] = held.swapaxes(1, 2)


def _ended(rates: Wide, portions: Sequence[Portion], moments: Floats) -> list[tuple[Wide, Wide]]:
    """For each portion and subject: in which step it ends (s, 1, 1), and what of it is there after that step (s, n, 1)."""
    found = []
    for one in portions:
        step = np.searchsorted(moments, one.end_min) - 1
        within = (one.end_min > one.start_min) & (step >= 0) & (step < moments.size - 1)
        before, after = moments[np.where(within, step, 0)], moments[np.where(within, step + 1, 0)]
        within &= one.end_min < after  # else the portion lasts all through its last step
        ends = np.flatnonzero(within)
        if ends.size:
            added = np.zeros((*rates.shape[:2], 1), dtype=rates.dtype)
            end = one.end_min[ends].astype(rates.dtype)
            _, entered = exponential(rates[ends], end - before[ends])
            onward, _ = exponential(rates[ends], after[ends] - end)
            added[ends] = onward @ entered[:, :, [one.into]] * _rate(one)[ends][:, None, None]
            found.append((np.where(within, step, -1)[:, None, None], added))
    return found


def _throughout(held: Wide, portions: Sequence[Portion], before: float, after: float) -> Wide:
    """Return what flows in, mg/min, of the portions that last all through a step."""
    found = np.zeros_like(held)
    for one in portions:
        if one.start_min <= before < one.end_min.max():
            found[:, one.into, 0] += np.where(one.end_min >= after, _rate(one), 0)
    return found


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
