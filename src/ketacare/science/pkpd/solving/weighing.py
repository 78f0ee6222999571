"""Poles and weights of one part of the subjects by numpy, in the precision asked for: all that comes before the sums."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ketacare.science.pkpd.solving import poles, residues
from ketacare.science.pkpd.solving.arrays import Floats
from ketacare.science.pkpd.solving.kernels import Stretch
from ketacare.science.pkpd.solving.structure import Structure, Way
from ketacare.science.pkpd.solving.system import Forcing, System
from ketacare.science.pkpd.solving.tracked import Real

ROUNDINGS = 4  # of the error a mode brings: half as much again as the most found in 24,000 systems, many with poles side by side


@dataclass(frozen=True, kw_only=True, slots=True)
class Modes:
    """The poles of one part of the subjects and how each input excites them."""

    structure: Structure
    poles: Real
    residues: tuple[Real, ...]  # for each way (o, m, s)
    doubts: tuple[Real, ...]  # for each way (o, m, s): the error that one unit of this mode brings


def modes_of(system: System, shape: Structure, dtype: np.dtype[np.floating]) -> Modes:
    """Find poles and residues."""
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


def weighed(
    system: System, shape: Structure, forcing: Forcing, times: Floats, bound: Floats, dtype: np.dtype[np.floating]
) -> Iterator[tuple[slice, Stretch]]:
    """Yield every stretch between two moments that has times, and which; bound each curve's error, (o, s), on the way."""
    modes = modes_of(system, shape, dtype)
    edges = [*np.searchsorted(times, forcing.at_min).tolist(), times.size]
    excited = [np.zeros_like(modes.poles[modes.structure.where(way.block)]) for way in modes.structure.ways]
    for k, (first, last) in enumerate(pairwise(edges)):
        excited = [_excited(modes, way, z, forcing, k) for way, z in zip(modes.structure.ways, excited, strict=True)]
        if first < last:
            stretch, error = _stretch(modes, excited, forcing, k, times[first:last])
            np.maximum(bound, error, out=bound)
            yield slice(first, last), stretch


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
            start += np.einsum("oms,ms->os", residue, z)
            if not pole.all():
                slope += np.einsum("oms,ms->os", residue, np.where(pole == 0, flowing, 0))
            held = held + (held + np.abs(level)) * -np.expm1(pole * (times[-1] - times[0]))
            z = z + level
        weights[:, where] += residue * z
        error += np.einsum("oms,ms->os", doubt, held)
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
