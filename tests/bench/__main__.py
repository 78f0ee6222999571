"""``./run bench [NAMES]``: run all benches, or those named, each on a new clinic in ``var`` that is removed afterwards.

``./run bench --mutate [TARGETS]`` makes the code itself wrong in every place and counts what its tests notice.
"""

import importlib
import os
import sys
import tempfile
from pathlib import Path

import django

# name -> what it measures; each is a module of this folder with a function ``run``
BENCHES = {
    "screen": "one patient judged by the eligibility book, and many at once",
    "readings": "readings stored through the whole stack, beside a raw SQLite insert",
    "patients": "pages with 50,000 patients in the database",
    "due": "the long-term due-list of 50,000 patients, on SQLite and PostgreSQL, with its query plan",
    "messenger": "a turn of the check-ins' clock with 10,000 people due at once, and one with nobody",
    "booking": "six sessions into a month that is 85 % full, and a day arranged anew, on both databases",
    "door": "rows a second through the whole door, beside raw SQLite, raw batches and PostgreSQL's COPY",
    "latency": "from a reading that is due until it is durable and on the pages that show it, at 8 to 100 rooms",
    "rate": "600 readings a second when every commit takes 5 ms longer: how long each waits until it is durable",
    "board": "the Board: its share of a browser at eight rooms, four curves each, a reading a second",
    "public": "public pages in a browser that has never been here: until painted, and kilobytes",
    "audit": "the audit's share of a page when a commit takes 5 ms, and checking a million events",
    "pkpd": "pharmacology: a population, one patient and eight chairs beside scipy's solver, and their errors",
    "population": "bands of a virtual population beside its curves, and a million subjects in the memory of their blocks",
    "trajectory": "filter and smoother of 100,000 courses beside statsmodels, and one person's forecast",
    "hl7": "ten thousand spoilt HL7 messages over MLLP: each answered, each refused, each told why",
    "mutate_rules": "would the clinical cases notice a wrong rule? (also --mutate-rules)",
}
VAR = Path(__file__).resolve().parents[2] / "var"  # the disk that a clinic's own database would lie on


def main(given: list[str]) -> int:
    """Run the benches and return the exit code: that of the last that missed a goal which must be met."""
    if given[:1] == ["--mutate"]:
        return importlib.import_module("tests.bench.mutate").run(given[1:])
    names = [name.removeprefix("--").replace("-", "_") for name in given]
    if unknown := [name for name in names if name not in BENCHES]:
        known = "\n".join(f"  {name:14}{what}" for name, what in BENCHES.items())
        print(f"No such bench: {', '.join(unknown)}. There are:\n{known}", file=sys.stderr)
        return 2
    VAR.mkdir(exist_ok=True)
    code = 0
    with tempfile.TemporaryDirectory(prefix="bench-", dir=VAR) as folder:
        settle(folder)
        for name in names or BENCHES:
            print(f"\n{name}: {BENCHES[name]}", flush=True)
            code = importlib.import_module(f"tests.bench.{name}").run() or code
    return code


def settle(folder: str) -> None:
    """Say where everything lies before a setting is read."""
    (Path(folder) / "static").mkdir()
    os.environ.pop("KETACARE_DATABASE_URL", None)
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "ketacare.config.settings",
        "KETACARE_REQUIRE_MFA": "no",
        "KETACARE_VAR": folder,
    }
    django.setup()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
