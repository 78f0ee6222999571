"""Would the tests notice wrong code? Modules are made wrong in every place, one at a time, and their tests are run.

``./run bench --mutate alarms``; without a name every target. Another line of TARGETS is all that another module needs.
"""

import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.bench.code_mutants import CodeMutant, code_mutants
from tests.bench.mutant_plugin import VARIABLE, Mutated, source_of

ROOT = Path(__file__).resolve().parents[2]
GOAL_PCT = 95
WORKERS = os.cpu_count() or 1
PATIENCE = 4  # a mutant that takes so many times as long as the tests of the right code runs for ever: it is noticed
MONITORING = "ketacare.science.monitoring"
TESTED = "tests/science/monitoring"
FEW = {
    "KETACARE_EXAMPLES": "6"
}  # of each property: hundreds of mutants are tried, and examples of their own stand beside most
PYTEST = ("-q", "-x", "-n", "0", "-p", "no:cacheprovider")


@dataclass(frozen=True, kw_only=True)
class Target:
    """Modules with the tests that must notice whatever is wrong with them; a module's own tests run first."""

    modules: dict[str, str]  # module -> its own tests
    tests: tuple[str, ...]  # the others, quickest first
    afresh: tuple[
        str, ...
    ] = ()  # what is imported anew beside the mutant; empty: a new process for each, which tables need

    def tests_of(self, module: str) -> list[str]:
        return list(dict.fromkeys([self.modules[module], *self.tests]))


TARGETS = {
    "alarms": Target(
        modules={
            f"{MONITORING}.{module}": f"{TESTED}/test_{tests}.py"
            for module, tests in {
                "alarms": "alarms",
                "policy": "alarms",
                "signals": "signals",
                "moment": "moment",
                "trends": "trends",
                "burden": "burden",
            }.items()
        },
        tests=tuple(
            f"{TESTED}/test_{name}.py"
            for name in ("trends", "moment", "burden", "alarms", "signals", "watching", "twin")
        ),
        afresh=("ketacare.science.monitoring", "ketacare.science.facts", "tests.science"),
    ),
    "register": Target(
        modules=("ketacare.science.stewardship.ledger", "ketacare.science.stewardship.jurisdiction"),
        tests=("tests/science/stewardship/test_jurisdiction.py", "tests/science/stewardship/test_ledger.py"),
    ),
}
# What no test can tell from the right code, and why: "module: inside: change".
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
    """Print the score of each target and every survivor; return 1 when one is below the goal. A name may be ``alarms:trends``, one module."""
    names = [one.partition(":")[0] for one in wanted] or list(TARGETS)
    if unknown := [name for name in names if name not in TARGETS]:
        print(f"No such target: {', '.join(unknown)}. There are: {', '.join(TARGETS)}", file=sys.stderr)
        return 2
    chosen = [one.partition(":")[2] for one in wanted] or [""] * len(names)
    return max(_hunted(name, TARGETS[name], module) for name, module in zip(names, chosen, strict=True))


def _hunted(name: str, target: Target, chosen: str) -> int:
    began = time.perf_counter()
    modules = [module for module in target.modules if module.endswith(chosen)]
    pid = _started(target, modules[0], mutant=None, seconds=0)
    if os.waitpid(pid, 0)[1]:
        print(f"{name}: its tests fail without any mutant")
        return 1
    patience = PATIENCE * (time.perf_counter() - began)
    if target.afresh:
        with open(os.devnull, "w") as nowhere:  # what is imported once need not be imported for each
            told, sys.stdout = sys.stdout, nowhere
            pytest.main([*PYTEST, "--collect-only", *target.tests])
            sys.stdout = told
    found = []
    for one in _tried(target, modules, seconds=patience):
        found.append(one)
        if not one.is_caught and str(one) not in EQUIVALENT:
            print(f"  survived: {one} (line {one.mutant.line})", flush=True)
    return _told(name, modules, found, seconds=time.perf_counter() - began)


def _tried(target: Target, modules: Sequence[str], *, seconds: float) -> Iterator[Tried]:
    """Try every mutant, as many at once as there are processors."""
    running: dict[int, tuple[str, CodeMutant]] = {}

    def next_done() -> Tried:
        pid, status = os.wait()
        module, mutant = running.pop(pid)
        return Tried(module=module, mutant=mutant, is_caught=status != 0)

    for module in modules:
        for mutant in code_mutants(source_of(module).read_text(encoding="utf-8")):
            if len(running) == WORKERS:
                yield next_done()
            running[_started(target, module, mutant=mutant.number, seconds=seconds)] = (module, mutant)
    while running:
        yield next_done()


def _started(target: Target, module: str, *, mutant: int | None, seconds: float) -> int:
    """Run the tests with a mutant in the place of its module, in a process of its own; gives its id."""
    if pid := os.fork():
        return pid
    code = 1
    try:
        code = _tested(target, module, mutant=mutant, seconds=seconds)
    finally:
        os._exit(code)


def _tested(target: Target, module: str, *, mutant: int | None, seconds: float) -> int:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.chdir(ROOT)
    os.environ.update(FEW)
    signal.alarm(int(seconds))
    if not target.afresh:
        if mutant is not None:
            os.environ[VARIABLE] = f"{module}#{mutant}"
        plugin = ("-p", "tests.bench.mutant_plugin")
        os.execv(sys.executable, [sys.executable, "-m", "pytest", *PYTEST, *plugin, *target.tests_of(module)])
    for name in [name for name in sys.modules if name.startswith(target.afresh)]:
        del sys.modules[name]
    if mutant is not None:
        sys.meta_path.insert(0, Mutated(module, mutant))
    return int(pytest.main([*PYTEST, *target.tests_of(module)]))


def _told(name: str, modules: Sequence[str], found: Sequence[Tried], *, seconds: float) -> int:
    survived = [one for one in found if not one.is_caught]
    same = [one for one in survived if str(one) in EQUIVALENT]
    left = [one for one in survived if str(one) not in EQUIVALENT]
    for one in same:
        print(f"  means the same: {one}: {EQUIVALENT[str(one)]}")
    for module in modules:
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
