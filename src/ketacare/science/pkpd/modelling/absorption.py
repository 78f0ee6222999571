"""A route that a model does not have, with a bioavailability somebody answers for: first-order absorption into its disposition."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field as Key

from ketacare.science.errors import OutOfRange, Problem
from ketacare.science.pkpd.modelling.model_file import Compartment, Entry, Flow, Model, Parameter
from ketacare.science.pkpd.regimen import Route
from ketacare.science.reference import Frozen

FRACTION, HALF_LIFE, DEPOT = "user_fraction", "user_absorption_half_life", "user_depot"


class Absorption(Frozen):
    """What a caller supplies for a route: the part that reaches the blood (0 to 1) and how fast it does, with where they have it from."""

    route: Route
    fraction: Annotated[float, Key(gt=0, le=1)]
    half_life_min: Annotated[float, Key(gt=0)]
    basis: str = "supplied by the caller"


def with_absorption(model: Model, given: Absorption) -> Model:
    """Return the model with one more route: a depot that empties into wherever an intravenous dose would enter.

    Args:
        model: a model with an intravenous entry.
        given: the route, its bioavailability and its half-life of absorption.

    Returns:
        A model of status "calibration" that says what was supplied among its caveats. Its ``reference`` is still the
        data file's: only together with ``given`` does it name the model.

    Raises:
        OutOfRange: the model has this route already, or no intravenous one.

    Assumes: what is absorbed is distributed as if it had been given into a vein; nothing is said of a swallowed part.
    """
    wrong = []
    if given.route in model.entries:
        wrong.append(Problem(place="absorption.route", says=f"{model.id} has a route {given.route} of its own"))
    if "iv" not in model.entries:
        wrong.append(Problem(place="absorption", says=f"{model.id} says nothing of what enters a vein"))
    if wrong:
        raise OutOfRange(wrong)
    veins = {f"{DEPOT}_{entry.into}": entry for entry in model.entries["iv"]}
    drained = tuple(Flow.model_validate(_flow(depot, entry.into)) for depot, entry in veins.items())
    entries = tuple(entry.model_copy(update=_entry(depot, entry)) for depot, entry in veins.items())
    says = f"{given.route}: bioavailability {given.fraction:g}, absorption half-life {given.half_life_min:g} min ({given.basis})"
    changed = {
        "status": "calibration",
        "parameters": {**model.parameters, **_parameters(given)},
        "compartments": {**dict.fromkeys(veins, Compartment()), **model.compartments},
        "flows": (*model.flows, *drained),
        "entries": {**model.entries, given.route: entries},
        "refused_routes": {route: why for route, why in model.refused_routes.items() if route != given.route},
        "caveats": (*model.caveats, says),
    }
    return model.model_copy(update=changed)


def _flow(depot: str, into: str) -> Mapping[str, str]:
    return {"from": depot, "to": into, "half_life": HALF_LIFE}


def _entry(depot: str, vein: Entry) -> Mapping[str, object]:
    return {"into": depot, "fractions": (*vein.fractions, FRACTION)}


def _parameters(given: Absorption) -> Mapping[str, Parameter]:
    """The two numbers as parameters; they are the caller's, so no source of ours stands behind them."""
    said = {FRACTION: (given.fraction, "1"), HALF_LIFE: (given.half_life_min, "min")}
    return {
        name: Parameter(value=value, unit=unit, fixed=True, mark="mixed", note=given.basis)
        for name, (value, unit) in said.items()
    }
