"""The same solution as a sum of exponentials: for populations and live screens, with its own bound of its error.

Every subject whose bound is too wide (rates so near each other that the sum cancels) is solved again in wider floats, and
whoever is too near even for those by the matrix exponential. The compiled sums do the first themselves, in pairs of floats.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ketacare.science.pkpd.solving import poles, repeated, residues, stretches
from ketacare.science.pkpd.solving.arrays import Floats
from ketacare.science.pkpd.solving.checked import asked_times
from ketacare.science.pkpd.solving.fresh import bring_in, new
from ketacare.science.pkpd.solving.kernels import Engine, Stretch, compiled_for, fill, fill_compiled
from ketacare.science.pkpd.solving.propagate import amounts
from ketacare.science.pkpd.solving.structure import Structure, Way, structure
from ketacare.science.pkpd.solving.system import Forcing, System
from ketacare.science.pkpd.solving.tracked import Real

JOB = 5120  # subjects that one thread solves at a time
WITHIN = 1e-12  # of a curve's largest value: what the bound of the error may be
ROUNDINGS = 4  # of the error a mode brings: half as much again as the most found in 24,000 systems, many with poles side by side
SAMPLES = 9  # times at which a curve's size is looked at first
FEW = 8000  # exponentials that in wide floats at once cost less than a second pass would: eight chairs, 200 times, five poles


@dataclass(frozen=True, kw_only=True, slots=True)
class Modes:
    """The poles of one part of the subjects and how each input excites them."""

    structure: Structure
    poles: Real
    residues: tuple[Real, ...]  # for each way (o, m, s)
    doubts: tuple[Real, ...]  # for each way (o, m, s): the error that one unit of this mode brings


def curves(
    system: System, forcing: Forcing, t_min: ArrayLike, *, engine: Engine | None = None, threads: int | None = None
) -> Floats:
    """Return the outputs at the asked times.

    Args:
        system: the compartments of s subjects.
        forcing: what enters them.
        t_min: shape (t,), min, >= 0, any order, the same time as often as wanted.
        engine: "numba" for the compiled sums (the extra "fast"; the first call of a process takes half a second); None:
            "numpy". Never chosen by itself, so that one seed gives the same bits wherever it runs.
        threads: how many to use at most; None: as many as there are cores. The answer does not depend on it.

    Returns:
        Shape (o, t, s): ng/mL, the subjects side by side in memory.

    Raises:
        OutOfRange: times that are none, negative or no numbers; arrays of other shapes; an engine that is not there;
            every problem at once.

    Assumes: nothing about the rates; what cannot be a sum of exponentials in 16 digits is solved by ``propagate``.
    Source: partial fractions of the transfer function; checked against mpmath with 50 digits and against ``propagate``.
    """
    asked = asked_times(system, forcing, t_min)
    ascending = bool((asked[1:] > asked[:-1]).all())
    times, back = (asked, None) if ascending else np.unique(asked, return_inverse=True)
    shape = structure(system, forcing)
    found = new((len(system.outputs), times.size, len(system.rates_per_min)))
    by_numba = compiled_for(shape, engine) and not repeated.shared(system, shape)
    first = _part_by_numba if by_numba else _part_by_numpy

    def solve(start: int) -> NDArray[np.int_]:
        if not by_numba and _are_few(shape, found):
            return np.arange(found.shape[2])  # solved in wide floats straight away
        return start + first(found, system, forcing, times, shape, slice(start, min(start + JOB, found.shape[2])))

    doubtful = np.concatenate(_in_threads(solve, found, threads, in_order=by_numba))
    for again in (_again_wider, _again_exactly):
        if doubtful.size:
            given = _part_of(system, doubtful), _forcing_of(forcing, doubtful)
            found[:, :, doubtful], still = again(*given, times, shape)
            doubtful = doubtful[still]
    return found if back is None else found[:, back]


def _are_few(shape: Structure, found: Floats) -> bool:
    """Whether one subject with rates nearly equal would cost more, solved again, than wide floats cost all."""
    _, times, subjects = found.shape
    return bool(times * subjects * sum(map(len, shape.blocks)) <= FEW)


def _in_threads(
    solve: Callable[[int], NDArray[np.int_]], found: Floats, threads: int | None, *, in_order: bool
) -> list[NDArray[np.int_]]:
    """Solve job after job, each from its first subject on; ``in_order``: their memory is brought in before."""
    starts = range(0, found.shape[2], JOB)
    workers = min(threads or os.cpu_count() or 1, len(starts))
    if workers == 1:
        return [solve(start) for start in starts]
    with ThreadPoolExecutor(workers) as pool:
        if in_order:
            list(pool.map(lambda number: bring_in(found, number, workers), range(workers)))
        return list(pool.map(solve, starts))


def _part_of(system: System, part: slice | NDArray[np.int_]) -> System:
    return System(
        compartments=system.compartments,
        rates_per_min=system.rates_per_min[part],
        outputs=system.outputs,
        readout=system.readout[part],
    )


def _forcing_of(forcing: Forcing, part: slice | NDArray[np.int_]) -> Forcing:
    bolus, rate = (given if len(given) == 1 else given[part] for given in (forcing.bolus_mg, forcing.rate_mg_per_min))
    return Forcing(at_min=forcing.at_min, bolus_mg=bolus, rate_mg_per_min=rate)


def _again_wider(system: System, forcing: Forcing, times: Floats, shape: Structure) -> tuple[Floats, NDArray[np.int_]]:
    found = np.empty((len(system.outputs), times.size, len(system.rates_per_min)), dtype=np.longdouble)
    still = _by_modes(found, system, forcing, times, shape)
    return found.astype(np.float64), still


def _again_exactly(
    system: System, forcing: Forcing, times: Floats, shape: Structure
) -> tuple[Floats, NDArray[np.int_]]:
    """By the matrix exponential, of the compartments that matter: its cost grows with the third power of their number."""
    matter = sorted(one for block in shape.blocks for one in block)
    inner = System(
        compartments=tuple(system.compartments[one] for one in matter),
        rates_per_min=system.rates_per_min[:, matter][:, :, matter],
        outputs=system.outputs,
        readout=system.readout[:, :, matter],
    )
    entering = Forcing(
        at_min=forcing.at_min,
        bolus_mg=forcing.bolus_mg[:, :, matter],
        rate_mg_per_min=forcing.rate_mg_per_min[:, :, matter],
    )
    held = amounts(inner, entering, times)
    return np.einsum("son,stn->ots", inner.readout, held), np.empty(0, dtype=np.int_)


def _part_by_numba(
    found: Floats, system: System, forcing: Forcing, times: Floats, shape: Structure, part: slice
) -> NDArray[np.int_]:
    limits = rounding_of(np.dtype(np.float64)), WITHIN
    return np.flatnonzero(fill_compiled(found, system, forcing, times, shape, limits, part))


def _part_by_numpy(
    found: Floats, system: System, forcing: Forcing, times: Floats, shape: Structure, part: slice
) -> NDArray[np.int_]:
    if part.start:  # while another thread finds its poles: memory that both touch first at one moment is cleared twice
        found[:, :, part.start] = 0
    return _by_modes(found[:, :, part], _part_of(system, part), _forcing_of(forcing, part), times, shape)


def _by_modes(found: Real, system: System, forcing: Forcing, times: Floats, shape: Structure) -> NDArray[np.int_]:
    """Fill ``found``, in the precision that it has, and return the subjects whose error may be too large."""
    with np.errstate(
        all="ignore"
    ):  # equal rates divide by zero: their bound is then no number, and they are solved again
        if common := repeated.shared(system, shape):
            bound = _fill_shared(found, system, forcing, times, shape, common)
        else:
            bound = _fill(found, _modes(system, shape, found.dtype), forcing, times)
        return doubtful(found, bound)


def _fill_shared(
    found: Real, system: System, forcing: Forcing, times: Floats, shape: Structure, common: repeated.Shared
) -> Floats:
    """Where several compartments have one rate: write the curves, return the bounds of their errors (o, s)."""
    made = repeated.terms(system, shape, common, rounding_of(found.dtype), found.dtype)
    return stretches.fill(found, made, stretches.of_forcing(forcing, repeated.entries(shape)), times)


def _modes(system: System, shape: Structure, dtype: np.dtype[np.floating]) -> Modes:
    rates = np.ascontiguousarray(np.moveaxis(system.rates_per_min, 0, -1), dtype=dtype)
    readout = np.ascontiguousarray(np.moveaxis(system.readout, 0, -1), dtype=dtype)
    each = [poles.of_block(rates[np.ix_(block, block)]) for block in shape.blocks]
    found = [residues.of_way(shape, way, rates, readout, [at for at, _ in each]) for way in shape.ways]
    rounding = rounding_of(dtype)
    return Modes(
        structure=shape,
        poles=np.concatenate([at for at, _ in each]) if each else np.empty((0, rates.shape[-1])),
        residues=tuple(values for values, _ in found),
        doubts=tuple(
            sizes * (rounding * (1 + each[way.block][1])) for way, (_, sizes) in zip(shape.ways, found, strict=True)
        ),
    )


def _fill(found: Real, modes: Modes, forcing: Forcing, times: Floats) -> Floats:
    """Write every stretch between two moments; return the bound of each curve's error, (o, s)."""
    bound = np.zeros((len(found), found.shape[2]))
    at = forcing.at_min
    edges = [*np.searchsorted(times, at).tolist(), times.size]
    found[:, : edges[0]] = 0
    excited = [np.zeros_like(modes.poles[modes.structure.where(way.block)]) for way in modes.structure.ways]
    for k, (first, last) in enumerate(pairwise(edges)):
        excited = [_excited(modes, way, z, forcing, k) for way, z in zip(modes.structure.ways, excited, strict=True)]
        if first < last:
            stretch, error = _stretch(modes, excited, forcing, k, times[first:last])
            fill(found[:, first:last], stretch, times[first:last] - times[first])
            np.maximum(bound, error, out=bound)
    return bound


def _excited(modes: Modes, way: Way, z: Real, forcing: Forcing, k: int) -> Real:
    """Bring one way's modes from moment k - 1 to moment k, its bolus included."""
    if k:
        flowing = forcing.rate_mg_per_min[:, k - 1, way.entry]
        z = _later(modes, way, z, flowing, forcing.at_min[k] - forcing.at_min[k - 1])
    return z + forcing.bolus_mg[:, k, way.entry]


def _later(modes: Modes, way: Way, z: Real, flowing: Real, step: float) -> Real:
    pole = modes.poles[modes.structure.where(way.block)]
    z = z * np.exp(pole * step)
    if not flowing.any():
        return z
    return z + flowing * np.where(pole == 0, step, np.expm1(pole * step) / pole)


def _stretch(modes: Modes, excited: Sequence[Real], forcing: Forcing, k: int, times: Floats) -> tuple[Stretch, Floats]:
    """Fold what flows in from moment k on into the weights at the first of the times; and bound the error."""
    outputs, (count, subjects) = len(modes.structure.reads), modes.poles.shape
    weights = np.zeros((outputs, count, subjects), dtype=modes.poles.dtype)
    start, slope = np.zeros((2, outputs, subjects), dtype=modes.poles.dtype)
    error = np.zeros((outputs, subjects))
    flows = any(forcing.rate_mg_per_min[:, k, way.entry].any() for way in modes.structure.ways)
    for way, z, residue, doubt in zip(modes.structure.ways, excited, modes.residues, modes.doubts, strict=True):
        where, flowing = modes.structure.where(way.block), forcing.rate_mg_per_min[:, k, way.entry]
        pole, begins = modes.poles[where], times[0] - forcing.at_min[k]
        z = _later(modes, way, z, flowing, begins)
        held = np.abs(z) * (1 - pole * begins)  # what has long decayed is known less well, of the little that it is
        if flows:
            level = np.where(pole == 0, 0, flowing / pole)
            start += (residue * z).sum(axis=1)
            slope += (residue * np.where(pole == 0, flowing, 0)).sum(axis=1)
            held = held + (held + np.abs(level)) * -np.expm1(pole * (times[-1] - times[0]))
            z = z + level
        weights[:, where] += residue * z
        error += (doubt * held).sum(axis=1)
    return Stretch(
        poles=modes.poles,
        weights=weights,
        start=start if flows else None,
        slope=slope if slope.any() else None,
        spans=modes.structure.spans,
    ), error


def rounding_of(dtype: np.dtype[np.floating]) -> float:
    """How large an error a mode of the size 1 brings."""
    return ROUNDINGS * float(np.finfo(dtype).eps)


def doubtful(found: Real, bound: Floats) -> NDArray[np.int_]:
    """The subjects with a curve whose error may be too large for its peak, looked at closely only where need be."""
    some = np.unique(np.linspace(0, found.shape[1] - 1, SAMPLES).astype(int))
    suspects = np.flatnonzero(~_is_within(bound, np.abs(found[:, some]).max(axis=1)))
    peaks = np.abs(found[:, :, suspects]).max(axis=1)
    return np.asarray(suspects[~_is_within(bound[:, suspects], peaks)])


def _is_within(bound: Floats, peak: Real) -> NDArray[np.bool_]:
    return np.asarray((np.isfinite(bound) & (bound <= WITHIN * peak)).all(axis=0))
