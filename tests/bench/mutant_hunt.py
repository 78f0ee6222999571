"""A pytest run that tries every mutant of some modules: tests are collected and run once, then a fork of the process tries each mutant.

The test that noticed the last mutant of a function is asked first about the next one.
"""

import os
import shutil
import signal
import time
import traceback
from collections import Counter
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, TextIO

import pytest
from django.db import connections

from tests.bench.code_mutants import CodeMutant, code_mutants
from tests.bench.mutant_plugin import put_in_place, source_of

WORKERS = os.cpu_count() or 1
PATIENCE, AT_LEAST_S = (
    10,
    5,
)  # of processor time: so many times what a test takes of the right code, and it runs for ever
WALL = 20  # and so many times as long by the clock: it waits for ever
CAUGHT, SURVIVED, BROKEN = 1, 0, 70  # the last: not the mutant is wrong, but this file


@dataclass(frozen=True, kw_only=True)
class Tried:
    """One mutant and what became of it."""

    module: str
    mutant: CodeMutant
    is_caught: bool
    by: str  # the test that noticed it; empty: one of those in a process of its own
    took_too_long: bool

    def __str__(self) -> str:
        return f"{self.module.rpartition('.')[2]}: {self.mutant}"


class Hunt:
    """The plugin of that run; ``alone`` tries one mutant in a process of its own, which tables and kept values need."""

    def __init__(
        self,
        modules: Sequence[str],
        *,
        alone: Callable[[str, int], NoReturn],
        heard: Callable[[Tried], None],
        told: TextIO,
        same: Container[str],  # what is known to mean the same need not be tried alone
    ) -> None:
        self.modules, self.alone, self.heard, self.told, self.same = modules, alone, heard, told, same
        self.took: dict[str, float] = {}
        self.caught_by: Counter[tuple[str, ...]] = Counter()
        self.running: dict[int, tuple[str, CodeMutant, int]] = {}

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        for one in session.items:
            began = time.process_time()
            _run(one)
            self.took[one.nodeid] = time.process_time() - began
        if session.testsfailed:
            raise session.Failed("its tests fail without any mutant")
        self._start(session, "", None)
        if next(self._done()).is_caught:
            raise session.Failed("its tests fail in a fork without any mutant")
        for module in self.modules:
            for mutant in code_mutants(source_of(module).read_text(encoding="utf-8")):
                if len(self.running) == WORKERS:
                    self.heard(self._next_done())
                self._start(session, module, mutant)
        for one in self._done():
            self.heard(one)
        return True

    def _done(self) -> Iterator[Tried]:
        while self.running:
            yield self._next_done()

    def _start(self, session: pytest.Session, module: str, mutant: CodeMutant | None) -> None:
        connections.close_all()
        reading, writing = os.pipe()
        if pid := os.fork():
            os.close(writing)
            self.running[pid] = (module, mutant, reading)
            return
        code = BROKEN
        try:
            code = self._tried(session, module, mutant, writing)
        except Exception:  # noqa: BLE001  # told, and the run ends
            traceback.print_exc(file=self.told)
        finally:
            os._exit(code)

    def _next_done(self) -> Tried:
        pid, status = os.wait()
        module, mutant, reading = self.running.pop(pid)
        with os.fdopen(reading) as said:
            who = said.read()
        for path in _databases(pid):
            path.unlink(missing_ok=True)
        if who:
            self.caught_by.update([(module, who), (module, mutant.inside, who)] if mutant else [])
        if status == BROKEN << 8:
            raise pytest.exit.Exception(f"{mutant} could not be tried")
        too_long = os.WIFSIGNALED(status)
        return Tried(module=module, mutant=mutant, is_caught=status != 0, by=who, took_too_long=too_long)

    def _tried(self, session: pytest.Session, module: str, mutant: CodeMutant | None, writing: int) -> int:
        number = mutant.number if mutant else 0
        if mutant is not None and not put_in_place(module, number):
            self.alone(module, number)
        _own_database()
        for one in sorted(session.items, key=lambda one: self._rank(one, module, mutant)):
            _patience(self.took[one.nodeid])
            _run(one)
            if session.testsfailed:
                os.write(writing, one.nodeid.encode())
                return CAUGHT
        _patience(None)
        if mutant is None or f"{module.rpartition('.')[2]}: {mutant}" not in self.same:
            self.alone(module, number)
        return SURVIVED

    def _rank(self, one: pytest.Item, module: str, mutant: CodeMutant | None) -> tuple[float, ...]:
        inside = mutant.inside if mutant else ""
        name = one.nodeid
        return -self.caught_by[module, inside, name], -self.caught_by[module, name], self.took[name]


def _run(item: pytest.Item) -> None:
    """Run a test and tear down all of it but what the whole run shares."""
    item.config.hook.pytest_runtest_protocol(item=item, nextitem=item.session)


def _patience(took: float | None) -> None:
    limit = 0 if took is None else max(AT_LEAST_S, PATIENCE * took)
    signal.setitimer(signal.ITIMER_PROF, limit)
    signal.alarm(int(WALL * limit))


def _own_database() -> None:
    """The database as the tests found it, in a file of this process's own."""
    settings = connections["default"].settings_dict
    name = str(settings["NAME"])
    if connections["default"].vendor == "sqlite" and Path(name).is_file():
        mine = _database(os.getpid(), name)
        shutil.copy(name, mine)
        settings["NAME"] = connections.databases["default"]["NAME"] = str(mine)


def _database(pid: int, name: str) -> Path:
    return Path(f"{name}.{pid}")


def _databases(pid: int) -> Iterator[Path]:
    name = str(connections["default"].settings_dict["NAME"])
    for end in ("", "-wal", "-shm", "-journal"):
        yield Path(f"{_database(pid, name)}{end}")
