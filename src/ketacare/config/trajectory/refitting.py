"""ketacare trajectory refit: the priors fitted to a clinic's own people, told with what they changed, and written to a file."""

import argparse
import csv
import hashlib
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import yaml
from rich.console import Console

import ketacare
from ketacare.config.texts import text_of
from ketacare.science.errors import BadFacts, MissingInput, Problem, ScienceError
from ketacare.science.trajectory import own
from ketacare.science.trajectory.course import Course, course

DONE, REFUSED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130
COLUMNS = ("person", "day", "kind", "value")
KINDS = ("infusion", "score")
PROGRAM = "ketacare trajectory refit"


def run(args: argparse.Namespace) -> int:
    """Read, fit, judge, write; return the exit code."""
    try:
        if args.out.exists():
            raise BadFacts([Problem(place=str(args.out), says="is there already: name a new file")])
        courses, digest = _people(args)
        asked = own.Asked(
            scale=args.scale,
            preset=args.preset,
            courses=tuple(courses),
            data_sha256=digest,
            seed=args.seed,
            made_on=datetime.now(UTC).date().isoformat(),
            software=ketacare.__version__,
        )
        with _progress() as show:
            found = own.made(asked, on_step=show)
    except KeyboardInterrupt:
        print(f"{PROGRAM}: stopped; nothing was written", file=sys.stderr)
        return INTERRUPTED
    except ScienceError as error:
        for problem in error.problems:
            print(f"{PROGRAM}: {problem}", file=sys.stderr)
        return REFUSED if isinstance(error, MissingInput) else BAD_INPUT
    args.out.write_text(yaml.safe_dump(own.document(found), sort_keys=False, allow_unicode=True), encoding="utf-8")
    print(_told(found, args.out))
    return DONE


def _people(args: argparse.Namespace) -> tuple[list[Course], str]:
    """Courses and a digest of what they were read from."""
    if args.site:
        import_module("ketacare.config.cli").start_clinic()
        own_site = import_module("ketacare.config.trajectory.own_site")
        found, left_out = own_site.courses(args.site, scale=args.scale, at=datetime.now(UTC))
        if left_out:
            print(f"{PROGRAM}: {left_out}", file=sys.stderr)
        return found, hashlib.sha256(repr(found).encode()).hexdigest()
    text = text_of(args.data)
    return read(text, place=str(args.data)), hashlib.sha256(text.encode()).hexdigest()


def read(text: str, *, place: str) -> list[Course]:
    """Courses of a CSV file with a line for each infusion and each score; BadFacts with every problem."""
    lines = csv.DictReader(text.splitlines())
    if tuple(lines.fieldnames or ()) != COLUMNS:
        raise BadFacts([Problem(place=f"{place} line 1", says=f"the columns are {','.join(COLUMNS)}")])
    people: dict[str, dict[str, list[tuple[float, float]]]] = defaultdict(lambda: {kind: [] for kind in KINDS})
    problems = []
    for number, row in enumerate(lines, start=2):
        try:
            people[row["person"]][row["kind"]].append((float(row["day"]), float(row["value"])))
        except (KeyError, TypeError, ValueError):
            says = f"a person, a day, one of {', '.join(KINDS)}, and a number are needed"
            problems.append(Problem(place=f"{place} line {number}", says=says))
    found = []
    for name, given in people.items():
        try:
            found.append(course(given["infusion"], given["score"]))
        except BadFacts as bad:
            problems += [Problem(place=f"{place} person {name}: {one.place}", says=one.says) for one in bad.problems]
    if problems:
        raise BadFacts(problems)
    return found


def _told(found: own.Own, path: Path) -> str:
    before, after = found.held_out["before"], found.held_out["after"]
    made = found.made
    lines = [
        f"{made.refit_of} priors of {found.scale} fitted to {made.people} people ({made.scores} scores), seed {made.seed}",
        f"weight of the fit beside the published priors: {made.weight:.2f}",
        f"for {made.held_out} people held out:{'before':>16}{'after':>10}",
        f"  CRPS, points            {before.crps:>16.3f}{after.crps:>10.3f}",
        f"  log score               {before.log_score:>16.3f}{after.log_score:>10.3f}",
        *(
            f"  scores in the {level} band  {100 * share:>15.1f}{100 * after.coverage[level]:>10.1f}"
            for level, share in before.coverage.items()
        ),
        "" if made.converged else "The search stopped before it had settled.",
        f"written: {path}",
        f"It is in force nowhere. Look at it with: ketacare forecast FILE.yaml --priors {path}",
        f"Bring it before a site: ketacare trajectory propose {path} --site NAME --as EMAIL --reason TEXT",
    ]
    return "\n".join(line for line in lines if line)


@contextmanager
def _progress() -> Iterator[Callable[[int], None]]:
    """The step, on stderr, where somebody watches."""
    console = Console(stderr=True)
    with console.status("fitting") as status:
        yield lambda step: status.update(f"fitting, step {step}")
