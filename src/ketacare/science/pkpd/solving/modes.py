"""The same solution as a sum of exponentials: for populations and live screens, with its own bound of its error.

Every subject whose bound is too wide (rates so near each other that the sum cancels) is solved again in wider floats, and
whoever is too near even for those by the matrix exponential. The compiled sums do the first themselves, in pairs of floats.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ketacare.science.pkpd.solving import repeated, stretches
from ketacare.science.pkpd.solving.arrays import Floats
from ketacare.science.pkpd.solving.checked import asked_times
from ketacare.science.pkpd.solving.fresh import bring_in, new, shares
from ketacare.science.pkpd.solving.kernels import Engine, Stretch, compiled_for, fill, fill_compiled
from ketacare.science.pkpd.solving.propagate import amounts
from ketacare.science.pkpd.solving.side_by_side import ALONE, Task, Threads, parts, threads_for
from ketacare.science.pkpd.solving.structure import Structure, structure
from ketacare.science.pkpd.solving.system import Forcing, System
from ketacare.science.pkpd.solving.tracked import Real
from ketacare.science.pkpd.solving.weighing import rounding_of, weighed

JOB = 10_240  # subjects whose weights are found at once: some hundred short operations, whatever their number
PART = 2560  # subjects whom one thread solves at a time, where the sums are compiled or poles shared
TOGETHER = 8  # stretches of a job whose weights are held at once
WITHIN = 1e-12  # of a curve's largest value: what the bound of the error may be
SAMPLES = 9  # times at which a curve's size is looked at first
FEW = 8000  # exponentials that in wide floats at once cost less than a second pass would: eight chairs, 200 times, five poles

Subjects = NDArray[np.int_]
Marks = NDArray[np.bool_]
Batch = tuple[tuple[slice, Stretch], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """Whose curves, of what, at which ascending times."""

    system: System
    forcing: Forcing
    times: Floats
    shape: Structure

    def part(self, some: slice | Subjects) -> "Asked":
        """The same of some subjects."""
        given = self.forcing.bolus_mg, self.forcing.rate_mg_per_min
        bolus, rate = (one if len(one) == 1 else one[some] for one in given)
        forcing = Forcing(at_min=self.forcing.at_min, bolus_mg=bolus, rate_mg_per_min=rate)
        return Asked(system=self.system.part(some), forcing=forcing, times=self.times, shape=self.shape)


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
    given = asked_times(system, forcing, t_min)
    ascending = bool((given[1:] > given[:-1]).all())
    times, back = (given, None) if ascending else np.unique(given, return_inverse=True)
    asked = Asked(system=system, forcing=forcing, times=times, shape=structure(system, forcing))
    found = new((len(system.outputs), times.size, len(system.rates_per_min)))
    left = _in_plain_floats(found, asked, compiled_for(asked.shape, engine), threads)
    for again in (_again_wider, _again_exactly):
        if left.size:
            found[:, :, left], still = again(asked.part(left))
            left = left[still]
    return found if back is None else found[:, back]


def _in_plain_floats(found: Floats, asked: Asked, compiled: bool, threads: int | None) -> Subjects:
    """Fill ``found``; return who must be solved again: of few at once everybody, and nobody has been solved yet."""
    shares_a_pole = bool(repeated.shared(asked.system, asked.shape))
    if _are_few(asked.shape, found) and (shares_a_pole or not compiled):
        return np.arange(found.shape[2])
    solve = _by_terms if shares_a_pole else _by_numba if compiled else _by_weights
    with threads_for(found.shape[2], PART, threads) as side_by_side:
        return np.flatnonzero(np.concatenate(solve(found, asked, side_by_side)))


def _are_few(shape: Structure, found: Floats) -> bool:
    """Whether one subject with rates nearly equal would cost more, solved again, than wide floats cost all."""
    _, times, subjects = found.shape
    return bool(times * subjects * sum(map(len, shape.blocks)) <= FEW)


def _by_numba(found: Floats, asked: Asked, threads: Threads) -> list[Marks]:
    limits = rounding_of(np.dtype(np.float64)), WITHIN
    threads.run([partial(bring_in, share) for share in shares(found)])
    given = found, asked.system, asked.forcing, asked.times, asked.shape, limits
    return threads.run([partial(fill_compiled, *given, part) for part in parts(found.shape[2], PART)])


def _by_terms(found: Floats, asked: Asked, threads: Threads) -> list[Marks]:
    jobs = parts(found.shape[2], 2 * PART)
    return threads.run([partial(_by_modes, found[:, :, job], asked.part(job)) for job in jobs])


def _by_weights(found: Floats, asked: Asked, threads: Threads) -> list[Marks]:
    bring = [partial(bring_in, share) for share in shares(found)]
    marks = []
    for job in parts(found.shape[2], JOB):
        marks.append(_write(found[:, :, job], asked.part(job), threads, meanwhile=bring))
        bring = []
    return marks


def _write(found: Real, asked: Asked, threads: Threads, *, meanwhile: Sequence[Task[None]] = ()) -> Marks:
    """Fill ``found``, in the precision that it has, doing something else while one thread finds the first weights."""
    bound = np.zeros((len(found), found.shape[2]))
    each = weighed(asked.system, asked.shape, asked.forcing, asked.times, bound, found.dtype)
    batch: Batch = ()

    def find() -> None:
        nonlocal batch
        batch = tuple(islice(each, TOGETHER))

    threads.run([find, *meanwhile])
    found[:, : _begins(asked)] = 0
    while batch:
        for where, stretch in batch:
            fill(found[:, where], stretch, asked.times[where] - asked.times[where.start], threads)
        threads.run([find])
    return doubtful(found, bound)


def _begins(asked: Asked) -> int:
    """Which of the times is the first not before everything."""
    return int(np.append(np.searchsorted(asked.times, asked.forcing.at_min), asked.times.size)[0])


def _again_wider(asked: Asked) -> tuple[Floats, Marks]:
    subjects = len(asked.system.rates_per_min)
    found = np.empty((len(asked.system.outputs), asked.times.size, subjects), dtype=np.longdouble)
    with np.errstate(all="ignore"):  # as in plain floats: whoever's rates are equal goes on to the matrix exponential
        still = _by_modes(found, asked)
    return found.astype(np.float64), still


def _again_exactly(asked: Asked) -> tuple[Floats, Marks]:
    """By the matrix exponential, of the compartments that matter: its cost grows with the third power of their number."""
    system, forcing = asked.system, asked.forcing
    matter = sorted(one for block in asked.shape.blocks for one in block)
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
    held = amounts(inner, entering, asked.times)
    return np.einsum("son,stn->ots", inner.readout, held), np.zeros(len(held), dtype=np.bool_)


def _by_modes(found: Real, asked: Asked) -> Marks:
    """Fill ``found``, in the precision that it has, and say of each subject whether the error may be too large."""
    system, shape = asked.system, asked.shape
    if common := repeated.shared(system, shape):
        made = repeated.terms(system, shape, common, rounding_of(found.dtype), found.dtype)
        entering = stretches.of_forcing(asked.forcing, repeated.entries(shape))
        return doubtful(found, stretches.fill(found, made, entering, asked.times))
    return _write(found, asked, ALONE)


def doubtful(found: Real, bound: Floats) -> Marks:
    """Say of each subject whether a curve's error may be too large for its peak, looked at closely only where need be."""
    seen = np.zeros_like(bound)
    for some in np.unique(np.linspace(0, found.shape[1] - 1, SAMPLES).astype(int)):
        np.maximum(seen, np.abs(found[:, some]), out=seen)
    suspects = np.flatnonzero(~_is_within(bound, seen))
    peaks = np.abs(found[:, :, suspects]).max(axis=1)
    marks = np.zeros(found.shape[2], dtype=np.bool_)
    marks[suspects] = ~_is_within(bound[:, suspects], peaks)
    return marks


def _is_within(bound: Floats, peak: Real) -> Marks:
    return np.asarray((np.isfinite(bound) & (bound <= WITHIN * peak)).all(axis=0))
