"""``ketacare pkpd``: the pharmacokinetic models, one of them in full, the figures they are held against, their speed. Needs no database."""

import argparse
import importlib
from pathlib import Path

HELP = """
examples:
  ketacare pkpd models
  ketacare pkpd show racemate_iv_venous
  ketacare pkpd validate
  ketacare pkpd validate --rows mine.yaml --json

Exit code 0: done, every gate holds. 1: a figure lies outside its tolerance. 2: bad input, every problem with its place.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = HELP
    what = parser.add_subparsers(title="what", metavar="WHAT", dest="what", required=True)
    for name, says in (
        ("models", "every model: drug, routes, analytes, site, status, in whom it was found"),
        ("show", "one model: its structure in words, every number with unit, mark and source, its caveats"),
        ("validate", "run the figures that simulations are held against, and print how far off each is"),
        ("bench", "measure speed against other ways of solving the same, accuracy beside each"),
    ):
        one = what.add_parser(name, help=says, description=says)
        one.add_argument("--json", action="store_true", help="print JSON")
        if name == "show":
            one.add_argument("model", metavar="MODEL", help="a name of `ketacare pkpd models`, or a file of your own")
        if name == "validate":
            one.add_argument(
                "--rows", type=Path, metavar="FILE", help="rows of your own instead (docs/how-to/simulate.md)"
            )


def run(args: argparse.Namespace) -> int:
    """Run the command and return its exit code; the numerical libraries are only loaded now."""
    return int(importlib.import_module("ketacare.config.pharmacology.listing").run(args))
