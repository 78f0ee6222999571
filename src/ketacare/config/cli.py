"""The command line: one sub-command a line of work.

Exit code 0: done. 1: refused, the reason is printed. 2: bad input, every problem is printed with its place.
"""

import argparse
import importlib
import sys

import ketacare

# name -> one line of help. The work is in config/commands/NAME.py, imported only when it is called.
COMMANDS: dict[str, str] = {
    "score": "Score the answers to a scale, or check a file of worked examples.",
}


def main(argv: list[str] | None = None) -> int:
    """Run one sub-command and return its exit code."""
    arguments = sys.argv[1:] if argv is None else argv
    parser = argparse.ArgumentParser(
        prog="ketacare", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", action="version", version=ketacare.__version__)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command", required=True)
    chosen = next((word for word in arguments if word in COMMANDS), None)
    for name, summary in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=summary)
        if name == chosen:
            module = importlib.import_module(f"ketacare.config.commands.{name}")
            module.add_arguments(command)
            command.set_defaults(run=module.run)
    options = parser.parse_args(arguments)
    return int(options.run(options))


if __name__ == "__main__":
    sys.exit(main())
