"""What ``ketacare pkpd`` prints: models, one model, the figures they are held against, speed."""

import argparse
import importlib
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from ketacare.config.pharmacology.told import NEVER, STATUS
from ketacare.science import reference
from ketacare.science.errors import Problem, ScienceError
from ketacare.science.pkpd import models, targets, validation
from ketacare.science.pkpd.model_file import Flow, Model, Parameter
from ketacare.science.pkpd.validation import Outcome

DONE, REFUSED, BAD_INPUT = 0, 1, 2


def run(args: argparse.Namespace) -> int:
    """Run the sub-command; return the exit code."""
    try:
        return DO[args.what](args)
    except ScienceError as bad:
        problems: Sequence[Problem] = bad.problems
    except OSError as error:
        problems = [Problem(place=str(error.filename), says=error.strerror or "cannot be read")]
    except UnicodeDecodeError as error:
        problems = [Problem(place=str(args.rows or args.model), says=f"is not UTF-8 text ({error.reason})")]
    for one in problems:
        print(one, file=sys.stderr)
    return BAD_INPUT


def _models(args: argparse.Namespace) -> int:
    found = [models.load(name) for name in models.names()]
    if args.json:
        print(json.dumps([_listed(one) for one in found], indent=2))
        return DONE
    rows = [["model", "drug", "site", "status", "routes", "analytes"]]
    for one in found:
        routes = ", ".join(one.routes) or "none"
        rows.append([one.id, one.drug, one.site, one.status, routes, ", ".join(one.analytes)])
    print("\n".join(_left(rows)))
    print()
    for one in found:
        only = f" Not simulable: {one.not_simulable}." if one.not_simulable else " By name only." if one.opt_in else ""
        print(f"  {one.id}: {one.population.says}.{only}")
    print(f"\nstatus: {'; '.join(f'{name} = {says}' for name, says in STATUS.items())}. {NEVER}")
    return DONE


def _left(rows: Sequence[Sequence[str]]) -> list[str]:
    """A table of words: every column begins at the left."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _listed(model: Model) -> Mapping[str, object]:
    """A model's outline as JSON."""
    return {
        "id": model.id,
        "version": model.version,
        "sha256": model.reference.sha256,
        "title": model.title,
        "drug": model.drug,
        "site": model.site,
        "status": model.status,
        "routes": list(model.routes),
        "analytes": list(model.analytes),
        "parent": model.parent,
        "population": model.population.says,
        "weight_kg": model.population.weight_kg,
        "age_years": model.population.age_years,
        "by_name_only": model.opt_in,
        "not_simulable": model.not_simulable,
        "sources": list(model.sources),
    }


def _show(args: argparse.Namespace) -> int:
    path = Path(args.model)
    is_own = args.model not in models.names() and path.is_file()
    model = models.parse(path.read_text(encoding="utf-8"), place=args.model) if is_own else models.load(args.model)
    if args.json:
        print(model.model_dump_json(indent=2, by_alias=True, exclude_none=True))
    else:
        print("\n".join(_described(model)))
    return DONE


def _described(model: Model) -> Iterator[str]:
    reviewed = "reviewed" if model.review.status == "reviewed" else "not reviewed by a clinician"
    yield f"{model.title}   ({model.id}, version {model.version}, {reviewed}; data {model.reference.sha256[:12]})"
    yield f"  drug {model.drug}; {model.site} blood; {STATUS[model.status]}"
    yield f"  found in: {model.population.says}{_within(model)}"
    if model.not_simulable:
        yield f"  not simulable: {model.not_simulable}"
    yield from ("", "structure", *(f"  {one}" for one in _structure(model)), "", "parameters")
    rows = [["name", "value", "unit", "with weight", "between subjects", "mark", "sources"]]
    rows += [_parameter(name, one) for name, one in model.parameters.items()]
    yield from (f"  {line}" for line in _left(rows))
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


def _validate(args: argparse.Namespace) -> int:
    given = args.rows
    rows = targets.parse(given.read_text(encoding="utf-8"), place=str(given)) if given else targets.load()
    outcomes = validation.run(rows)
    failed = [one for one in outcomes if one.fails]
    if args.json:
        print(json.dumps(_counted(outcomes, failed), indent=2))
    else:
        head = ("row", "what", "expected", "tolerance", "got", "off by", "verdict")
        print("\n".join(_left([head, *map(validation.told, outcomes)])))
        print()
        for one in outcomes:
            if one.row.kind == "known miss":
                print(f"known miss {one.row.id}: {one.row.says}: {one.row.note}")
        print(f"{sum(one.verdict == 'met' for one in outcomes)} gates met, {len(failed)} not; {len(outcomes)} rows")
    return REFUSED if failed else DONE


def _counted(outcomes: Sequence[Outcome], failed: Sequence[Outcome]) -> Mapping[str, object]:
    return {
        "met": sum(one.verdict == "met" for one in outcomes),
        "failed": len(failed),
        "rows": [
            {
                "id": one.row.id,
                "says": one.row.says,
                "what": validation.what(one.row),
                "kind": one.row.kind,
                "model": one.row.given.model,
                "expected": one.row.expected,
                "unit": one.row.unit,
                "tolerance": one.row.tolerance.model_dump(exclude_none=True) if one.row.tolerance else None,
                "got": list(one.got),
                "deviation": one.deviation,
                "verdict": one.verdict,
                "why": one.says,
                "sources": list(one.row.sources),
                "mark": one.row.mark,
                "note": one.row.note,
            }
            for one in outcomes
        ],
    }


def _bench(args: argparse.Namespace) -> int:
    found = importlib.import_module("ketacare.config.pkpd_bench").run()
    print(json.dumps(found, indent=2) if args.json else found)
    return DONE


DO: Mapping[str, Callable[[argparse.Namespace], int]] = {
    "models": _models,
    "show": _show,
    "validate": _validate,
    "bench": _bench,
}
