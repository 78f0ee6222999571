"""Models, regimens and grids by chance: every structure that the package's models have, with rates of every size."""

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator

from ketacare.science.pkpd.solving.arrays import Floats
from ketacare.science.pkpd.solving.system import Forcing, System

PUSH_MIN = 0.5
DAY_MIN, WEEK_MIN = 1440.0, 10080.0

Flow = tuple[str, str]


def structure(rng: Generator, *, sink: bool = False) -> tuple[tuple[str, ...], tuple[Flow, ...]]:
    """Return compartments and the flows between them ("" is outside): a model's skeleton."""
    names, flows = ["central"], [("central", "")]
    for number in range(rng.integers(0, 3)):
        names.append(f"peripheral_{number}")
        flows += [("central", names[-1]), (names[-1], "central")]
    for number in range(rng.integers(0, 4)):  # a depot, or a chain of transit compartments before the blood
        names.append(f"depot_{number}")
        flows.append((names[-1], "central" if number == 0 else f"depot_{number - 1}"))
    if kind := rng.integers(0, 4):
        names.append("metabolite")
        flows += [("central", "metabolite"), ("metabolite", "")]
        if kind > 1:
            names.append("metabolite_peripheral")
            flows += [("metabolite", names[-1]), (names[-1], "metabolite")]
        if kind > 2:
            names.append("second_metabolite")
            flows += [("metabolite", names[-1]), (names[-1], "")]
    if sink:
        names.append("eliminated")
        flows = [(source, target or "eliminated") for source, target in flows]
    return (*names, "effect_site"), tuple(flows)


def system(
    names: Sequence[str], flows: Sequence[Flow], rates_per_min: Floats, volumes_l: Floats, ke0_per_min: Floats
) -> System:
    """Build a system from flow rates (s, flows), the parent's volume (s,) and ke0 (s,)."""
    place = {name: number for number, name in enumerate(names)}
    s, n = len(rates_per_min), len(names)
    matrix = np.zeros((s, n, n))
    for (source, target), rate in zip(flows, rates_per_min.T, strict=True):
        matrix[:, place[source], place[source]] -= rate
        if target:
            matrix[:, place[target], place[source]] += rate
    per_ml = 1000 / volumes_l
    matrix[:, n - 1, n - 1] = -ke0_per_min
    matrix[:, n - 1, 0] = ke0_per_min * per_ml
    outputs = ["central", *(name for name in ("metabolite", "second_metabolite") if name in place), "effect_site"]
    readout = np.zeros((s, len(outputs), n))
    for number, name in enumerate(outputs):
        readout[:, number, place[name]] = 1 if name == "effect_site" else per_ml
    return System(compartments=tuple(names), rates_per_min=matrix, outputs=tuple(outputs), readout=readout)


def lognormal_system(rng: Generator, subjects: int, *, sink: bool = False, fastest: float = 1.0) -> System:
    """Build subjects of one random structure, their rates spread over four decades below ``fastest``."""
    names, flows = structure(rng, sink=sink)
    typical = fastest * 10 ** rng.uniform(-4, 0, len(flows))
    rates = typical * np.exp(0.3 * rng.standard_normal((subjects, len(flows))))
    volumes = 20 * np.exp(0.3 * rng.standard_normal(subjects))
    return system(names, flows, rates, volumes, 0.114 * np.exp(0.2 * rng.standard_normal(subjects)))


def regimen(rng: Generator, made: System, *, sessions: int = 1) -> Forcing:
    """Give pushes of 30 s, infusions with pauses and doses at once, into the blood or a depot, repeated by the week."""
    places = [n for n, name in enumerate(made.compartments) if name == "central" or name.startswith("depot")]
    changes: dict[float, tuple[int, float, float]] = {}  # when: compartment, mg at once, mg/min added
    for session in range(sessions):
        begin = session * WEEK_MIN / 2 + float(rng.choice([0.0, rng.uniform(0, 60)]))
        for _ in range(rng.integers(1, 4)):
            place, kind = int(rng.choice(places)), rng.integers(0, 3)
            run = PUSH_MIN if kind == 0 else float(rng.uniform(2, 60))
            if kind == 2:
                changes[begin] = place, float(rng.uniform(1, 80)), 0.0
            else:
                rate = float(rng.uniform(5, 80)) / run
                changes[begin], changes[begin + run] = (place, 0.0, rate), (place, 0.0, -rate)
            begin += run + float(rng.uniform(0.1, 30))
    at = np.array(sorted(changes))
    bolus, rate = np.zeros((2, 1, at.size, len(made.compartments)))
    for k, moment in enumerate(at.tolist()):
        place, at_once, added = changes[moment]
        bolus[0, k, place] = at_once
        rate[0, k:, place] += added
    rate[np.abs(rate) < 1e-9] = 0
    return Forcing(at_min=at, bolus_mg=bolus, rate_mg_per_min=rate)


def grid(rng: Generator, *, until_min: float = DAY_MIN, count: int = 12) -> Floats:
    """Return times: even, by chance, or unsorted with some of them twice."""
    kind = rng.integers(0, 3)
    if kind == 0:
        return np.linspace(0, until_min, count)
    times = rng.uniform(0, 1, count) ** 3 * until_min
    return np.sort(times) if kind == 1 else np.concatenate([times[::-1], times[:2]])
