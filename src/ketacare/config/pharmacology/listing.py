"""What ``ketacare pkpd`` prints: models, one model, the figures they are held against, speed."""

import argparse
import importlib
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ketacare.config.pharmacology.describing import described, in_columns
from ketacare.config.pharmacology.told import NEVER, STATUS, number
from ketacare.science.errors import Problem, ScienceError
from ketacare.science.pkpd import models, targets, validation
from ketacare.science.pkpd.modelling.model_file import Model
from ketacare.science.pkpd.validation import Outcome

DONE, REFUSED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130


def run(args: argparse.Namespace) -> int:
    """Run the sub-command; return the exit code."""
    try:
        return DO[args.what](args)
    except ScienceError as bad:
        problems: Sequence[Problem] = bad.problems
    except OSError as error:
        problems = [Problem(place=str(error.filename), says=error.strerror or "cannot be read")]
    except UnicodeDecodeError as error:
        file = args.model if args.what == "show" else args.rows
        problems = [Problem(place=str(file), says=f"is not UTF-8 text ({error.reason})")]
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return INTERRUPTED
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
    print("\n".join(in_columns(rows)))
    print()
    for one in found:
        only = f" Not simulable: {one.not_simulable}." if one.not_simulable else " By name only." if one.opt_in else ""
        print(f"  {one.id}: {one.population.says}.{only}")
    print(f"\nstatus: {'; '.join(f'{name} = {says}' for name, says in STATUS.items())}. {NEVER}")
    return DONE


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
        print("\n".join(described(model)))
    return DONE


def _validate(args: argparse.Namespace) -> int:
    given = args.rows
    rows = targets.parse(given.read_text(encoding="utf-8"), place=str(given)) if given else targets.load()
    outcomes = validation.run(rows)
    failed = [one for one in outcomes if one.fails]
    if args.json:
        print(json.dumps(_counted(outcomes, failed), indent=2))
    else:
        head = ("row", "what", "expected", "tolerance", "got", "off by", "verdict")
        print("\n".join(in_columns([head, *map(validation.told, outcomes)])))
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
    found: list[Mapping[str, Any]] = importlib.import_module("ketacare.config.pkpd_bench").run()
    if args.json:
        print(json.dumps(found, indent=2))
        return DONE
    rows = [["what", "ms", "times as fast as the solver", "goal", "error, of the peak"]]
    print("\n".join(in_columns([*rows, *map(_measured, found)])))
    return DONE


def _measured(row: Mapping[str, Any]) -> list[str]:
    """A line of the bench: the median of the rounds, and the least and most of them."""
    ratio, error = row["times_as_fast"], row["error_of_peak"]
    fast = "" if ratio is None else f"{number(ratio[0])} ({number(ratio[1])} to {number(ratio[2])})"
    return [row["what"], number(row["ms"]), fast, row["goal"], "" if error is None else f"{error:.1e}"]


DO: Mapping[str, Callable[[argparse.Namespace], int]] = {
    "models": _models,
    "show": _show,
    "validate": _validate,
    "bench": _bench,
}
