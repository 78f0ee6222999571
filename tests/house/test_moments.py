"""An action that asks for a permission of the table of papers says at which moment, or the papers would not be asked for."""

import ast
from collections.abc import Iterator
from pathlib import Path

import ketacare
from ketacare.science.qualifications import table

SOURCE = Path(ketacare.__file__).parent
ASKING = {"fetch", "require", "allowed", "locked", "locked_order", "locked_course", "begun"}


def modules() -> Iterator[Path]:
    """Everything that actions are made of: the modules of rooms, but for their pages, lists and the table itself."""
    for path in sorted(SOURCE.glob("*/**/*.py")):
        room, *inside = path.relative_to(SOURCE).parts
        is_page = any("views" in part or part in ("pages.py", "urls.py", "migrations") for part in inside)
        if room not in ("science", "worklist", "config") and not is_page and path.name != "permissions.py":
            yield path


def asked_without_a_moment(tree: ast.Module) -> Iterator[str]:
    """The permissions of the table that a module asks for without ``at=``."""
    named = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or getattr(node.func, "id", getattr(node.func, "attr", "")) not in ASKING:
            continue
        for argument in node.args:
            said = argument.value if isinstance(argument, ast.Constant) else named.get(getattr(argument, "id", ""))
            if said in table().acts and not any(one.arg == "at" for one in node.keywords):
                yield f"{said}, line {node.lineno}"


def test_every_act_that_asks_for_papers_is_asked_about_at_a_moment():
    found = {
        str(path.relative_to(SOURCE)): silent
        for path in modules()
        if (silent := list(asked_without_a_moment(ast.parse(path.read_text(encoding="utf-8")))))
    }
    assert found == {}


def test_the_reader_of_the_code_finds_what_is_wrong():
    wrong = 'ACT = "order.sign"\ndef f(by, rows, at):\n    fetch(by, ACT, rows, pk=1)\n    require(by, "infusion.start", rows, at=at)\n'
    assert list(asked_without_a_moment(ast.parse(wrong))) == ["order.sign, line 3"]
