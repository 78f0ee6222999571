"""Puts a mutant in the place of a module: of one that runs already, or, as a pytest plugin, of one that is still to be imported.

The plugin is told by ``KETACARE_MUTANT=module#number``. See mutate.py.
"""

import gc
import importlib.machinery
import importlib.util
import os
import sys
from collections.abc import Iterator, Sequence
from importlib.abc import Loader, MetaPathFinder
from pathlib import Path
from types import CodeType, FunctionType, ModuleType

from hypothesis import HealthCheck, Phase, settings

from tests.bench.code_mutants import code_mutant

VARIABLE = "KETACARE_MUTANT"
FEW = 6  # examples of each property, always the same ones and never made smaller: hundreds of mutants are tried
settings.register_profile(
    "mutants",
    max_examples=FEW,
    derandomize=True,
    database=None,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
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
        exec(_compiled(self.module, self.number), module.__dict__)  # our own source, changed in one place


def put_in_place(module: str, number: int) -> bool:
    """Give the living functions of a module the code of a mutant; False where what is wrong lies outside every function.

    Whatever was counted or kept while the module was right stays; so a mutant that nothing notices here is tried once more by itself.
    """
    right = compile(source_of(module).read_text(encoding="utf-8"), str(source_of(module)), "exec")
    wrong = dict(_functions(_compiled(module, number)))
    there = {key: code for key, code in _functions(right) if key in wrong}
    changed = {key: wrong[key] for key, code in there.items() if not _is_same(code, wrong[key])}
    if not _is_same(right, _compiled(module, number), within_functions=False):
        return False
    space = sys.modules[module].__dict__
    for one in gc.get_objects():
        if type(one) is FunctionType and one.__globals__ is space:
            one.__code__ = changed.get(_key(one.__code__), one.__code__)
    for one in space.values():
        if forget := getattr(one, "cache_clear", None):
            forget()
    return True


def _compiled(module: str, number: int) -> CodeType:
    file = source_of(module)
    return compile(code_mutant(file.read_text(encoding="utf-8"), number).tree, str(file), "exec")


def _key(code: CodeType) -> tuple[str, int]:
    return code.co_qualname, code.co_firstlineno


def _functions(code: CodeType) -> Iterator[tuple[tuple[str, int], CodeType]]:
    for one in code.co_consts:
        if isinstance(one, CodeType):
            if _is_function(one):
                yield _key(one), one
            yield from _functions(one)


def _is_function(code: CodeType) -> bool:
    return bool(code.co_flags & 0x2)  # CO_NEWLOCALS: a class body has none


def _is_same(one: CodeType, other: CodeType, *, within_functions: bool = True) -> bool:
    if (one.co_code, one.co_names, len(one.co_consts)) != (other.co_code, other.co_names, len(other.co_consts)):
        return False
    for mine, theirs in zip(one.co_consts, other.co_consts, strict=True):
        if isinstance(mine, CodeType) and isinstance(theirs, CodeType):
            if (within_functions or not _is_function(mine)) and not _is_same(
                mine, theirs, within_functions=within_functions
            ):
                return False
        elif (type(mine), mine) != (type(theirs), theirs):
            return False
    return True


if wanted := os.environ.get(VARIABLE):
    name, _, number = wanted.partition("#")
    sys.meta_path.insert(0, Mutated(name, int(number)))
