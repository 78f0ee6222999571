"""From a regimen to what enters each compartment, when and how fast."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from ketacare.science.errors import OutOfRange, Problem
from ketacare.science.pkpd.doses import Dose, Regimen
from ketacare.science.pkpd.modelling.defaults import defaults
from ketacare.science.pkpd.modelling.model_file import Devices, Model
from ketacare.science.pkpd.modelling.parameters import entering_fraction
from ketacare.science.pkpd.solving.arrays import Floats
from ketacare.science.pkpd.solving.system import Forcing, System

Values = Mapping[str, Floats]
# The value by which an interaction multiplies what enters of an oral dose; absent where nothing interacts.
ORAL_FRACTION_FACTOR = "oral_fraction_factor"
# Numbers of one Forcing, some 400 MB: reached where each of many subjects has its own end of a dose.
MOST_CELLS = 50_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Portion:
    """What enters one compartment: ``mg`` shape (s,) from ``start_min`` on, until ``end_min`` shape (s,); the same moment: at once."""

    into: int
    mg: Floats
    start_min: float
    end_min: Floats


def forcing(model: Model, values: Values, regimen: Regimen, system: System) -> Forcing:
    """Return what a regimen puts into the compartments of a model, after bioavailability.

    Args:
        model: one that has the regimen's routes.
        values: from ``parameters.values``, each of shape (s,).
        regimen: doses in mg of base or of what its salt says.
        system: from ``assemble.system``; says the order of the compartments.

    Returns:
        Amounts and rates of shape (s, k, n). A time over which a dose enters may differ between subjects: every end is a moment.

    Raises:
        OutOfRange: so many doses, subjects and moments that they do not fit; give the subjects in smaller groups.

    Assumes: what ``guards`` lets through: a route that the model has, nasal amounts of whole devices.
    Source: pharmacology.md 3.4 (devices), pk_models.yaml (where each route enters).
    """
    entered = tuple(portions(model, values, regimen, system))
    moments = [np.atleast_1d(moment) for one in entered for moment in (one.start_min, one.end_min)]
    at_min = np.unique(np.concatenate(moments))
    subjects = np.broadcast_shapes(*(np.shape(one) for one in values.values()))[0]
    shape = (subjects, at_min.size, len(system.compartments))
    if np.prod(shape) > MOST_CELLS:
        says = f"{len(regimen.doses)} doses for {subjects} subjects have {at_min.size} moments: take fewer subjects at once"
        raise OutOfRange([Problem(place="subjects", says=says)])
    bolus_mg, rate_mg_per_min = np.zeros(shape), np.zeros(shape)
    for one in entered:
        _enter(one, at_min, bolus_mg, rate_mg_per_min)
    return Forcing(at_min=at_min, bolus_mg=bolus_mg, rate_mg_per_min=rate_mg_per_min)


def _enter(portion: Portion, at_min: Floats, bolus_mg: Floats, rate_mg_per_min: Floats) -> None:
    """Add one portion: at its moment where it has no length, else as a rate over its moments."""
    first = int(np.searchsorted(at_min, portion.start_min))
    length = portion.end_min - portion.start_min
    at_once = length == 0
    bolus_mg[:, first, portion.into] += np.where(at_once, portion.mg, 0)
    rate = np.divide(portion.mg, length, out=np.zeros_like(portion.mg), where=~at_once)
    ends = np.searchsorted(at_min, portion.end_min)
    if (ends == ends[0]).all():
        rate_mg_per_min[:, first : ends[0], portion.into] += rate[:, None]
        return
    for subject, end in enumerate(ends):
        rate_mg_per_min[subject, first:end, portion.into] += rate[subject]


def portions(model: Model, values: Values, regimen: Regimen, system: System) -> Iterator[Portion]:
    """Each part of each dose, by where and how it enters: what ``forcing`` adds up."""
    place = {name: number for number, name in enumerate(system.compartments)}
    subjects = np.broadcast_shapes(*(np.shape(one) for one in values.values()))
    base_per_mg = 1 if regimen.salt == "base" else defaults().base_fraction.value
    for dose, amount_mg, is_later in _parts(model.devices, regimen):
        for entry in model.entries[dose.route]:
            changed = values.get(ORAL_FRACTION_FACTOR, 1) if dose.route == "oral" else 1
            fraction = entering_fraction(entry, values, later_device=is_later) * changed
            lasts = values[entry.over] if entry.over else dose.duration_min
            yield Portion(
                into=place[entry.into],
                mg=np.broadcast_to(amount_mg * base_per_mg * fraction, subjects),
                start_min=dose.start_min,
                end_min=np.broadcast_to(dose.start_min + lasts, subjects),
            )


def _parts(devices: Devices | None, regimen: Regimen) -> Iterator[tuple[Dose, float, bool]]:
    """Each dose with its mg; a nasal one of a model with devices in two parts: the session's first device, and later ones."""
    session_start: float | None = None
    for dose in regimen.doses:
        if devices is None or dose.route != "intranasal" or not dose.amount_mg:
            yield dose, dose.amount_mg, False
            continue
        is_first = session_start is None or dose.start_min - session_start > devices.session_min
        if is_first:
            session_start = dose.start_min
        first_mg = min(devices.amount_mg, dose.amount_mg) if is_first else 0
        if first_mg:
            yield dose, first_mg, False
        if dose.amount_mg > first_mg:
            yield dose, dose.amount_mg - first_mg, True
