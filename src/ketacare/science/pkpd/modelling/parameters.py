"""From a model's parameters to one subject's values: weight, covariates, chance, then the model's formula."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from scipy.special import expit, logit

from ketacare.science.errors import OutOfRange, Problem
from ketacare.science.pkpd.modelling.formulas import FORMULAS
from ketacare.science.pkpd.modelling.model_file import Covariate, Entry, Model, Parameter
from ketacare.science.pkpd.modelling.quantities import UNITS
from ketacare.science.pkpd.solving.arrays import Floats
from ketacare.science.pkpd.subject import Subject


def values(model: Model, subjects: Sequence[Subject], etas: Mapping[str, Floats] | None = None) -> dict[str, Floats]:
    """Return every parameter and derived value of a model for s subjects, times in minutes.

    Args:
        model: from ``models.load``.
        subjects: s of them; or one, whom the etas are spread around.
        etas: by parameter, shape (s,): how far from the typical value, on the parameter's scale; between-occasion parts already
            added. None, or a name left out: the typical value.

    Returns:
        By name, each of shape (s,), in L, L/min, 1/min, min or as a ratio. Derived values come from the model's formula.

    Raises:
        OutOfRange: no subject, an eta for a parameter that the model does not have, etas of another length than the subjects.

    Assumes: a subject without age or race is taken at the reference (no change); simulate says so with a flag.
    Source: pharmacology.md 3.7; covariates act on the typical value, before eta (Perez-Ruixo 2021, transcription).
    """
    spread = _checked(model, subjects, etas or {})
    weight = np.array([one.weight_kg for one in subjects], dtype=np.float64)
    known = {name: _typical(one, weight, model.reference_weight_kg) for name, one in model.parameters.items()}
    typical = dict(known)
    for covariate in model.covariates:
        typical[covariate.parameter] = _with_covariate(typical[covariate.parameter], covariate, known, subjects)
    count = np.broadcast_shapes(weight.shape, *(eta.shape for eta in spread.values()))
    found = {
        name: np.broadcast_to(_with_eta(typical[name], one, spread.get(name)), count)
        for name, one in model.parameters.items()
    }
    return with_derived(model, found)


def with_derived(model: Model, given: Mapping[str, Floats]) -> dict[str, Floats]:
    """Return values with the derived ones computed anew: for whoever has changed a parameter's value."""
    return {**given, **(FORMULAS[model.formula](given) if model.formula else {})}


def entering_fraction(entry: Entry, given: Mapping[str, Floats], *, later_device: bool = False) -> Floats:
    """Return which part of a dose enters through an entry, shape (s,) or ().

    Args:
        entry: of ``model.entries[route]``.
        given: from ``values``.
        later_device: whether this is the second or a later device of one session.
    """
    part: Floats = np.ones(())
    for name in entry.fractions:
        part = part * given[name]
    if shared := entry.part or entry.rest_of:
        share = given[shared] * (given[entry.later_devices] if later_device and entry.later_devices else 1)
        part = part * (share if entry.part else 1 - share)
    return part


def _checked(model: Model, subjects: Sequence[Subject], etas: Mapping[str, Floats]) -> dict[str, Floats]:
    """Return the etas as arrays, or raise OutOfRange with everything that is wrong."""
    spread = {name: np.atleast_1d(np.asarray(eta, dtype=np.float64)) for name, eta in etas.items()}
    wrong = [] if subjects else [Problem(place="subjects", says="there is no subject")]
    wrong += [
        Problem(place=f"etas.{name}", says=f"{model.id} has no such parameter")
        for name in spread.keys() - model.parameters.keys()
    ]
    counts = {eta.shape for eta in spread.values()} - {(1,), (len(subjects),)}
    if counts and (len(subjects) > 1 or len(counts) > 1 or any(len(shape) != 1 for shape in counts)):
        wrong.append(Problem(place="etas", says=f"shapes {sorted(counts)} do not fit {len(subjects)} subjects"))
    if wrong:
        raise OutOfRange(wrong)
    return spread


def _typical(parameter: Parameter, weight_kg: Floats, reference_kg: float) -> Floats:
    unit = UNITS[parameter.unit]
    scaled = (weight_kg / reference_kg) ** parameter.weight_exponent * weight_kg**unit.per_kg_power
    return np.asarray(parameter.value * unit.factor * scaled)


def _with_covariate(
    typical: Floats, covariate: Covariate, known: Mapping[str, Floats], subjects: Iterable[Subject]
) -> Floats:
    """Return a typical value as a covariate changes it."""
    if covariate.times:
        applies = np.array([is_of_race(one, covariate.race) for one in subjects])
        return np.where(applies, typical * known[covariate.times], typical)
    above = covariate.age_above_years or 0
    years = np.array([max((one.age_years or 0) - above, 0) for one in subjects], dtype=np.float64)
    return typical + known[covariate.adds_per_year or ""] * years


def is_of_race(subject: Subject, race: str | None) -> bool:
    """Whether a subject counts as of a race: a Japanese one counts as Asian too."""
    return subject.race == race or (race == "asian" and subject.race == "japanese")


def _with_eta(typical: Floats, parameter: Parameter, eta: Floats | None) -> Floats:
    if eta is None:
        return typical
    if parameter.scale == "logit":
        return np.asarray(expit(logit(typical) + eta))
    return np.asarray(typical * np.exp(eta))
