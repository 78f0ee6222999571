"""Would the tests notice wrong code? Modules are made wrong in every place, one at a time, and their tests are run.

``./run bench --mutate alarms``; without a name every target. Another line of TARGETS is all that another module needs.
"""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.bench.code_mutants import CodeMutant, code_mutants
from tests.bench.mutant_plugin import VARIABLE, source_of

ROOT = Path(__file__).resolve().parents[2]
GOAL_PCT = 95
WORKERS = os.cpu_count() or 1
PATIENCE = 4  # a mutant that takes so many times as long as the tests of the right code runs for ever: it is noticed
MONITORING = "ketacare.science.monitoring"
TESTED = "tests/science/monitoring"


@dataclass(frozen=True, kw_only=True)
class Target:
    """Modules, and the tests that must notice whatever is wrong with them, quickest first."""

    modules: tuple[str, ...]
    tests: tuple[str, ...]


TARGETS = {
    "alarms": Target(
        modules=tuple(f"{MONITORING}.{name}" for name in ("alarms", "policy", "signals", "moment", "trends", "burden")),
        tests=tuple(
            f"{TESTED}/test_{name}.py"
            for name in ("trends", "moment", "burden", "alarms", "signals", "watching", "twin")
        ),
    ),
    "register": Target(
        modules=("ketacare.science.stewardship.ledger", "ketacare.science.stewardship.jurisdiction"),
        tests=("tests/science/stewardship/test_jurisdiction.py", "tests/science/stewardship/test_ledger.py"),
    ),
}
# What cannot be told from the right code by any test, and why: "module: inside: change".
EQUIVALENT: dict[str, str] = {}


@dataclass(frozen=True, kw_only=True)
class Tried:
    """One mutant and what became of it."""

    module: str
    mutant: CodeMutant
    is_caught: bool

    def __str__(self) -> str:
        return f"{self.module.rpartition('.')[2]}: {self.mutant}"


def run(wanted: Sequence[str] = ()) -> int:
    """Print the score of each target and every survivor; return 1 when one is below the goal."""
    if unknown := [name for name in wanted if name not in TARGETS]:
        print(f"No such target: {', '.join(unknown)}. There are: {', '.join(TARGETS)}", file=sys.stderr)
        return 2
    return max(_hunted(name, TARGETS[name]) for name in wanted or TARGETS)


def _hunted(name: str, target: Target) -> int:
    began = time.perf_counter()
    if not _passes(target, mutant="", seconds=None):
        print(f"{name}: its tests fail without any mutant")
        return 1
    patience = PATIENCE * (time.perf_counter() - began)
    jobs = [(module, one) for module in target.modules for one in code_mutants(source_of(module).read_text("utf-8"))]

    def tried(job: tuple[str, CodeMutant]) -> Tried:
        module, mutant = job
        passes = _passes(target, mutant=f"{module}#{mutant.number}", seconds=patience)
        return Tried(module=module, mutant=mutant, is_caught=not passes)

    with ThreadPoolExecutor(WORKERS) as pool:
        found = list(pool.map(tried, jobs))
    return _told(name, target, found, seconds=time.perf_counter() - began)


def _passes(target: Target, *, mutant: str, seconds: float | None) -> bool:
    """Whether the tests pass with a mutant in the place of its module."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-x",
        "-n",
        "0",
        "-p",
        "tests.bench.mutant_plugin",
        "-p",
        "no:cacheprovider",
    ]
    environment = {**os.environ, VARIABLE: mutant}
    try:
        done = subprocess.run(
            [*command, *target.tests], cwd=ROOT, env=environment, capture_output=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def _told(name: str, target: Target, found: Sequence[Tried], *, seconds: float) -> int:
    survived = [one for one in found if not one.is_caught]
    same = [one for one in survived if str(one) in EQUIVALENT]
    left = [one for one in survived if str(one) not in EQUIVALENT]
    for one in left:
        print(f"  survived: {one} (line {one.mutant.line})")
    for one in same:
        print(f"  means the same: {one}: {EQUIVALENT[str(one)]}")
    for module in target.modules:
        theirs = [one for one in found if one.module == module and one not in same]
        print(f"  {module.rpartition('.')[2]:10} {sum(one.is_caught for one in theirs)} of {len(theirs)} caught")
    made = len(found) - len(same)
    pct = 100 * (made - len(left)) / made
    print(
        f"  {name}: {pct:.1f} % of {made} caught, {len(same)} mean the same, in {seconds:.0f} s; the goal is {GOAL_PCT} %"
    )
    return int(pct < GOAL_PCT)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
