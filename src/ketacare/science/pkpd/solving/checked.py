"""What both solvers look at before they begin: shapes that fit, numbers that are numbers; every problem at once."""

import numpy as np
from numpy.typing import ArrayLike

from ketacare.science.errors import OutOfRange, Problem
from ketacare.science.pkpd.solving.arrays import Floats
from ketacare.science.pkpd.solving.system import Forcing, System


def asked_times(system: System, forcing: Forcing, t_min: ArrayLike) -> Floats:
    """Return the asked times as an array, or refuse what cannot be solved with the field named."""
    times, wrong = _times(t_min)
    wrong += _about_system(system)
    if not wrong:
        wrong += _about_forcing(system, forcing)
    if wrong:
        raise OutOfRange(wrong)
    return times


def _times(t_min: ArrayLike) -> tuple[Floats, list[Problem]]:
    try:
        times = np.asarray(t_min, dtype=np.float64)
    except (TypeError, ValueError):
        return np.empty(0), [Problem(place="t_min", says="is not a row of numbers")]
    if times.ndim != 1 or not times.size:
        return times, [Problem(place="t_min", says=f"has the shape {times.shape}, not (t,) with t of 1 or more")]
    if not np.isfinite(times).all():
        return times, [Problem(place="t_min", says="holds a time that is not a finite number")]
    if (times < 0).any():
        return times, [Problem(place="t_min", says=f"holds {times.min()} min, a time before 0")]
    return times, []


def _about_system(system: System) -> list[Problem]:
    n, o = len(system.compartments), len(system.outputs)
    rates, readout = system.rates_per_min, system.readout
    wrong = []
    if rates.ndim != 3 or rates.shape[1:] != (n, n) or not rates.size:
        wrong.append(Problem(place="system.rates_per_min", says=f"has the shape {rates.shape}, not (s, {n}, {n})"))
    elif readout.shape != (len(rates), o, n):
        wrong.append(Problem(place="system.readout", says=f"has the shape {readout.shape}, not {(len(rates), o, n)}"))
    return wrong + _not_finite({"system.rates_per_min": rates, "system.readout": readout})


def _about_forcing(system: System, forcing: Forcing) -> list[Problem]:
    at = forcing.at_min
    if at.ndim != 1 or not (at[1:] > at[:-1]).all():
        return [Problem(place="forcing.at_min", says="is not a row of moments, each later than the one before")]
    entering = {"forcing.bolus_mg": forcing.bolus_mg, "forcing.rate_mg_per_min": forcing.rate_mg_per_min}
    s, n = system.rates_per_min.shape[:2]
    wrong = [
        Problem(place=place, says=f"has the shape {given.shape}, not {(s, at.size, n)} (or 1 for s)")
        for place, given in entering.items()
        if given.shape not in {(s, at.size, n), (1, at.size, n)}
    ]
    return wrong + _not_finite({"forcing.at_min": at} | entering)


def _not_finite(given: dict[str, Floats]) -> list[Problem]:
    return [
        Problem(place=place, says="holds something that is not a finite number")
        for place, values in given.items()
        if not np.isfinite(values).all()
    ]
