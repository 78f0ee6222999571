"""The command line: one sub-command a line of work.

Exit code 0: done. 1: refused, the reason is printed. 2: bad input, every problem is printed with its place.
"""

import argparse
import importlib
import os
import signal
import sys
from types import ModuleType

import ketacare
from ketacare.config import discreet

OWNER_ALONE = 0o077  # whatever is written (database, backup, report) only its owner may read
# name -> one line of help. The work is in config/commands/NAME.py, imported only when it is called.
COMMANDS: dict[str, str] = {
    "alarms": "Say what alarms a bedside recording would have raised, and how that fits what somebody marked on it.",
    "demo": "Serve a clinic of made-up people at work: nothing to set up, nothing real.",
    "forecast": "Say what one person's scores say of the days to come, or check a file of worked examples.",
    "gateway": "Take what bedside monitors send as HL7 v2 messages over MLLP, and hand it to a running server.",
    "pkpd": "List the pharmacokinetic models, show one in full, run the figures they are held against, measure their speed.",
    "rooms": "Simulate rooms with monitors that send what they show to a running server; for load and fault runs.",
    "screen": "Apply a rulebook to one patient's facts or to a file of patients, or run a file of clinical cases.",
    "score": "Score the answers to a scale, or check a file of worked examples.",
    "simulate": "Simulate ketamine in one person or in a virtual population: curves, effects, and all that limits them.",
    "trajectory": "Judge the forecasts of scores on made-up and on real people; fit their priors to a clinic's own.",
    "serve": "Serve the clinic's web application on one address.",
}
# The same, for commands that need the clinic's database: Django is started before they are imported.
CLINIC_COMMANDS: dict[str, str] = {
    "import": "Take over records from FHIR R4 files; importing them again changes nothing.",
    "migrate": "Make the database, or bring it up to this version.",
    "site": "Open a place of treatment, with the first person who manages it.",
    "explain": "Say what a decision rested on, judge it again with the same rulebook, and say whether it comes out the same.",
    "rescreen": "Judge every patient in care again, now; what changed waits for its prescriber.",
    "register": "Print a site's controlled-drug register of some days, or write it to one file for an inspector.",
    "retention": "Say what has stayed its time and would go, table by table with the rule; let it go with --apply.",
    "report": "Print the report of a session, as text, JSON or PDF: the same numbers in each.",
    "verify": "Check the audit trail and everything that is cached against what it was computed from.",
    "backup": "Write the whole database to one file, while the clinic goes on working.",
    "restore": "Put a backup in the place of the database.",
    "replay": "Feed a bedside recording into a running session, through the door that devices use.",
    "watch": "Turn the clock without serving: alarms that silence raises, due work, sealing of the audit.",
}
# Commands with connections of their own: for these a reader that goes away is an error to be handled, not an end.
TALKS_TO_OTHERS = {"demo", "gateway", "replay", "rooms", "serve", "watch"}


def main(argv: list[str] | None = None) -> int:
    """Run one sub-command and return its exit code."""
    arguments = sys.argv[1:] if argv is None else argv
    os.umask(OWNER_ALONE)
    if argv is None:  # only where the process is ours
        discreet.install()
    parser = argparse.ArgumentParser(
        prog="ketacare", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", action="version", version=ketacare.__version__)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command", required=True)
    known = COMMANDS | CLINIC_COMMANDS
    chosen = next((word for word in arguments if word in known), None)
    for name, summary in sorted(known.items()):
        command = commands.add_parser(name, help=summary, description=summary)
        if name == chosen:
            module = load(name)
            module.add_arguments(command)
            command.set_defaults(run=module.run)
    options = parser.parse_args(arguments)
    if argv is None and chosen not in TALKS_TO_OTHERS:  # only where the process is ours
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # ``ketacare screen ... | head`` ends without a complaint
    return int(options.run(options))


def load(name: str) -> ModuleType:
    """The module of a command; ``import`` is a word of Python's own, so its file is ``import_.py``."""
    if name in CLINIC_COMMANDS:
        start_clinic()
    return importlib.import_module(f"ketacare.config.commands.{'import_' if name == 'import' else name}")


def start_clinic() -> None:
    """Start Django, once."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ketacare.config.settings")
    importlib.import_module("django").setup()


if __name__ == "__main__":
    sys.exit(main())
