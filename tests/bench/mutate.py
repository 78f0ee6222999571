"""Would the tests notice wrong code? Modules are made wrong in every place, one at a time, and their tests are run.

``./run bench --mutate alarms``; without a name every target. Another line of TARGETS is all that another module needs.
"""

import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, TextIO

import pytest

from tests.bench.code_equivalent import EQUIVALENT
from tests.bench.mutant_hunt import Hunt, Tried
from tests.bench.mutant_plugin import FEW, VARIABLE

ROOT = Path(__file__).resolve().parents[2]
GOAL_PCT = 95
ALONE_S = 300  # a mutant that takes longer in a process of its own runs for ever
PYTEST = ("-q", "-n", "0", "-s", "--tb=no", "--assert=plain", "--hypothesis-profile=mutants", "-p", "no:cacheprovider")
MONITORING, TESTED = "ketacare.science.monitoring", "tests/science/monitoring"


@dataclass(frozen=True, kw_only=True)
class Target:
    """Modules, and the tests that must notice whatever is wrong with them."""

    modules: tuple[str, ...]
    tests: tuple[str, ...]


def _of(package: str, *modules: str) -> tuple[str, ...]:
    return tuple(f"{package}.{one}" for one in modules)


def _tests(folder: str, *names: str) -> tuple[str, ...]:
    return tuple(f"{folder}/test_{one}.py" for one in names)


TARGETS = {
    "alarms": Target(
        modules=_of(MONITORING, "alarms", "policy", "signals", "moment", "trends", "burden"),
        tests=_tests(TESTED, "policy", "trends", "moment", "burden", "alarms", "signals", "watching", "twin"),
    ),
    "gate": Target(
        modules=(f"{MONITORING}.gate", "ketacare.infusion.gate"),
        tests=("tests/rooms/infusion/test_gate.py", *_tests(TESTED, "readings")),
    ),
    "register": Target(
        modules=(
            *_of("ketacare.science.stewardship", "ledger", "jurisdiction"),
            *_of("ketacare.stewardship.actions", "chairside", "counting", "delivered", "explaining", "stock"),
            *_of("ketacare.stewardship", "doing", "leaving", "attribution"),
        ),
        tests=(
            *_tests("tests/science/stewardship", "jurisdiction", "ledger"),
            *_tests("tests/rooms/stewardship", "actions", "delivered", "edges", "explaining"),
        ),
    ),
}


def run(wanted: Sequence[str] = ()) -> int:
    """Print the score of each target and every survivor; return 1 when one is below the goal. A name may be ``alarms:trends``, one module."""
    asked = [one.partition(":") for one in wanted or TARGETS]
    if unknown := [name for name, _, _ in asked if name not in TARGETS]:
        print(f"No such target: {', '.join(unknown)}. There are: {', '.join(TARGETS)}", file=sys.stderr)
        return 2
    return max([_in_a_process(name, module) for name, _, module in asked])


def _in_a_process(name: str, module: str) -> int:
    """Each target has a run of its own, since what a run imports stays."""
    if pid := os.fork():
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    code = 1
    try:
        code = _hunted(name, TARGETS[name], module)
    finally:
        os._exit(code)


def _hunted(name: str, target: Target, chosen: str) -> int:
    began, found = time.perf_counter(), []
    modules = [one for one in target.modules if one.rpartition(".")[2] == chosen or not chosen]
    told = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    _quieten()

    def heard(one: Tried) -> None:
        found.append(one)
        if one.is_caught is (str(one) in EQUIVALENT):
            print(
                f"  {'caught, and said to mean the same' if one.is_caught else 'survived'}: {one} (line {one.mutant.line})",
                file=told,
            )

    code = pytest.main(
        [*PYTEST, *target.tests],
        plugins=[Hunt(modules, alone=_tried_alone(target), heard=heard, told=told, same=EQUIVALENT)],
    )
    if code or not found:
        print(f"{name}: its tests fail without any mutant, or there is none", file=told)
        return 1
    return _told(name, modules, found, seconds=time.perf_counter() - began, to=told)


def _quieten() -> None:
    os.chdir(ROOT)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.environ["KETACARE_EXAMPLES"] = str(FEW)


def _tried_alone(target: Target) -> Callable[[str, int], NoReturn]:
    """What tries one mutant in a new process, which it becomes; one that is known to mean the same need not be."""

    def alone(module: str, number: int) -> NoReturn:
        signal.alarm(ALONE_S)
        os.environ[VARIABLE] = f"{module}#{number}" if module else ""
        order = ("-x", "-p", "tests.bench.mutant_plugin")
        os.execv(sys.executable, [sys.executable, "-m", "pytest", *PYTEST, *order, *target.tests])

    return alone


def _told(name: str, modules: Sequence[str], found: Sequence[Tried], *, seconds: float, to: TextIO) -> int:
    same = [one for one in found if not one.is_caught and str(one) in EQUIVALENT]
    counted = [one for one in found if one not in same]
    for one in same:
        print(f"  means the same: {one}: {EQUIVALENT[str(one)]}", file=to)
    for module in modules:
        theirs = [one for one in counted if one.module == module]
        print(
            f"  {module.rpartition('.')[2]:12} {sum(one.is_caught for one in theirs)} of {len(theirs)} caught", file=to
        )
    pct = 100 * sum(one.is_caught for one in counted) / len(counted)
    for_ever = sum(one.took_too_long for one in found)
    print(
        f"  {name}: {pct:.1f} % of {len(counted)} caught ({for_ever} ran for ever), {len(same)} mean the same, in {seconds:.0f} s; the goal is {GOAL_PCT} %",
        file=to,
    )
    return int(pct < GOAL_PCT)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
