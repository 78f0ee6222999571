"""Run a simulation, tell it in the form that was asked for, and stop cleanly on Ctrl-C with what was done."""

import argparse
import importlib
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ketacare.config.pharmacology import asked, exported, told
from ketacare.config.pharmacology.asked import Asked
from ketacare.science.errors import MissingInput, Problem, ScienceError
from ketacare.science.pkpd import dose_text, scenario
from ketacare.science.pkpd.population import Population
from ketacare.science.pkpd.series import Series
from ketacare.science.pkpd.virtual import blocks

DONE, REFUSED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130


def run(args: argparse.Namespace) -> int:
    """Read, simulate, tell; return the exit code."""
    texts = args.dose or ()
    try:
        what = asked.read(args)
        texts = texts or [dose_text.written(one) for one in what.scenario.regimen.regimen().doses]
        found = _simulated(what)
        _tell(args, what, found)
    except OSError as error:
        return _bad_input([Problem(place=str(error.filename), says=error.strerror or "cannot be read")])
    except UnicodeDecodeError as error:
        return _bad_input([Problem(place=str(args.scenario or args.model), says=f"is not UTF-8 text ({error.reason})")])
    except MissingInput as missing:  # a package of an extra
        print(f"--svg: {missing}", file=sys.stderr)
        return REFUSED
    except ScienceError as bad:
        return _bad_input(asked.placed(bad, texts))
    except KeyboardInterrupt:
        print("ketacare simulate: stopped before anything was done", file=sys.stderr)
        return INTERRUPTED
    return INTERRUPTED if any(flag.code == "interrupted" for flag in found.flags) else DONE


def _bad_input(problems: Iterable[Problem]) -> int:
    for one in problems:
        print(one, file=sys.stderr)
    return BAD_INPUT


def _simulated(what: Asked) -> Series | Population:
    with _progress(what) as progress:
        return scenario.run(what.scenario, model=what.model, progress=progress)


@contextmanager
def _progress(what: Asked) -> Iterator[blocks.Progress | None]:
    """A bar on stderr for a population, where somebody watches."""
    console = Console(stderr=True)
    if what.scenario.population is None or not console.is_terminal:
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("subjects", total=what.scenario.population.n)
        yield lambda done, wanted: bar.update(task, completed=done, total=wanted)


def _tell(args: argparse.Namespace, what: Asked, found: Series | Population) -> None:
    if args.save_scenario:
        args.save_scenario.write_text(scenario.dump(what.scenario), encoding="utf-8")
    if args.svg:
        _draw(args.svg, what, found)
        return
    form = exported.as_json if args.json else exported.as_csv if args.csv else told.as_text
    text = form(what, found)
    if args.csv:
        _warn(found)
    if args.out:
        args.out.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)


def _warn(found: Series | Population) -> None:
    """What a file of bare numbers cannot say is said beside it."""
    for line in (told.head(found), *told.flagged(found), told.NEVER):
        print(line, file=sys.stderr)


def _draw(path: Path, what: Asked, found: Series | Population) -> None:
    plots = importlib.import_module("ketacare.science.pkpd.plots")
    labels = {name: one.label for name, one in what.model.analytes.items()}
    plots.save(plots.curve_chart(found, labels) if isinstance(found, Series) else plots.band_chart(found), path)
    for line in told.flagged(found):
        print(line, file=sys.stderr)
    print(f"{path}: {told.head(found)}; {told.NEVER}", file=sys.stderr)
