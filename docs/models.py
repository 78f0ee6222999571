"""The page about pharmacokinetic models: defaults, then every model with its population, numbers, marks, sources and caveats."""

from collections.abc import Iterable, Iterator
from math import exp, sqrt

from docs.tables import table
from ketacare.science.pkpd import models
from ketacare.science.pkpd.modelling.defaults import Quantity, Row, defaults
from ketacare.science.pkpd.modelling.model_file import Between, Covariate, Entry, Flow, Model, Parameter, Residual

STATUS = {
    "published": "published: read in the paper or its abstract",
    "transcription": "transcription: read in a transcription of the paper, not in the paper itself",
    "calibration": "calibration: chosen by this project from published figures",
}
INTRODUCTION = (
    "Every model that `ketacare simulate` and the pages know, as its data file says it. No clinician has reviewed them yet. A curve from them does not "
    "decide a dose, a discharge or safety.",
    "Marks: *seen* = the figure was read in the source named (for a transcription: there); *recalled* = from memory; *default* = our own choice; "
    "*mixed* = part of each. A parameter is `value * (weight / 70 kg) ** exponent * exp(eta)`; the variance is that of eta. On the logit scale eta is "
    "added to the logit of a fraction. Add a model: see CONTRIBUTING.",
)


def page() -> str:
    """Defaults, constants, and each model."""
    parts = ["# Pharmacokinetic models", *INTRODUCTION, "## Which model answers by default", default_rows()]
    parts += ["## Only by name", only_by_name(), "## Constants", constants()]
    return "\n\n".join([*parts, *(section(models.load(name)) for name in models.names())]) + "\n"


def cited(keys: Iterable[str]) -> str:
    """Sources, each a link to where it is described."""
    return ", ".join(f"[{key}](sources.md#{key.lower()})" for key in keys) or "ours"


def default_rows() -> str:
    """One line for each question that has an answer, or a reason why not."""
    rows = (
        [row.route, row.drug.replace("_", " "), row.site, lasting(row), f"`{row.model}`" if row.model else "none", row.why]
        for row in defaults().rows
    )  # fmt: skip
    return table(["Route", "Drug", "Site", "Given over", "Model", "Why"], rows)


def lasting(row: Row) -> str:
    """For which lengths of an infusion a row answers."""
    if row.at_least_min:
        return f"{row.at_least_min:g} min and more"
    return f"less than {row.less_than_min:g} min" if row.less_than_min else "any time"


def only_by_name() -> str:
    """Models that are no default for anybody."""
    rows = (
        [name.replace("_", " "), ", ".join(f"`{model}`" for model in one.models), one.why]
        for name, one in defaults().only_by_name.items()
    )
    return table(["For", "Models", "Why"], rows)


def constants() -> str:
    """Molecular weights, base fraction and the effect site's half-life."""
    known = defaults()
    named: dict[str, Quantity] = {
        f"Molecular weight of {name.replace('_', ' ')}": one for name, one in known.molecular_weights.items()
    }
    named |= {"Base in ketamine hydrochloride": known.base_fraction}
    named |= {"Half-life of the effect site's delay": known.effect_site.half_life_min}
    rows = (
        [name, f"{one.value:g}", "" if one.unit == "1" else one.unit, span(one.range), one.mark, cited(one.sources), one.note]
        for name, one in named.items()
    )  # fmt: skip
    return table(["Constant", "Value", "Unit", "Range", "Mark", "Sources", "Note"], rows)


def span(limits: tuple[float, float] | None) -> str:
    """A range, where there is one."""
    return "" if limits is None else "{:g} to {:g}".format(*limits)


def section(model: Model) -> str:
    """One model."""
    head = ["Parameter", "Value", "Unit", "Weight exponent", "Variance of eta", "Mark", "Sources", "Note"]
    parts = [
        f"## {model.id}",
        f"{model.title}. Version {model.version}, {model.review.status}.",
        "\n".join(f"- {line}" for line in facts(model)),
        "### Parameters of " + model.id,
        table(head, (parameter(name, one) for name, one in model.parameters.items())),
        "\n".join(f"- {line}" for line in more(model)),
        "Caveats:",
        "\n".join(f"- {line}" for line in model.caveats),
    ]
    return "\n\n".join(part for part in parts if part)


def facts(model: Model) -> Iterator[str]:
    """What a reader must know first."""
    yield f"Status: {STATUS[model.status]}"
    yield f"Drug: {model.drug.replace('_', ' ') if model.drug != 'any' else 'racemic ketamine or one enantiomer'}"
    yield f"Site: **{model.site}**"
    yield f"Routes: {', '.join(model.routes) or 'none'}"
    for route, why in model.refused_routes.items():
        yield f"Refused by the route {route}: {why}"
    if model.shortest_iv_min:
        yield f"Refused by vein in less than {model.shortest_iv_min:g} min"
    yield f"Analytes: {', '.join(f'`{name}` ({one.label})' for name, one in model.analytes.items())}"
    for name, why in model.refused_analytes.items():
        yield f"Refused: `{name}`: {why}"
    people = model.population
    yield f"Population: {people.says} ({people.mark}, {cited(people.sources)})"
    yield f"Weight: {span(people.weight_kg) + ' kg' if people.weight_kg else 'range not seen'}"
    yield f"Age: {span(people.age_years) + ' years' if people.age_years else 'range not seen'}"
    if model.opt_in:
        yield "Must be asked for by name"
    if model.not_simulable:
        yield f"Not simulable: {model.not_simulable}"


def parameter(name: str, one: Parameter) -> list[object]:
    """One line of the table of parameters."""
    note = "; ".join(filter(None, ["fixed" if one.fixed else "", f"plausible {span(one.plausible_range)}" if one.plausible_range else "", one.note]))  # fmt: skip
    exponent = f"{one.weight_exponent:g}" if one.weight_exponent else ""
    unit = "" if one.unit == "1" else one.unit
    return [f"`{name}`", f"{one.value:g}", unit, exponent, varies(one), one.mark, cited(one.sources), note]


def varies(one: Parameter) -> str:
    """Variances between subjects and between occasions, each with what it means as a coefficient of variation."""
    kinds = {"subjects": one.between_subject, "occasions": one.between_occasion}
    return "; ".join(f"{kind} {variance(given, one)}" for kind, given in kinds.items() if given)


def variance(given: Between, one: Parameter) -> str:
    """One variance with its mark where it is not the parameter's own."""
    beside = f"logit {given.variance:g}"
    if given.scale == "log":
        beside = f"{given.variance:g} (CV {100 * sqrt(exp(given.variance) - 1):.0f} %)"
    own = given.mark in (None, one.mark)
    return beside if own else f"{beside}, {given.mark}: {given.note}"


def more(model: Model) -> Iterator[str]:
    """Covariances, covariates, residual error, derived values, flows and entries."""
    for one in model.covariances:
        yield f"Covariance of {' and '.join(one.between)}: {one.covariance:g} ({one.mark})"
    for covariate in model.covariates:
        yield effect(covariate)
    for name, residual in model.residual.items():
        yield f"Residual error of `{name}`: {error(residual)} ({residual.mark})"
    for molecule, name in model.cleared_by.items():
        yield f"Clearance of {molecule} is proportional to `{name}`"
    for name, derived in model.derived.items():
        yield f"`{name}`: {derived.says} (formula `{model.formula}`)"
    if model.flows:
        yield "Flows: " + "; ".join(flow(one) for one in model.flows)
    for route, entries in model.entries.items():
        yield f"A dose by the route {route}: " + "; ".join(entry(one) for one in entries)
    if model.devices:
        yield f"Devices of {model.devices.amount_mg:g} mg, {model.devices.apart_min:g} min apart ({model.devices.mark})"


def effect(one: Covariate) -> str:
    """What a covariate does."""
    if one.race:
        return f"`{one.parameter}` times `{one.times}` for {one.race.capitalize()} people"
    return f"`{one.parameter}` plus `{one.adds_per_year}` for each year above {one.age_above_years:g}"


def error(one: Residual) -> str:
    """How far measured concentrations lie from the curve."""
    said = {
        "{:g} of it": one.proportional_sd,
        f"{{:g}} {one.additive_unit}": one.additive_sd,
        "{:g} on the log scale": one.log_sd,
    }
    return " and ".join(form.format(value) for form, value in said.items() if value)


def flow(one: Flow) -> str:
    """What moves, and by which parameter."""
    by = next(f"`{name}`" for name in (one.clearance, one.rate, one.mean_time, one.half_life) if name)
    if one.between:
        return f"{words(one.between[0])} ↔ {words(one.between[1])} by {by}"
    parts = (f"{words(name)}{f' (part `{part}`)' if part else ''}" for name, part in one.targets.items())
    stages = f" in {one.stages} equal steps, of which this is one" if one.stages > 1 else ""
    return f"{words(one.from_ or '')} → {', '.join(parts)} by {by}{stages}"


def entry(one: Entry) -> str:
    """Where a dose enters, and how much of it."""
    parts = [f"`{name}`" for name in (*one.fractions, *filter(None, [one.part]))]
    parts += [f"(1 - `{one.rest_of}`)"] if one.rest_of else []
    later = f", for later devices with `{one.later_devices}`" if one.later_devices else ""
    over = f", over `{one.over}`" if one.over else ""
    return f"{' × '.join(parts) or 'all of it'} into {words(one.into)}{later}{over}"


def words(name: str) -> str:
    """A compartment in words."""
    return name.replace("_", " ")
