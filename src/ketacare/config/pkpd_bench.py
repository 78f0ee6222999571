"""What a simulation costs: numpy and numba beside scipy's solver, all in one run, with their errors (``ketacare pkpd bench``)."""

import statistics
import time
from collections.abc import Callable, Mapping
from functools import partial
from importlib.util import find_spec

import numpy as np
from scipy.integrate import solve_ivp

from ketacare.science.pkpd.solving import modes, propagate
from ketacare.science.pkpd.solving.arrays import Floats
from ketacare.science.pkpd.solving.prepared import prepare
from ketacare.science.pkpd.solving.system import Forcing, System
from ketacare.science.pkpd.virtual import bands
from ketacare.science.units import MINUTES_PER_DAY

SUBJECTS, TIMES, CHAIRS, THREADS = 10_000, 200, 8, 2
PEERS = 24  # subjects whom the solver is timed on; its time is scaled to all
CHECKED = 40  # subjects whose curves are compared with the matrix exponential
ROUNDS, CALLS, QUICK_CALLS = 15, 20, 2000
SEED, SPREAD = 4, 0.3
INFUSION_MIN, MG_PER_KG = 40.0, 0.5
TOLERANCE = 1e-8  # of the solver, relative and absolute (mg)
# Nobody's: three compartments, effect site and metabolite of the sizes that published models have. L, L/min, 1/min.
TYPICAL = {"v1": 20.0, "cl": 1.4, "v2": 60.0, "q2": 2.0, "v3": 150.0, "q3": 0.8, "km": 0.012, "made": 0.6, "ke0": 0.114}
WEIGHT_KG, WEIGHT_SPREAD = 70.0, 0.15
BANDS = (0.05, 0.5, 0.95)
PREPARED = (
    "numba, one patient, prepared"  # by who asks again and again; the row without that word prepares at each call
)
GOALS = {
    "solver": "1 x",
    "numpy, even times": ">= 2,600 x",
    "numpy, any times": ">= 1,300 x",
    "numba, even times": ">= 4,800 x",
    PREPARED: ">= 500 x",
    f"numpy, {CHAIRS} chairs": "< 1 ms",
    "bands of all": "<= 6 x the ms of numpy",
}


def run() -> list[dict[str, object]]:
    """Measure every way in turn, fifteen rounds after one that warms them; times are of the clock, with two threads.

    Each row: what, the ms it took, how many times as fast as the solver (median, least and most of the rounds), the goal,
    and the largest error of a curve as a share of its peak.
    """
    system, forcing = work(SUBJECTS)
    even = np.linspace(0, MINUTES_PER_DAY, TIMES)
    uneven = np.sort(np.random.default_rng(SEED).uniform(0, 1, TIMES)) ** 2 * MINUTES_PER_DAY
    one, chairs = work(1), work(CHAIRS)
    sides: dict[str, tuple[Callable[[], object], int, int]] = {
        "solver": (partial(peer, system, forcing, even), PEERS, 1)
    }
    for engine in ("numpy", "numba") if find_spec("numba") else ("numpy",):
        curves = partial(modes.curves, engine=engine, threads=THREADS)
        sides |= {
            f"{engine}, even times": (partial(curves, system, forcing, even), SUBJECTS, 1),
            f"{engine}, any times": (partial(curves, system, forcing, uneven), SUBJECTS, 1),
            f"{engine}, one patient": (partial(curves, *one, even), 1, CALLS),
            f"{engine}, {CHAIRS} chairs": (partial(curves, *chairs, even), CHAIRS, CALLS),
        }
    if find_spec("numba"):
        ask = prepare(*one, even, engine="numba")
        sides[PREPARED] = partial(ask, *_numbers(*one)), 1, QUICK_CALLS
    whole = modes.curves(system, forcing, even)
    sides["bands of all"] = (
        partial(bands.quantiles_of, whole.reshape(-1, SUBJECTS), BANDS, threads=THREADS),
        SUBJECTS,
        1,
    )
    errors = _errors(system, forcing, even, uneven)
    taken = _in_turn(sides)
    return [_row(name, taken, sides, errors) for name in taken]


def work(subjects: int) -> tuple[System, Forcing]:
    """Return lognormal subjects who get 0.5 mg/kg in 40 minutes."""
    rng = np.random.default_rng(SEED)
    p = {name: value * np.exp(SPREAD * rng.standard_normal(subjects)) for name, value in TYPICAL.items()}
    names = ("central", "fast", "slow", "metabolite", "effect_site")
    k = np.zeros((subjects, 5, 5))
    k[:, 1, 0], k[:, 0, 1] = p["q2"] / p["v1"], p["q2"] / p["v2"]
    k[:, 2, 0], k[:, 0, 2] = p["q3"] / p["v1"], p["q3"] / p["v3"]
    k[:, 3, 0] = p["cl"] / p["v1"] * np.minimum(p["made"], 1)
    k[:, 0, 0] = -(p["cl"] + p["q2"] + p["q3"]) / p["v1"]
    k[:, 1, 1], k[:, 2, 2], k[:, 3, 3], k[:, 4, 4] = -k[:, 0, 1], -k[:, 0, 2], -p["km"], -p["ke0"]
    k[:, 4, 0] = p["ke0"] * 1000 / p["v1"]
    readout = np.zeros((subjects, 3, 5))
    readout[:, 0, 0] = readout[:, 1, 3] = 1000 / p["v1"]
    readout[:, 2, 4] = 1
    rate = np.zeros((subjects, 2, 5))
    weight_kg = WEIGHT_KG * np.exp(WEIGHT_SPREAD * rng.standard_normal(subjects))
    rate[:, 0, 0] = MG_PER_KG * weight_kg / INFUSION_MIN
    at = np.array([0, INFUSION_MIN])
    system = System(
        compartments=names, rates_per_min=k, outputs=("ketamine", "metabolite", "effect_site"), readout=readout
    )
    return system, Forcing(at_min=at, bolus_mg=np.zeros((1, 2, 5)), rate_mg_per_min=rate)


def _numbers(system: System, forcing: Forcing) -> tuple[Floats, Floats, Floats, Floats]:
    """What a prepared solver is asked with."""
    return system.rates_per_min, system.readout, forcing.bolus_mg, forcing.rate_mg_per_min


def peer(system: System, forcing: Forcing, t_min: Floats) -> Floats:
    """Solve the first subjects one by one by LSODA, from breakpoint to breakpoint, so that it steps over nothing."""
    found = np.empty((len(system.outputs), t_min.size, PEERS))
    for subject in range(PEERS):
        k, held = system.rates_per_min[subject], np.zeros(len(system.compartments))
        for begin, end, rate in zip(
            forcing.at_min, (*forcing.at_min[1:], t_min[-1]), forcing.rate_mg_per_min[subject], strict=True
        ):
            here = (t_min >= begin) & ((t_min < end) | (end == t_min[-1]))
            solved = solve_ivp(
                lambda _, y, k=k, rate=rate: k @ y + rate,
                (begin, end),
                held,
                method="LSODA",
                rtol=TOLERANCE,
                atol=TOLERANCE,
                t_eval=np.append(t_min[here], end) if end < t_min[-1] else t_min[here],
            )
            held = solved.y[:, -1]
            found[:, here, subject] = system.readout[subject] @ solved.y[:, : here.sum()]
    return found


def _errors(system: System, forcing: Forcing, even: Floats, uneven: Floats) -> dict[str, float]:
    some = slice(0, CHECKED)
    part = System(
        compartments=system.compartments,
        rates_per_min=system.rates_per_min[some],
        outputs=system.outputs,
        readout=system.readout[some],
    )
    given = Forcing(at_min=forcing.at_min, bolus_mg=forcing.bolus_mg, rate_mg_per_min=forcing.rate_mg_per_min[some])
    exact = {
        name: np.einsum("son,stn->ots", part.readout, propagate.amounts(part, given, times))
        for name, times in (("even", even), ("any", uneven))
    }
    found = {"solver": _error(peer(system, forcing, even), exact["even"][:, :, :PEERS])}
    for engine in ("numpy", "numba") if find_spec("numba") else ("numpy",):
        for name, times in (("even", even), ("any", uneven)):
            curves = modes.curves(part, given, times, engine=engine)
            found[f"{engine}, {name} times"] = _error(curves, exact[name])
    if find_spec("numba"):
        found[PREPARED] = _error(_one_by_one(part, given, even), exact["even"])
    return found


def _one_by_one(system: System, forcing: Forcing, t_min: Floats) -> Floats:
    """Ask one prepared solver about each subject."""
    ask = prepare(system, forcing, t_min, engine="numba")
    rates, readout, bolus, rate = _numbers(system, forcing)
    each = [slice(subject, subject + 1) for subject in range(len(rates))]
    return np.concatenate([ask(rates[one], readout[one], bolus, rate[one]) for one in each], axis=-1)


def _error(found: Floats, exact: Floats) -> float:
    return float((np.abs(found - exact) / exact.max(axis=1, keepdims=True)).max())


def _in_turn(sides: Mapping[str, tuple[Callable[[], object], int, int]]) -> dict[str, list[float]]:
    """Seconds a call, round after round, each side in turn, so that whatever else the machine does falls on all."""
    taken: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(ROUNDS + 1):
        for name, (solve, _, calls) in sides.items():
            began = time.perf_counter()
            for _ in range(calls):
                solve()
            if number:
                taken[name].append((time.perf_counter() - began) / calls)
    return taken


def _row(
    name: str,
    taken: Mapping[str, list[float]],
    sides: Mapping[str, tuple[Callable[[], object], int, int]],
    errors: Mapping[str, float],
) -> dict[str, object]:
    each = [seconds / sides[name][1] for seconds in taken[name]]
    ratios = [solver / PEERS / mine for solver, mine in zip(taken["solver"], each, strict=True)]
    subjects = SUBJECTS if name == "solver" else sides[name][1]
    is_way = name not in {"solver", "bands of all"}
    return {
        "what": name,
        "ms": statistics.median(each) * subjects * 1000,
        "times_as_fast": (statistics.median(ratios), min(ratios), max(ratios)) if is_way else None,
        "goal": GOALS.get(name, ""),
        "error_of_peak": errors.get(name),
    }
