"""A pharmacokinetic model as a page: every number with its unit, how sure it is, and where it was read."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import exp, sqrt

from ketacare.planning.curve_words import DRUGS, MARKS, ROUTES, SITES, STATUS, STATUS_IN_SHORT, routes_words
from ketacare.science.pkpd import models
from ketacare.science.pkpd.modelling.defaults import defaults
from ketacare.science.pkpd.modelling.model_file import Between, Covariate, Model, Parameter, Residual


@dataclass(frozen=True, kw_only=True)
class ParameterLine:
    """One number of a model."""

    name: str
    value: str
    unit: str
    by_weight: str
    varies: str
    mark: str
    sources: tuple[str, ...]
    note: str


@dataclass(frozen=True, kw_only=True)
class ModelLine:
    """One model in the list."""

    model: Model
    drug: str
    site: str
    status: str
    in_short: str
    routes: str
    default_for: tuple[str, ...]  # what it answers when nobody names a model


@dataclass(frozen=True, kw_only=True)
class ModelPage:
    """Everything that a reader checks a model by."""

    line: ModelLine
    parameters: tuple[ParameterLine, ...]
    derived: tuple[tuple[str, str, str], ...]
    covariates: tuple[str, ...]
    covariances: tuple[str, ...]
    residual: tuple[str, ...]
    refused: tuple[tuple[str, str], ...]
    sources: tuple[str, ...]


def model_lines() -> tuple[ModelLine, ...]:
    """Every model that is shipped."""
    return tuple(line_of(models.load(name)) for name in models.names())


def line_of(model: Model) -> ModelLine:
    """A model in words."""
    return ModelLine(
        model=model,
        drug=DRUGS[model.drug],
        site=SITES[model.site],
        status=STATUS[model.status],
        in_short=STATUS_IN_SHORT[model.status],
        routes=routes_words(model),
        default_for=tuple(
            dict.fromkeys(
                f"{DRUGS[row.drug]} {ROUTES[row.route]}, {SITES[row.site]}"
                for row in defaults().rows
                if row.model == model.id
            )
        ),
    )


def model_page(name: str) -> ModelPage | None:
    """The page of a model; None: there is none of this name."""
    if name not in models.names():
        return None
    model = models.load(name)
    lines = tuple(parameter_line(key, one, model) for key, one in model.parameters.items())
    return ModelPage(
        line=line_of(model),
        parameters=lines,
        derived=tuple((key, one.says, one.unit) for key, one in model.derived.items()),
        covariates=tuple(covariate_words(one, model) for one in model.covariates),
        covariances=tuple(f"{' and '.join(one.between)}: {one.covariance:g}" for one in model.covariances),
        residual=tuple(f"{key}: {residual_words(one)}" for key, one in model.residual.items()),
        refused=(
            *((ROUTES[route], why) for route, why in model.refused_routes.items()),
            *((name.replace("_", "-"), why) for name, why in model.refused_analytes.items()),
        ),
        sources=tuple(dict.fromkeys([*model.sources, *(key for line in lines for key in line.sources)])),
    )


def parameter_line(name: str, one: Parameter, model: Model) -> ParameterLine:
    """One number with its unit, what changes it, and its source; the model's own where it names none."""
    exponent = f"× (weight / {model.reference_weight_kg:g} kg)^{one.weight_exponent:g}" if one.weight_exponent else "–"
    low_high = "" if one.plausible_range is None else "plausible {:g} to {:g}".format(*one.plausible_range)
    return ParameterLine(
        name=name,
        value=f"{one.value:g}",
        unit="no unit" if one.unit == "1" else one.unit,
        by_weight=exponent,
        varies="; ".join(variation(one)) or "–",
        mark=MARKS[one.mark],
        sources=one.sources or model.sources,
        note="; ".join(filter(None, [one.note, low_high])),
    )


def variation(one: Parameter) -> Iterator[str]:
    """How far a number differs between people, and between the days of one person."""
    if one.between_subject:
        yield f"between people {spread(one.between_subject)}"
    if one.between_occasion:
        yield f"between occasions {spread(one.between_occasion)}"


def spread(between: Between) -> str:
    """A variance as people read it: a coefficient of variation where the scale is a logarithm."""
    sure = f", {MARKS[between.mark]}" if between.mark and between.mark != "seen" else ""
    if between.scale == "logit":
        return f"variance {between.variance:g} of the logit{sure}"
    return f"{100 * sqrt(exp(between.variance) - 1):.0f} % (variance {between.variance:g}){sure}"


def covariate_words(one: Covariate, model: Model) -> str:
    """What changes a number from one group of people to another."""
    if one.race:
        return f"{one.parameter} × {model.parameters[one.times].value:g} for {one.race.capitalize()} people"
    slope = model.parameters[one.adds_per_year]
    return f"{one.parameter} changes by {slope.value:g} {slope.unit} for each year above {one.age_above_years:g}"


def residual_words(one: Residual) -> str:
    """How far a measured concentration lies from a person's own curve."""
    said = [
        f"{100 * one.proportional_sd:.1f} % of it" if one.proportional_sd else "",
        f"{one.additive_sd:g} {one.additive_unit}" if one.additive_sd else "",
        f"{one.log_sd:g} on the log scale" if one.log_sd else "",
    ]
    return " and ".join(filter(None, said)) or "none"
