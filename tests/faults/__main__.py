"""``./run faults [NAMES] [--minutes N]``: put faults to real servers on made-up clinics; exit 1 when a promise is broken."""

import argparse
import importlib
import subprocess
import sys
import tempfile
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.bench.__main__ import VAR, settle

# name -> what is done, the longest first; each is a module of this folder with a function ``run`` that gives the broken promises
FAULTS = {
    "kill": "app, gateway and database are killed in turn under eight chairs that send a reading a second",
    "network": "the network between eight chairs and the server is cut and healed (root)",
    "ledger": "sixteen writers in four processes move drug at once, and one process is killed",
    "clock": "the server's clock is put an hour forward and back under eight chairs",
    "disk": "the database's disk is filled and emptied under eight chairs (root)",
    "hl7": "ten thousand malformed HL7 messages to a running gateway",
}
MINUTES = 0.5


def main(given: list[str]) -> int:
    """Run the faults that were named, or all."""
    parser = argparse.ArgumentParser(prog="./run faults")
    parser.add_argument("names", nargs="*", choices=[[], *FAULTS], metavar="NAME", help=", ".join(FAULTS))
    parser.add_argument("--minutes", type=float, default=MINUTES, help=f"how long each lasts ({MINUTES:g})")
    parser.add_argument("--at-once", type=int, default=1, metavar="N", help="so many side by side (1)")
    options = parser.parse_args(given)
    if options.at_once > 1:
        return side_by_side(options.names or list(FAULTS), options)
    VAR.mkdir(exist_ok=True)
    warnings.filterwarnings(
        "ignore", message="XDG_RUNTIME_DIR"
    )  # the PostgreSQL of the tests says so as it is imported
    broken = []
    with tempfile.TemporaryDirectory(prefix="faults-", dir=VAR) as folder:
        settle(folder)
        for name in options.names or FAULTS:
            print(f"\n{name}: {FAULTS[name]}", flush=True)
            found = importlib.import_module(f"tests.faults.{name}").run(Path(folder), minutes=options.minutes)
            for promise in found:
                print(f"  BROKEN: {promise}", flush=True)
            broken += found
    return int(bool(broken))


def side_by_side(names: list[str], options: argparse.Namespace) -> int:
    """Each in a process of its own; what one says is printed when it is done."""

    def run(name: str) -> int:
        command = [sys.executable, "-m", "tests.faults", name, "--minutes", str(options.minutes)]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        print(done.stdout, end="", flush=True)
        return done.returncode

    with ThreadPoolExecutor(options.at_once) as pool:
        return max(pool.map(run, names))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
