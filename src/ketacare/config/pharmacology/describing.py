"""One pharmacokinetic model in words: what it is, what moves where, every number with its unit, mark and source."""

from collections.abc import Iterator, Sequence

from ketacare.config.pharmacology.told import NEVER, STATUS
from ketacare.science import reference
from ketacare.science.pkpd.modelling.model_file import Flow, Model, Parameter


def in_columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """A table of words: every column begins at the left."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def described(model: Model) -> Iterator[str]:
    reviewed = "reviewed" if model.review.status == "reviewed" else "not reviewed by a clinician"
    """Everything that a model's file says, line by line."""
    yield f"{model.title}   ({model.id}, version {model.version}, {reviewed}; data {model.reference.sha256[:12]})"
    yield f"  drug {model.drug}; {model.site} blood; {STATUS[model.status]}"
    yield f"  found in: {model.population.says}{_within(model)}"
    if model.not_simulable:
        yield f"  not simulable: {model.not_simulable}"
    yield from ("", "structure", *(f"  {one}" for one in _structure(model)), "", "parameters")
    rows = [["name", "value", "unit", "with weight", "between subjects", "mark", "sources"]]
    rows += [_parameter(name, one) for name, one in model.parameters.items()]
    yield from (f"  {line}" for line in in_columns(rows))
    yield from ("", *(f"  {line}" for line in _variability(model)))
    notes = [f"  {name}: {one.note}" for name, one in model.parameters.items() if one.note]
    if notes:
        yield from ("", "notes", *notes)
    if model.caveats:
        yield from ("", "to know", *(f"  - {one}" for one in model.caveats))
    yield from ("", "sources")
    for key in dict.fromkeys([*model.sources, *(key for one in model.parameters.values() for key in one.sources)]):
        if key in reference.sources():
            source = reference.sources()[key]
            yield f"  {key} ({source.mark}): {source.ref}; read: {source.scope}"
    yield from ("", NEVER)


def _within(model: Model) -> str:
    limits = ((model.population.weight_kg, "kg"), (model.population.age_years, "years"))
    return "".join(f"; {low:g} to {high:g} {unit}" for limit, unit in limits if limit for low, high in [limit])


def _structure(model: Model) -> Iterator[str]:
    """The compartments and what moves between them, in words."""
    if model.compartments:
        named = (f"{name} ({one.volume})" if one.volume else name for name, one in model.compartments.items())
        yield f"compartments: {', '.join(named)}"
    yield from map(_moves, model.flows)
    for route, entries in model.entries.items():
        for entry in entries:
            part = f"the rest of {entry.rest_of}" if entry.rest_of else entry.part
            parts = " x ".join(filter(None, [*entry.fractions, part])) or "all of it"
            yield f"{route}: {parts} into {entry.into}{f' over {entry.over}' if entry.over else ''}"
    for route, why in model.refused_routes.items():
        yield f"{route}: refused, {why}"
    for name, one in model.analytes.items():
        yield f"{name}: {one.label}, read in {' + '.join(one.read_in)}{' (drives the effect site)' if name == model.parent else ''}"
    if model.formula:
        yield f"values by the formula {model.formula}: {'; '.join(f'{name}: {one.says}' for name, one in model.derived.items())}"


def _moves(flow: Flow) -> str:
    by = flow.clearance or flow.rate or flow.mean_time or flow.half_life
    kind = "clearance" if flow.clearance else "rate" if flow.rate else "mean time" if flow.mean_time else "half-life"
    if flow.between:
        return f"{flow.between[0]} <-> {flow.between[1]} by {kind} {by}"
    to = " + ".join(f"{name} ({fraction})" if fraction else name for name, fraction in flow.targets.items())
    return f"{flow.from_} -> {to} by {kind} {by}"


def _parameter(name: str, one: Parameter) -> list[str]:
    weight = f"(kg/ref)^{one.weight_exponent:g}" if one.weight_exponent else ""
    occasion = one.between_occasion
    spread = [
        f"variance {one.between_subject.variance:g} ({one.scale})" if one.between_subject else "",
        f"between occasions {occasion.variance:g} ({one.scale})" if occasion else "",
    ]
    limits = f" ({one.plausible_range[0]:g} to {one.plausible_range[1]:g})" if one.plausible_range else ""
    value, mark = f"{one.value:g}{limits}", "fixed, " * one.fixed + one.mark
    return [name, value, one.unit, weight, "; ".join(filter(None, spread)), mark, ", ".join(one.sources)]


def _variability(model: Model) -> Iterator[str]:
    """What changes a parameter between people, beside its own variance; and how far a measurement lies from the curve."""
    for one in model.covariances:
        yield f"covariance of {' and '.join(one.between)}: {one.covariance:g} ({one.mark})"
    for covariate in model.covariates:
        if covariate.race:
            yield f"{covariate.parameter} times {covariate.times} for {covariate.race.capitalize()} people"
        else:
            above = covariate.age_above_years or 0
            yield f"{covariate.parameter} plus {covariate.adds_per_year} for each year above {above:g}"
    for name, residual in model.residual.items():
        parts = {
            "{:g} of it": residual.proportional_sd,
            f"{{:g}} {residual.additive_unit}": residual.additive_sd,
            "{:g} on the log scale": residual.log_sd,
        }
        said = " and ".join(form.format(value) for form, value in parts.items() if value)
        yield f"residual error of {name}: {said} ({residual.mark})"
