"""Curves of terms from moment to moment, where every subject may have moments of their own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ketacare.science.pkpd.solving.arrays import Floats
from ketacare.science.pkpd.solving.powers import decaying, entered, highest
from ketacare.science.pkpd.solving.repeated import Answer, Terms
from ketacare.science.pkpd.solving.system import Forcing
from ketacare.science.pkpd.solving.tracked import Real

TIMES = 16  # of one piece, whose exponentials then stay in the processor's cache
EVEN = 1e-14  # how far a time may lie off its even grid, of the time since the first: a curve changes by less than that


@dataclass(frozen=True, kw_only=True, slots=True)
class Entering:
    """What enters, at moments of each subject's own.

    Args:
        at_min: shape (k, s), or (k, 1) where all have the same; ascending for each subject, some perhaps twice.
        bolus_mg: by compartment, shape (k, s or 1): put in at each moment.
        rate_mg_per_min: by compartment, shape (k, s or 1): from each moment to the next; after the last: for ever.
    """

    at_min: Floats
    bolus_mg: Mapping[int, Floats]
    rate_mg_per_min: Mapping[int, Floats]


def of_forcing(forcing: Forcing, entries: tuple[int, ...]) -> Entering:
    """Return the same for the compartments that matter, all subjects' moments being the same."""
    return Entering(
        at_min=forcing.at_min[:, None],
        bolus_mg={one: forcing.bolus_mg[:, :, one].T for one in entries},
        rate_mg_per_min={one: forcing.rate_mg_per_min[:, :, one].T for one in entries},
    )


def fill(found: Real, terms: Terms, entering: Entering, times: Floats) -> Floats:
    """Write the curves at ascending times into ``found`` (o, t, s); return the bound of each curve's error, (o, s)."""
    found[:] = 0
    at = entering.at_min.astype(found.dtype)
    bound = np.zeros((len(found), found.shape[2]))
    firsts = np.searchsorted(times, entering.at_min)
    firsts = np.concatenate([firsts, np.full_like(firsts[:1], times.size)])
    held = [np.zeros((len(one.residues), *one.poles.shape), dtype=found.dtype) for one in terms.answers]
    for k in range(len(at)):
        for answer, z in zip(terms.answers, held, strict=True):
            if k:
                z[:] = _later(z, answer, entering.rate_mg_per_min[answer.entry][k - 1], at[k] - at[k - 1])
            z[0] += entering.bolus_mg[answer.entry][k]
        if (firsts[k] < firsts[k + 1]).any():
            np.maximum(bound, _stretch(found, terms, entering, k, held, times, firsts[k : k + 2]), out=bound)
    return bound


def _later(z: Real, answer: Answer, rate: Floats, step: Real) -> Real:
    """Move one answer's excitation (orders, m, s) on by a step of shape (s,) or (1,)."""
    moved = decaying(answer.poles, step, len(z))
    found = np.stack([sum(moved[i] * z[j - i] for i in range(j + 1)) for j in range(len(z))])
    return found + rate * entered(answer.poles, step, len(z)) if rate.any() else found


def _stretch(
    found: Real, terms: Terms, entering: Entering, k: int, held: list[Real], times: Floats, edges: NDArray[np.int_]
) -> Floats:
    """Write what lies between a moment and the next, each subject from the first time of their own; bound the error."""
    at, first, after = entering.at_min[k], edges[0], edges[1]
    begin = np.maximum(times[np.minimum(first, times.size - 1)], at).astype(found.dtype)
    last = np.maximum(times[np.maximum(after - 1, 0)] - begin, 0)
    begun = begin - at
    outputs, subjects = len(found), found.shape[2]
    weights, inflow = np.zeros((2, outputs, terms.slots, subjects), dtype=found.dtype)
    error = np.zeros((outputs, subjects))
    flowing = False
    for answer, before in zip(terms.answers, held, strict=True):
        rate = entering.rate_mg_per_min[answer.entry][k]
        z = _later(before, answer, rate, begun)
        _weigh(weights[:, answer.slots], answer, z)
        size = _largest(z * (1 - answer.poles * begun), answer, last)
        if rate.any():
            flowing = True
            inflow[:, answer.slots] += _in_slots(answer.residues * rate)
            size = size + rate * entered(answer.poles, last, len(z))
        error += np.einsum("jops,jps->os", answer.doubts, size)
    _write(found, terms, weights, inflow if flowing else None, times, begin, edges)
    return np.where(first < after, error, 0)


def _weigh(weights: Real, answer: Answer, z: Real) -> None:
    """Add to the weights (o, slots, s) of ``t^i / i! exp(pole t)``: what of each order is excited i orders below it."""
    size = len(answer.poles)
    for j, residue in enumerate(answer.residues):
        for i in range(j + 1):
            weights[:, i * size : (i + 1) * size] += residue * z[j - i]


def _in_slots(values: Real) -> Real:
    """Put orders (j, o, m, s) one after the other: (o, j x m, s)."""
    return np.moveaxis(values, 0, 1).reshape(values.shape[1], -1, values.shape[3])


def _largest(z: Real, answer: Answer, last: Real) -> Real:
    peaks = highest(answer.poles, last, len(z))
    return np.stack([sum(peaks[i] * np.abs(z[j - i]) for i in range(j + 1)) for j in range(len(z))])


def _write(
    found: Real, terms: Terms, weights: Real, inflow: Real | None, times: Floats, begin: Real, edges: NDArray[np.int_]
) -> None:
    """Write a stretch's curves, a piece of the times at once: where everybody is in it and the grid is even, by one set of factors."""
    first, after = edges
    common = slice(int(first.max()), int(after.min()))
    start, stop = int(first.min()), int(after.max())
    if inflow is None and (step := _even_step(times[common])) is not None:
        _write_even(found[:, common], terms, weights, times[common], begin, step)
        pieces = [*_pieces(start, common.start), *_pieces(common.stop, stop)]
    else:
        pieces = _pieces(start, stop)
    for piece in pieces:
        tau = np.maximum(times[piece, None] - begin, 0)
        made = _sums(terms, weights, _factors(terms, weights, tau, decaying))
        if inflow is not None:
            made += _sums(terms, inflow, _factors(terms, inflow, tau, entered))
        number = np.arange(piece.start, piece.stop)[:, None]
        np.copyto(found[:, piece], made, where=(first <= number) & (number < after))


def _pieces(start: int, stop: int) -> list[slice]:
    return [slice(begin, min(begin + TIMES, stop)) for begin in range(start, stop, TIMES)]


def _even_step(times: Floats) -> float | None:
    """The step of a grid that is even and longer than one piece, else nothing."""
    if times.size <= TIMES:
        return None
    after = times - times[0]
    step = float(after[-1] / (after.size - 1))
    off = np.abs(after - np.arange(after.size) * step)
    return step if (off <= EVEN * np.maximum(after, step)).all() else None


def _write_even(found: Real, terms: Terms, weights: Real, times: Floats, begin: Real, step: float) -> None:
    """Move the weights on to where each piece begins; the factors from there on are the same for all."""
    tau = (np.arange(TIMES) * step)[:, None]
    factors = _factors(terms, weights, tau, decaying)
    for piece in _pieces(0, times.size):
        moved = _moved_on(terms, weights, times[piece.start] - begin)
        found[:, piece] = _sums(terms, moved, factors[:, : piece.stop - piece.start])


def _moved_on(terms: Terms, weights: Real, by: Real) -> Real:
    """The weights at a later time: what was of one order is then of all lower ones too."""
    found = np.empty_like(weights)
    for poles, orders, slots in terms.bases:
        shape = (len(weights), orders, *poles.shape)
        before, after = weights[:, slots].reshape(shape), found[:, slots].reshape(shape)
        passed = decaying(poles, by, orders)
        for order in range(orders):
            after[:, order] = sum(before[:, order + more] * passed[more] for more in range(orders - order))
        found[:, slots] = after.reshape(len(weights), -1, poles.shape[1])
    return found


def _factors(terms: Terms, weights: Real, after: Real, made_of: Callable[[Real, Real, int], Real]) -> Real:
    """Every exponential, or its integral, at some times: shape (slots, t, s)."""
    found = np.empty((terms.slots, len(after), weights.shape[2]), dtype=weights.dtype)
    for poles, orders, slots in terms.bases:
        found[slots] = made_of(poles[:, None], after, orders).reshape(-1, *found.shape[1:])
    return found


def _sums(terms: Terms, weights: Real, factors: Real) -> Real:
    """Add up what each output hears: shape (o, t, s)."""
    found = np.zeros((len(weights), *factors.shape[1:]), dtype=weights.dtype)
    for number, (first, last) in enumerate(terms.spans):
        np.einsum("ps,pts->ts", weights[number, first:last], factors[first:last], out=found[number])
    return found
