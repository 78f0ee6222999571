"""From a model and its values to the linear system that the solvers know."""

import math
from collections.abc import Iterator, Mapping

import numpy as np

from ketacare.science.errors import OutOfRange, Problem
from ketacare.science.pkpd.modelling.defaults import defaults
from ketacare.science.pkpd.modelling.model_file import EFFECT_SITE, ELIMINATED, Analyte, Flow, Model
from ketacare.science.pkpd.solving.arrays import Floats
from ketacare.science.pkpd.solving.system import System

NG_PER_ML = 1000  # 1 mg/L is 1000 ng/mL
Values = Mapping[str, Floats]


def default_ke0_per_min() -> float:
    """Return how fast the effect site follows the plasma where nobody says otherwise, 1/min: ln 2 / 6.1 min (Olofsen 2012, abstract)."""
    return math.log(2) / defaults().effect_site.half_life_min.value


def system(model: Model, values: Values, *, ke0_per_min: float | None = None, eliminated: bool = False) -> System:
    """Return the linear system of a model with its numbers filled in.

    Args:
        model: one that is simulable.
        values: from ``parameters.values``, each of shape (s,).
        ke0_per_min: how fast the effect site follows the plasma of the parent, 1/min, > 0; None: ``default_ke0_per_min()``.
        eliminated: whether to add the compartment "eliminated", which collects whatever leaves.

    Returns:
        n compartments in the model's order, then "eliminated" if asked for, then "effect_site" (ng/mL), which takes nothing away
        from the others. Outputs are the model's analytes, then "effect_site".

    Raises:
        OutOfRange: a model that is not simulable, or a ke0 that is not above 0.

    Source: pharmacology.md 3.1, 3.2 and 3.6; each model against its equations integrated as they stand (tests).
    """
    ke0 = default_ke0_per_min() if ke0_per_min is None else ke0_per_min
    _refuse(model, ke0)
    names = (*model.compartments, *((ELIMINATED,) if eliminated else ()), EFFECT_SITE)
    place = {name: number for number, name in enumerate(names)}
    subjects = np.broadcast_shapes(*(np.shape(one) for one in values.values()))
    rates = np.zeros((*subjects, len(names), len(names)))
    for source, target, rate in _movements(model, values):
        rates[:, place[source], place[source]] -= rate
        if target in place:
            rates[:, place[target], place[source]] += rate
    readout = np.zeros((*subjects, len(model.analytes) + 1, len(names)))
    for row, analyte in enumerate(model.analytes.values()):
        for name in analyte.read_in:
            readout[:, row, place[name]] = (
                NG_PER_ML * _mass_ratio(analyte) / values[model.compartments[name].volume or ""]
            )
    readout[:, -1, -1] = 1
    rates[:, -1, :] = ke0 * readout[:, list(model.analytes).index(model.parent), :]
    rates[:, -1, -1] = -ke0
    return System(compartments=names, rates_per_min=rates, outputs=(*model.analytes, EFFECT_SITE), readout=readout)


def _refuse(model: Model, ke0_per_min: float) -> None:
    wrong = [Problem(place="model", says=f"{model.id}: {model.not_simulable}")] if model.not_simulable else []
    if not (math.isfinite(ke0_per_min) and ke0_per_min > 0):
        wrong.append(Problem(place="ke0_per_min", says=f"{ke0_per_min} is not a rate above 0"))
    if wrong:
        raise OutOfRange(wrong)


def _movements(model: Model, values: Values) -> Iterator[tuple[str, str, Floats]]:
    """Each one-way movement: from which compartment, to which, and at what rate, 1/min."""
    for flow in model.flows:
        if flow.between:
            for source, target in (flow.between, flow.between[::-1]):
                yield source, target, values[flow.clearance or ""] / _volume(model, values, source)
            continue
        source = flow.from_ or ""
        rate = _rate(flow, model, values)
        left = np.ones(())
        for target, fraction in flow.targets.items():
            part = values[fraction] if fraction else left
            left = left - part
            yield source, target, rate * part
        yield source, ELIMINATED, rate * left


def _rate(flow: Flow, model: Model, values: Values) -> Floats:
    """How fast a one-way flow empties its compartment, 1/min."""
    if flow.clearance:
        return values[flow.clearance] / _volume(model, values, flow.from_ or "")
    if flow.rate:
        return values[flow.rate]
    if flow.mean_time:
        return flow.stages / values[flow.mean_time]
    return math.log(2) / values[flow.half_life or ""]


def _volume(model: Model, values: Values, compartment: str) -> Floats:
    return values[model.compartments[compartment].volume or ""]


def _mass_ratio(analyte: Analyte) -> float:
    """What turns mg of the molecule that is carried into mg of the molecule that is reported."""
    weights = defaults().molecular_weights
    return weights[analyte.molecule].value / weights[analyte.mass_as].value if analyte.mass_as else 1
