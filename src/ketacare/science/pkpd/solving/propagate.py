"""The solution that is always right: from breakpoint to breakpoint and asked time by the matrix exponential."""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ketacare.science.pkpd.solving.arrays import Floats
from ketacare.science.pkpd.solving.checked import asked_times
from ketacare.science.pkpd.solving.exponential import SMALL, TERMS, Wide, doubled, exponential, size
from ketacare.science.pkpd.solving.system import Forcing, System

BLOCK = 256  # subjects whose exponentials are held at once
# Steps that are met often are told apart down to this share of 1/rate; what is left of one is made good to first order,
# with an error of the square of it: 1.4e-17.
GRAIN = 2.0**-28
OFTEN = 8  # steps of one length that are worth an exponential: as dear as so many ways through the ladder
# Rate x time of one step at most: squaring loses digits in proportion to it, many steps one after the other hardly any.
LONGEST = 2.0**16


def amounts(system: System, forcing: Forcing, t_min: ArrayLike) -> Floats:
    """Return what each compartment holds at the asked times.

    Args:
        system: the compartments of s subjects.
        forcing: what enters them.
        t_min: shape (t,), min, >= 0, any order, the same time as often as wanted.

    Returns:
        Shape (s, t, n), in the compartments' units, times as asked. At a moment of the forcing its bolus is already in.

    Raises:
        OutOfRange: times that are none, negative or no numbers; arrays of other shapes; every problem at once.

    Assumes: nothing about the rates; steps of more than LONGEST over the fastest rate are walked in pieces.
    Source: Moler and Van Loan 2003 (doi 10.1137/S00361445024180), method 3; checked against mpmath with 50 digits.
    """
    asked = asked_times(system, forcing, t_min)
    times, back = np.unique(asked, return_inverse=True)
    subjects, n = system.rates_per_min.shape[:2]
    found = np.zeros((subjects, times.size, n))
    for start in range(0, subjects, BLOCK):
        block = slice(start, start + BLOCK)
        _block(found[block], system.rates_per_min[block], _of(forcing, block), times)
    return found[:, back]


def _of(forcing: Forcing, block: slice) -> Forcing:
    bolus, rate = (given if len(given) == 1 else given[block] for given in (forcing.bolus_mg, forcing.rate_mg_per_min))
    return Forcing(at_min=forcing.at_min, bolus_mg=bolus, rate_mg_per_min=rate)


def _block(found: Floats, rates_per_min: Floats, forcing: Forcing, times: Floats) -> None:
    """Fill ``found`` (s, t, n) for ascending times, walking once over all moments."""
    at = forcing.at_min[forcing.at_min <= times[-1]]
    moments = np.union1d(at, times[times > at[0]]) if at.size else at
    rates = rates_per_min.astype(np.longdouble)
    moments = _in_pieces(moments, float(LONGEST / _fastest(rates)))
    held = np.zeros((*rates.shape[:2], 1), dtype=np.longdouble)
    segments = np.searchsorted(at, moments, side="right") - 1
    columns = np.searchsorted(times, moments)
    onward = steps(rates, moments)
    for moment, segment, column in zip(moments, segments, columns, strict=True):
        if moment > at[0]:
            entering = forcing.rate_mg_per_min[:, segment - (moment == at[segment]), :, None]
            held = moved_on(held, rates, entering, *next(onward))
        if moment == at[segment]:
            held = held + forcing.bolus_mg[:, segment, :, None]
        if times[column] == moment:
            found[:, column] = held[:, :, 0]


def _in_pieces(moments: Floats, longest: float) -> Floats:
    """Return the moments with others between those that lie too far apart."""
    pieces = np.ceil(np.diff(moments) / longest).astype(int)
    between = [np.linspace(a, b, n + 1)[1:-1] for a, b, n in zip(moments, moments[1:], pieces, strict=False) if n > 1]
    return np.union1d(moments, np.concatenate(between)) if between else moments


def steps(rates: Wide, moments: Floats) -> Iterator[tuple[Sequence[tuple[Wide, Wide]], np.longdouble, int]]:
    """Yield for each step exponentials with integrals to pass one after the other, the rest of the step, and the terms it needs.

    A length that is met often has an exponential of its own. Any other is made of a few from a ladder of lengths, each
    twice the one before: passing an amount through ten of them costs a fraction of one exponential more.
    """
    lengths = np.diff(moments.astype(np.longdouble))
    fastest = _fastest(rates)
    grain = _power_of_two_below(GRAIN / fastest)
    whole = np.floor(lengths / grain) * grain
    left = Counter(whole.tolist())
    often = {step for step, count in left.items() if count >= OFTEN}
    kept: dict[np.longdouble, tuple[Wide, Wide]] = {}
    rung = _power_of_two_below(SMALL / fastest)
    ladder: list[tuple[Wide, Wide]] = []
    for step, length in zip(whole.tolist(), lengths, strict=True):
        if not step or step not in often:
            yield _rungs(ladder, rates, rung, int(length / rung)), length % rung, TERMS
            continue
        moved, integral = kept[step] if step in kept else exponential(rates, step)
        left[step] -= 1
        kept[step] = moved, integral
        if not left[step]:
            del kept[step]
        yield [(moved, integral)], length - step, 1


def _fastest(rates: Wide) -> np.longdouble:
    return np.longdouble(size(rates).max(initial=np.finfo(np.float64).tiny))


def _power_of_two_below(length: np.longdouble) -> np.longdouble:
    return np.longdouble(np.exp2(np.floor(np.log2(length))))


def _rungs(ladder: list[tuple[Wide, Wide]], rates: Wide, rung: np.longdouble, count: int) -> list[tuple[Wide, Wide]]:
    """Return the exponentials that make so many rungs; the ladder grows as high as it is needed."""
    while len(ladder) < count.bit_length():
        ladder.append(doubled(*ladder[-1]) if ladder else exponential(rates, rung))
    return [ladder[number] for number in range(count.bit_length()) if count >> number & 1]


def moved_on(
    held: Wide,
    rates: Wide,
    entering: NDArray[np.floating],
    passed: Sequence[tuple[Wide, Wide]],
    rest: np.longdouble,
    count: int,
) -> Wide:
    """Return what is held after a step, from what was before it and what enters in it."""
    flows = entering.any()
    wide = entering.astype(held.dtype) if flows else entering
    for moved, integral in passed:
        held = moved @ held
        if flows:
            held = held + integral @ wide
    return _by_series(held, rates, wide, rest, count) if rest else held


def _by_series(held: Wide, rates: Wide, entering: Wide, rest: np.longdouble, count: int) -> Wide:
    """A time so short that the series in ``K x rest`` ends soon, applied to what is held."""
    begun = rates @ held + entering
    found = begun
    for number in range(count, 1, -1):
        found = begun + rates @ found * (rest / number)
    return np.asarray(held + found * rest)
