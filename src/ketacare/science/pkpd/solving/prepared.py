"""A few subjects asked about again and again: what does not change is worked out once, all else is one compiled call.

For a live session, an optimiser, a search through doses: whoever asks with other numbers at the same moments and times.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ketacare.science.pkpd.solving import modes
from ketacare.science.pkpd.solving.arrays import Floats
from ketacare.science.pkpd.solving.checked import asked_times
from ketacare.science.pkpd.solving.kernels import Engine, compiled_for, tables
from ketacare.science.pkpd.solving.structure import Structure, structure
from ketacare.science.pkpd.solving.system import Forcing, System
from ketacare.science.pkpd.solving.weighing import rounding_of

FEW = 16  # subjects who are solved one by one; more are quicker side by side
UNFIT = -1  # what the compiled call returns where shapes do not fit

Solve = Callable[..., int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Compiled:
    """What the compiled call takes beside the subjects' numbers.

    Args:
        solve: ``single.solve_each``.
        plan: the structure, which times follow which moment, and where a number may stand.
        clock: the limits of ``modes``, the moments, the times in ascending order.
        shape: outputs and those times.
        back: where each asked time stands among them; None: they were asked for in that order.
    """

    solve: Solve
    plan: NDArray[np.int64]
    clock: Floats
    shape: tuple[int, int]
    back: NDArray[np.int_] | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Prepared:
    """``modes.curves`` for one structure, one row of moments and one row of times; made by ``prepare``."""

    system: System
    at_min: Floats
    t_min: Floats
    engine: Engine | None
    compiled: Compiled | None

    def __call__(self, rates_per_min: Floats, readout: Floats, bolus_mg: Floats, rate_mg_per_min: Floats) -> Floats:
        """Return the outputs at the prepared times.

        Args:
            rates_per_min: K, shape (s, n, n), 1/min, as in ``System``.
            readout: C, shape (s, o, n), as in ``System``.
            bolus_mg: shape (s or 1, k, n), mg, as in ``Forcing``.
            rate_mg_per_min: shape (s or 1, k, n), mg/min, as in ``Forcing``.

        Returns:
            Shape (o, t, s), ng/mL, a new array: to 1e-12 of the peak what ``modes.curves`` returns.

        Raises:
            OutOfRange: what ``modes.curves`` refuses.

        Assumes: nothing. Subjects whose curves may be further off, or who have a number where the prepared structure has
            none, go to ``modes.curves``; so do more than ``FEW``, and arrays that are not of float64 in one piece.
        """
        compiled, count = self.compiled, len(rates_per_min)
        if compiled is None or not 0 < count <= FEW:
            return self._otherwise(rates_per_min, readout, bolus_mg, rate_mg_per_min)
        found = np.empty((count, *compiled.shape))
        given = rates_per_min, readout, bolus_mg, rate_mg_per_min
        try:
            doubtful = compiled.solve(found, compiled.plan, compiled.clock, *given)
        except TypeError:  # no arrays that the compiled call takes as they are
            doubtful = UNFIT
        if doubtful == UNFIT:
            return self._otherwise(*given)
        asked = found if compiled.back is None else found[:, :, compiled.back]
        if doubtful:
            again = [number for number in range(count) if doubtful >> number & 1]
            few = (one if len(one) == 1 else one[again] for one in (bolus_mg, rate_mg_per_min))
            asked[again] = self._otherwise(rates_per_min[again], readout[again], *few).transpose(2, 0, 1)
        return asked.transpose(1, 2, 0)

    def _otherwise(self, rates_per_min: Floats, readout: Floats, bolus_mg: Floats, rate_mg_per_min: Floats) -> Floats:
        system = replace(self.system, rates_per_min=rates_per_min, readout=readout)
        forcing = Forcing(at_min=self.at_min, bolus_mg=bolus_mg, rate_mg_per_min=rate_mg_per_min)
        return modes.curves(system, forcing, self.t_min, engine=self.engine, threads=1)


def prepare(system: System, forcing: Forcing, t_min: ArrayLike, *, engine: Engine | None = None) -> Prepared:
    """Work out all that does not depend on a subject's numbers.

    Args:
        system: subjects like those who will be asked about: where all of them have a zero, nobody will have a number.
        forcing: what enters them: at which moments, and into which compartments.
        t_min: shape (t,), min, >= 0, any order.
        engine: as in ``modes.curves``; only "numba" makes the calls quick.

    Returns:
        A function of rates, readout, boluses and rates of infusion. Threads may share it.

    Raises:
        OutOfRange: what ``modes.curves`` refuses.

    Example:
        >>> from ketacare.science.pkpd import Regimen, Subject, entering, models
        >>> from ketacare.science.pkpd.modelling import assemble, parameters
        >>> model = models.load("kamp2020_iv")
        >>> values = parameters.values(model, [Subject(70)])
        >>> system = assemble.system(model, values)
        >>> given = entering.forcing(model, values, Regimen.infusion(35, 40), system)
        >>> ask = prepare(system, given, range(241))
        >>> def peak(times_as_much):
        ...     rate = times_as_much * given.rate_mg_per_min
        ...     return round(ask(system.rates_per_min, system.readout, given.bolus_mg, rate)[0].max().item())
        >>> peak(1), peak(2)
        (253, 506)
    """
    asked = asked_times(system, forcing, t_min).copy()
    shape = structure(system, forcing)
    compiled = _compiled(shape, system, forcing, asked) if compiled_for(shape, engine) else None
    return Prepared(system=system, at_min=forcing.at_min.copy(), t_min=asked, engine=engine, compiled=compiled)


def _compiled(shape: Structure, system: System, forcing: Forcing, asked: Floats) -> Compiled:
    solve: Solve = import_module("ketacare.science.pkpd.solving.single").solve_each
    ascending = bool((asked[1:] > asked[:-1]).all())
    times, back = (asked, None) if ascending else np.unique(asked, return_inverse=True)
    edges = np.append(np.searchsorted(times, forcing.at_min), times.size)
    limits = rounding_of(np.dtype(np.float64)), modes.WITHIN
    clock = np.concatenate([limits, forcing.at_min, times])
    plan = plan_of(shape, len(system.compartments), edges)
    return Compiled(solve=solve, plan=plan, clock=clock, shape=(len(system.outputs), times.size), back=back)


def plan_of(shape: Structure, compartments: int, edges: NDArray[np.int_]) -> NDArray[np.int64]:
    """Lay a structure out in one row of whole numbers: each array that is handed over apart costs 70 ns a call."""
    firsts, members, ways, passes, _ = tables(shape)
    allowed = np.zeros((compartments + len(shape.reads) + 1, compartments), dtype=np.int64)
    allowed[:compartments] = shape.flows
    allowed[compartments:-1] = shape.reads
    allowed[-1, ways[:, 0]] = 1
    terms = sum(len(shape.blocks[way.block]) for way in shape.ways)
    sizes = [compartments, len(shape.reads), edges.size - 1, firsts.size - 1, members.size, *passes.shape, terms]
    parts = [firsts, members, ways, passes, edges, allowed]
    return np.concatenate([np.array(sizes), *(part.ravel() for part in parts)]).astype(np.int64)
