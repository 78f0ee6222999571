"""What must hold between the parts of a model file: everything named is there, fits what it is used for, and has a source."""

from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from ketacare.science import reference
from ketacare.science.errors import Problem
from ketacare.science.pkpd.modelling.defaults import defaults
from ketacare.science.pkpd.modelling.formulas import FORMULAS
from ketacare.science.pkpd.modelling.model_file import EFFECT_SITE, ELIMINATED, Flow, Model, Parameter
from ketacare.science.pkpd.modelling.quantities import UNITS, Dimension

WANTED: Mapping[str, Dimension] = {"clearance": "clearance", "rate": "rate", "mean_time": "time", "half_life": "time"}


def problems_in(model: Model, place: str) -> list[Problem]:
    """Return everything that is wrong with a model whose shapes are right, each with where it stands."""
    found = (
        *_parameters(model),
        *_sources(model),
        *_formula(model),
        *_variation(model),
        *_covariates(model),
        *(_structure(model) if model.is_simulable else ()),
    )
    return [Problem(place=f"{place}: {where}", says=says) for where, says in found]


Found = Iterator[tuple[str, str]]


def dimensions(model: Model) -> dict[str, Dimension | None]:
    """Return what each value of a model measures; None: its unit is not known."""
    units = {name: one.unit for name, one in model.parameters.items()}
    units |= {name: one.unit for name, one in model.derived.items()}
    return {name: UNITS[unit].dimension if unit in UNITS else None for name, unit in units.items()}


def _parameters(model: Model) -> Found:
    for name, one in model.parameters.items():
        if one.unit not in UNITS:
            yield f"parameters.{name}.unit", f"{one.unit!r} is none of {', '.join(UNITS)}"
        if one.plausible_range and not one.plausible_range[0] <= one.value <= one.plausible_range[1]:
            yield f"parameters.{name}.plausible_range", f"{one.value} is not inside"
        if one.scale == "logit" and not 0 < one.value < 1:
            yield f"parameters.{name}", f"{one.value} has no logit"
        if _must_be_positive(one) and one.value <= 0:
            yield f"parameters.{name}.value", f"{one.value} is not above 0"
        if {given.scale for given in (one.between_subject, one.between_occasion) if given} == {"log", "logit"}:
            yield f"parameters.{name}", "varies between subjects and between occasions on different scales"
    for name in model.parameters.keys() & model.derived.keys():
        yield f"derived.{name}", "is a parameter too"


def _must_be_positive(one: Parameter) -> bool:
    return one.unit in UNITS and UNITS[one.unit].dimension in ("volume", "clearance", "rate", "time")


def _sources(model: Model) -> Found:
    known = reference.sources()
    for where, mark, cited in _cited(model):
        if not cited and mark != "default":
            yield f"{where}.sources", f"marked {mark!r}, and names no source"
        for key in cited:
            if key not in known:
                yield f"{where}.sources", f"there is no source {key!r}"


def _cited(model: Model) -> Iterator[tuple[str, str, Iterable[str]]]:
    yield "sources", "", model.sources
    yield "population", model.population.mark, model.population.sources
    for name, one in model.parameters.items():
        yield f"parameters.{name}", one.mark, one.sources
        for kind in ("between_subject", "between_occasion"):
            if given := getattr(one, kind):
                yield f"parameters.{name}.{kind}", given.mark or one.mark, given.sources or one.sources
    for number, covariance in enumerate(model.covariances, start=1):
        yield f"covariances.{number}", covariance.mark, covariance.sources
    for name, residual in model.residual.items():
        yield f"residual.{name}", residual.mark, residual.sources
    if model.devices:
        yield "devices", model.devices.mark, model.devices.sources


def _formula(model: Model) -> Found:
    if model.formula is None:
        if model.derived:
            yield "derived", "there is no formula that computes it"
        return
    if model.formula not in FORMULAS:
        yield "formula", f"{model.formula!r} is none of {', '.join(FORMULAS)}"
        return
    try:
        gives = set(FORMULAS[model.formula]({name: np.ones(1) for name in model.parameters}))
    except KeyError as error:
        yield "formula", f"{model.formula} needs the parameter {error}"
        return
    for name in sorted(gives ^ model.derived.keys()):
        yield f"derived.{name}", f"{'is not said' if name in gives else 'is not computed'} ({model.formula})"


def _variation(model: Model) -> Found:
    names = list(model.varying)
    matrix = np.diag([_variance(model.parameters[name]) for name in names])
    for number, one in enumerate(model.covariances, start=1):
        if missing := [name for name in one.between if name not in names]:
            yield f"covariances.{number}", f"{', '.join(missing)} does not vary between subjects"
            continue
        first, second = (names.index(name) for name in one.between)
        matrix[first, second] = matrix[second, first] = one.covariance
    if names and np.linalg.eigvalsh(matrix).min() < 0:
        yield "covariances", "these variances and covariances cannot all hold"
    for name in model.residual.keys() - model.analytes.keys():
        yield f"residual.{name}", "there is no such analyte"


def _variance(parameter: Parameter) -> float:
    return parameter.between_subject.variance if parameter.between_subject else 0


def _covariates(model: Model) -> Found:
    for number, one in enumerate(model.covariates, start=1):
        for key in ("parameter", "times", "adds_per_year"):
            name = getattr(one, key)
            if name is not None and name not in model.parameters:
                yield f"covariates.{number}.{key}", f"there is no parameter {name!r}"


def _structure(model: Model) -> Found:
    given = dimensions(model)
    yield from _analytes(model)
    for name, compartment in model.compartments.items():
        if compartment.volume is not None:
            yield from _used(given, compartment.volume, "volume", f"compartments.{name}.volume")
        if name in (ELIMINATED, EFFECT_SITE):
            yield f"compartments.{name}", "this name is kept for the compartment that is added"
    for number, flow in enumerate(model.flows, start=1):
        yield from _flow(model, given, flow, f"flows.{number}")
    for route, entries in model.entries.items():
        for number, entry in enumerate(entries, start=1):
            where = f"entries.{route}.{number}"
            if entry.into not in model.compartments:
                yield f"{where}.into", f"there is no compartment {entry.into!r}"
            for ratio in (*entry.fractions, entry.part, entry.rest_of, entry.later_devices):
                yield from _used(given, ratio, "ratio", where)
            yield from _used(given, entry.over, "time", f"{where}.over")
    if not model.entries:
        yield "entries", "there is no route by which a dose could be given"
    for route in model.entries.keys() & model.refused_routes.keys():
        yield f"refused_routes.{route}", "has entries too"


def _analytes(model: Model) -> Found:
    weights = defaults().molecular_weights
    for name, one in model.analytes.items():
        for molecule in filter(None, (one.molecule, one.mass_as)):
            if molecule not in weights:
                yield f"analytes.{name}", f"{molecule!r} is none of {', '.join(weights)}"
        for place in one.read_in:
            if place not in model.compartments:
                yield f"analytes.{name}.read_in", f"there is no compartment {place!r}"
            elif model.compartments[place].volume is None:
                yield (
                    f"analytes.{name}.read_in",
                    f"the compartment {place!r} has no volume to read a concentration with",
                )
    if model.parent not in model.analytes:
        yield "parent", f"there is no analyte {model.parent!r}"
    for name in model.analytes.keys() & model.refused_analytes.keys():
        yield f"refused_analytes.{name}", "is an analyte too"
    molecules = {one.molecule for one in model.analytes.values()}
    for molecule, parameter in model.cleared_by.items():
        if molecule not in molecules or parameter not in model.parameters:
            yield f"cleared_by.{molecule}", f"{molecule} is no molecule of an analyte, or {parameter} no parameter"


def _flow(model: Model, given: Mapping[str, Dimension | None], flow: Flow, where: str) -> Found:
    for name in flow.between or (flow.from_ or "", *flow.targets):
        if name not in model.compartments and (flow.between or name != ELIMINATED or name == flow.from_):
            yield where, f"there is no compartment {name!r}"
    for key, dimension in WANTED.items():
        yield from _used(given, getattr(flow, key), dimension, f"{where}.{key}")
    for fraction in flow.targets.values():
        yield from _used(given, fraction, "ratio", f"{where}.to")
    if flow.clearance:
        for name in flow.between or (flow.from_ or "",):
            if name in model.compartments and model.compartments[name].volume is None:
                yield where, f"leaves the compartment {name!r} by a clearance, which has no volume"


def _used(given: Mapping[str, Dimension | None], name: str | None, dimension: Dimension, where: str) -> Found:
    """Whether a value that is used is there and measures what it is used for."""
    if name is None:
        return
    if name not in given:
        yield where, f"there is no parameter {name!r}"
    elif given[name] not in (None, dimension):
        yield where, f"{name!r} is a {given[name]}, not a {dimension}"
