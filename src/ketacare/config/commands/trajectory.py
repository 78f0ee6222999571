"""ketacare trajectory: judge the forecasts on made-up and on real people, fit their priors to a clinic's own."""

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
    _refit(verbs.add_parser("refit", help="fit the priors to a clinic's own people, and write them to a file"))
    _propose(verbs.add_parser("propose", help="bring a file of refit before a site, where another person approves it"))


def _validate(add: argparse.ArgumentParser) -> None:
    add.add_argument("--data", type=Path, metavar="FOLDER", help="also judge the real records that lie there")
    add.add_argument("--cohort", type=_many, default=1000, metavar="N", help="people of each cohort (default: 1000)")
    add.add_argument("--seed", type=int, default=1, metavar="N", help="of all chance (default: 1)")
    add.add_argument(
        "--charts", type=Path, metavar="FOLDER", help="write pictures there, SVG and PNG (needs ketacare[research])"
    )
    add.add_argument("--json", action="store_true", help="print everything as JSON")


def _refit(add: argparse.ArgumentParser) -> None:
    source = add.add_mutually_exclusive_group(required=True)
    source.add_argument("--data", type=Path, metavar="FILE.csv", help="infusions and scores, a line each")
    source.add_argument(
        "--site", metavar="NAME", help="those of a site in the clinic's database; reading them is audited"
    )
    add.add_argument("--scale", required=True, help="whose scores they are: madrs, phq9, qids_sr16, hamd17")
    add.add_argument("--preset", default="community", help="the published priors to begin with (default: community)")
    add.add_argument("--out", type=Path, required=True, metavar="FILE.yaml", help="the new file")
    add.add_argument("--seed", type=int, default=1, metavar="N", help="of who is held out (default: 1)")


def _propose(add: argparse.ArgumentParser) -> None:
    add.add_argument("file", type=Path, metavar="FILE.yaml", help="what refit wrote")
    add.add_argument("--site", required=True, metavar="NAME", help="the site whose forecasts shall rest on it")
    add.add_argument("--as", required=True, dest="email", metavar="EMAIL", help="who proposes it")
    add.add_argument("--reason", required=True, metavar="TEXT", help="why; it stands beside the proposal")


def _many(text: str) -> int:
    if not text.isdecimal() or int(text) < 20:
        raise argparse.ArgumentTypeError("a whole number, 20 at least: half of the people are learnt from")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Run the verb and return its exit code; the numerical libraries are only loaded now."""
    if args.verb in OF_THE_CLINIC:
        importlib.import_module("ketacare.config.cli").start_clinic()
    return int(importlib.import_module(f"ketacare.config.trajectory.{MODULES[args.verb]}").run(args))


MODULES = {"validate": "validating", "refit": "refitting", "propose": "proposing"}
OF_THE_CLINIC = {"propose"}  # needs its database from the start
