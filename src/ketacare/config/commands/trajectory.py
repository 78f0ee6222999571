"""ketacare trajectory: judge the forecasts on made-up and on real people."""

import argparse
import importlib
from pathlib import Path

from ketacare.config.trajectory import HELP


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = HELP
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", dest="verb", required=True)
    _validate(verbs.add_parser("validate", help="judge the forecasts on simulated cohorts and on real records"))


def _validate(add: argparse.ArgumentParser) -> None:
    add.add_argument("--data", type=Path, metavar="FOLDER", help="also judge the real records that lie there")
    add.add_argument("--cohort", type=_many, default=1000, metavar="N", help="people of each cohort (default: 1000)")
    add.add_argument("--seed", type=int, default=1, metavar="N", help="of all chance (default: 1)")
    add.add_argument(
        "--charts", type=Path, metavar="FOLDER", help="write pictures there, SVG and PNG (needs ketacare[research])"
    )
    add.add_argument("--json", action="store_true", help="print everything as JSON")


def _many(text: str) -> int:
    if not text.isdecimal() or int(text) < 20:
        raise argparse.ArgumentTypeError("a whole number, 20 at least: half of the people are learnt from")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Run the verb and return its exit code; the numerical libraries are only loaded now."""
    return int(importlib.import_module(f"ketacare.config.trajectory.{MODULES[args.verb]}").run(args))


MODULES = {"validate": "validating"}
