"""A pytest plugin that puts a mutant in the place of a module: ``KETACARE_MUTANT=module#number``. See mutate.py."""

import importlib.machinery
import importlib.util
import os
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from pathlib import Path
from types import ModuleType

from tests.bench.code_mutants import code_mutant

VARIABLE = "KETACARE_MUTANT"
SOURCE = Path(__file__).resolve().parents[2] / "src"


def source_of(module: str) -> Path:
    """Where the text of a module lies."""
    return SOURCE / f"{module.replace('.', '/')}.py"


class Mutated(MetaPathFinder, Loader):
    """Finds one module, and loads the mutant."""

    def __init__(self, module: str, number: int) -> None:
        self.module, self.number = module, number

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        return importlib.util.spec_from_loader(fullname, self) if fullname == self.module else None

    def exec_module(self, module: ModuleType) -> None:
        file = source_of(self.module)
        found = code_mutant(file.read_text(encoding="utf-8"), self.number)
        exec(compile(found.tree, str(file), "exec"), module.__dict__)  # our own source, changed in one place


if wanted := os.environ.get(VARIABLE):
    name, _, number = wanted.partition("#")
    sys.meta_path.insert(0, Mutated(name, int(number)))
