"""ketacare trajectory validate: the forecasts of made-up and of real people judged, group after group, told as tables, JSON and pictures."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

import ketacare
from ketacare.config.trajectory import records, telling
from ketacare.science import reference
from ketacare.science.errors import MissingInput, Problem, ScienceError
from ketacare.science.trajectory import presets
from ketacare.science.trajectory.validating import cohorts, ranks, report

DONE, REFUSED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130
REMITTED_BY = {
    "research": 12.0,
    "community": 24.0,
}  # the day the series is judged: the first score after the last infusion
REMITTED = 10.0  # MADRS points

Told = dict[str, Any]
Step = tuple[str, Callable[[], Told]]


def run(args: argparse.Namespace) -> int:
    """Judge, tell; return the exit code."""
    found: list[Told] = []
    try:
        if args.charts and find_spec("altair") is None:
            raise MissingInput([Problem(place="--charts", says="needs altair: pip install 'ketacare[research]'")])
        steps = list(_steps(args))
        with _progress(len(steps)) as show:
            for name, work in steps:
                show(name)
                found.append(work())
    except KeyboardInterrupt:
        print(f"ketacare trajectory validate: stopped; {len(found)} parts were done", file=sys.stderr)
        _tell(args, found, is_whole=False)
        return INTERRUPTED
    except MissingInput as missing:
        print(f"ketacare trajectory validate: {missing}", file=sys.stderr)
        return REFUSED
    except ScienceError as error:
        for problem in error.problems:
            print(f"ketacare trajectory validate: {problem}", file=sys.stderr)
        return BAD_INPUT
    _tell(args, found, is_whole=True)
    return DONE


def _steps(args: argparse.Namespace) -> Iterator[Step]:
    """What is to be done, in order; each part has a seed of its own, so that none depends on the others."""
    for kind in cohorts.file().cohorts:
        yield f"ranks, {kind}", lambda kind=kind: _ranks(kind, args.cohort, args.seed)
    for number, (kind, floor) in enumerate((k, f) for k in cohorts.file().cohorts for f in (False, True)):
        rng = np.random.default_rng([args.seed, number])
        yield (
            f"simulated cohort, {kind}",
            lambda kind=kind, floor=floor, rng=rng: _group(
                report.made_up(kind, args.cohort, floor=floor, rng=rng), args.seed, kind=kind
            ),
        )
    for name in records.there(args.data) if args.data else []:
        yield name, lambda name=name: _group(records.people(args.data, name, seed=args.seed), args.seed)


def _ranks(kind: str, n: int, seed: int) -> Told:
    rng = np.random.default_rng([seed, len(kind)])
    found = ranks.calibrated(presets.prior("madrs", kind), n, rng=rng, kind=kind)
    return {
        "part": "ranks",
        "preset": kind,
        "people": n,
        "quantities": [{"name": one.name, "p": one.p, "counts": _counts(one.ranks)} for one in found],
    }


def _counts(values: np.ndarray) -> list[int]:
    return [int(one) for one in np.histogram(values, bins=ranks.BINS, range=(0, 1))[0]]


def _group(people: report.People, seed: int, *, kind: str | None = None) -> Told:
    """One group, judged, as plain values."""
    ways = [_way(one) for one in report.ways(people, seed=seed)]
    relapse = [_plain(one) for one in report.relapses(people)]
    found: Told = {
        "part": "forecasts",
        "group": people.name,
        "title": people.title,
        "note": people.note,
        "preset": people.prior.preset,
        "unit": people.unit,
        "learnt_from": len(people.known),
        "judged": len(people.judged),
        "ways": ways,
        "relapse": relapse,
    }
    if kind is not None:
        share = report.remitted(people, day=REMITTED_BY[kind], at_most=REMITTED)
        found["remitted"] = {"at_most": REMITTED, "share": share}
    return found


def _way(one: report.Way) -> Told:
    return {"name": one.name, "says": one.says} | ({} if one.found is None else _plain(one.found))


def _plain(one: object) -> Told:
    """A result as plain values, whatever it is made of."""
    return {name: _value(value) for name, value in vars(one).items()}


def _value(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, tuple):
        return [_plain(each) if hasattr(each, "__dict__") else each for each in value]
    return value


def _tell(args: argparse.Namespace, found: list[Told], *, is_whole: bool) -> None:
    head = {
        "software": ketacare.__version__,
        "seed": args.seed,
        "cohort": args.cohort,
        "is_whole": is_whole,
        "files": {
            name: reference.digest(reference.newest(name)) for name in ("trajectory/presets", "trajectory/cohorts")
        },
    }
    print(json.dumps({**head, "parts": found}, indent=2) if args.json else telling.text(head, found))
    if args.charts and found:
        for path in import_module("ketacare.config.trajectory.charts").write(args.charts, found):
            print(f"written: {path}", file=sys.stderr)


@contextmanager
def _progress(total: int) -> Iterator[Callable[[str], None]]:
    """A bar on stderr, where somebody watches."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda name: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=total)
        done = -1

        def show(name: str) -> None:
            nonlocal done
            done += 1
            bar.update(task, completed=done, description=name)

        yield show
