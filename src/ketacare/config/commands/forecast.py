"""ketacare forecast: what one person's scores say of the days to come, or a file of worked examples is checked."""

import json
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from pathlib import Path

from ketacare.config.texts import text_of
from ketacare.science import reference
from ketacare.science.errors import ScienceError
from ketacare.science.trajectory import cases, own
from ketacare.science.trajectory.presets import file

HELP = """
FILE.yaml holds one person's course; days count from the first day, scores are points of the scale:

  scale: madrs                     # {scales}
  preset: research                 # {presets}
  threshold: 20                    # a severity above it is a relapse; optional
  infusions: [0, 2, 4, 7, 9, 11]   # or [day, dose as a share of the planned one]
  scores: [[0, 34], [1, 20], [26, 13]]
  days: [33, 40, 47]               # looked ahead to; relapse is noticed on these days alone
  what_if: [28]                    # infusions that are thought of; optional
  floor: 0                         # a score at or below it says only that severity is no higher; optional

A file for --cases holds `cases:`, each with the same keys, an `id` and `expect:` with keys of the JSON that --json prints.

Exit code 0: answered, every case passed. 1: a case failed. 2: bad input, every problem is printed with its place.
No database is needed. A planning aid: the clinician decides.
"""


def add_arguments(parser: ArgumentParser) -> None:
    """Say what the command takes."""
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.epilog = HELP.format(scales=", ".join(file().scales), presets=", ".join(file().presets))
    parser.add_argument(
        "file", type=Path, metavar="FILE.yaml", help="one person's course, or with --cases worked examples"
    )
    parser.add_argument("--cases", action="store_true", help="check a file of worked examples")
    parser.add_argument(
        "--priors", type=Path, metavar="OWN.yaml", help="priors of `ketacare trajectory refit` in place of the preset"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: Namespace) -> int:
    """Answer the question or run the cases; return the exit code."""
    try:
        raw = reference.parse_yaml(text_of(args.file), place=str(args.file))
        if args.cases:
            return _run_cases(cases.parse(raw, place=str(args.file)), as_json=args.json)
        given = cases.answer(cases.asked(raw, place=str(args.file)), own=_own(args.priors))
        print(json.dumps(cases.document(given), indent=2) if args.json else _text(given))
        return 0
    except ScienceError as error:
        for problem in error.problems:
            print(f"ketacare forecast: {problem}", file=sys.stderr)
        return 2


def _own(path: Path | None) -> own.Own | None:
    """Priors that were fitted to a clinic's own people."""
    return None if path is None else own.parse(reference.parse_yaml(text_of(path), place=str(path)), place=str(path))


def _run_cases(found: cases.CaseFile, *, as_json: bool) -> int:
    wrong = {case.id: lines for case in found.cases if (lines := cases.mismatches(case))}
    passed = len(found.cases) - len(wrong)
    if as_json:
        print(json.dumps({"passed": passed, "failed": len(wrong), "mismatches": wrong}, indent=2))
    else:
        print("".join(f"{name}: {line}\n" for name, lines in wrong.items() for line in lines), end="")
        print(f"{passed} passed, {len(wrong)} failed")
    return 1 if wrong else 0


def _text(given: cases.Answer) -> str:
    first = given.fit.prior
    scale = file().scales[first.scale].title
    weights = [
        f"  {half_life:>6g} days  {weight:.4f}"
        for half_life, weight in zip(first.slow_half_lives_days, given.fit.weights, strict=True)
    ]
    lines = [
        f"{scale}, {first.preset} preset, threshold {given.threshold:g} points",
        f"log-likelihood {given.fit.log_likelihood:.4f}",
        "weights of the slow half-lives:",
        *weights,
    ]
    if given.days:
        lines += ["   day   mean   50 % band       90 % band       point risk  relapse by"]
        lines += [
            f"{one.day:6g} {one.severity:6.3f}  {_band(one.band_50)}  {_band(one.band_90)}  {one.point_risk:10.4f}  {one.relapse_by:10.4f}"
            for one in given.days
        ]
    return "\n".join([*lines, *_window(given), "A planning aid: the clinician decides."])


def _band(ends: tuple[float, float]) -> str:
    return f"{ends[0]:5.2f} to {ends[1]:5.2f}"


def _window(given: cases.Answer) -> list[str]:
    found = given.window
    lines = [] if found.effect else ["No measurable effect of treatment."]
    if found.says_why_not:
        return [*lines, f"No date: {found.says_why_not}"]
    for one in found.dates:
        when = (
            f"no date within {found.looked_ahead_days} days"
            if one.days is None
            else f"{one.days} days after the last score"
        )
        lines.append(f"maintenance window {one.name} (risk {one.risk:.2f}): {when}")
    return lines
