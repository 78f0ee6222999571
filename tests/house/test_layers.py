"""House rules that the import contracts cannot say."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src/ketacare"
ROOMS = [
    "clinic",
    "record",
    "outcomes",
    "evaluation",
    "consent",
    "planning",
    "infusion",
    "worklist",
    "interop",
    "stewardship",
    "followup",
    "booking",
    "billing",
    "portal",
    "frontdesk",
    "public",
]
FILES = sorted(path for path in SOURCE.rglob("*.py") if "migrations" not in path.parts)
# A room with many acts keeps them in a folder of that name.
ACTIONS = [
    path
    for path in FILES
    if path.name == "actions.py" or (path.parent.name == "actions" and path.name != "__init__.py")
]
WRITES = {
    "create",
    "bulk_create",
    "update",
    "bulk_update",
    "delete",
    "save",
    "get_or_create",
    "update_or_create",
    "add",
}
# Files beside actions.py that write, and why.
WRITERS = {
    "clinic/audit.py": "the one writer of audit events",
    "clinic/seals.py": "the one writer of seals",
    "clinic/models/people.py": "makes a log-in with a hashed password",
    "infusion/timeline.py": "the one writer of session events",
    "booking/taking.py": "the one writer of taken time",
    "stewardship/journal.py": "the one writer of the register's movements",
    "stewardship/attribution.py": "makes the container that stands for drug nobody issued",
    "frontdesk/guarding.py": "counts sendings of public forms, by hashed address, and forgets them: no part of a record",
}


def short(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


def functions(path: Path) -> list[ast.FunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def docstring_lines(function: ast.FunctionDef) -> int:
    """How long a function's docstring is: science documents its public functions at length, and that is no sin."""
    return function.body[0].end_lineno - function.body[0].lineno + 1 if ast.get_docstring(function) else 0


@pytest.mark.parametrize("path", ACTIONS, ids=short)
def test_actions_are_keyword_only_atomic_and_name_their_author(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    public = [node for node in tree.body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")]
    decorated = [node for node in public if node.decorator_list]
    assert decorated, "an actions.py without an action"
    for action in decorated:
        named = {argument.arg for argument in action.args.kwonlyargs}
        assert not action.args.args, f"{action.name} takes positional arguments"
        assert {"by", "at"} <= named, f"{action.name} does not say who and when"
        assert "transaction.atomic" in [ast.unparse(one) for one in action.decorator_list], action.name


@pytest.mark.parametrize("path", [p for p in FILES if p.parts[-2] in ROOMS or p.parts[-3] in ROOMS], ids=short)
def test_only_actions_write(path):
    if path in ACTIONS or short(path) in WRITERS:
        return
    text = path.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(text)):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in WRITES - {"add", "update"}
        ):
            assert ".objects." not in ast.unparse(node.func), f"line {node.lineno} writes"


@pytest.mark.parametrize("path", FILES, ids=short)
def test_files_and_functions_stay_small(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400
    for function in functions(path):
        assert function.end_lineno - function.lineno - docstring_lines(function) < 40, f"{function.name} is long"


@pytest.mark.parametrize("path", [p for p in FILES if p.name == "views.py" or "views" in p.parts[-2:]], ids=short)
def test_views_are_short(path):
    for function in functions(path):
        assert function.end_lineno - function.lineno < 25, f"{function.name} does too much for a view"


@pytest.mark.parametrize("path", FILES, ids=short)
def test_no_import_inside_a_function(path):
    if short(path) == "config/cli.py":
        return
    for function in functions(path):
        inside = [node for node in ast.walk(function) if isinstance(node, ast.Import | ast.ImportFrom)]
        assert not inside, f"{function.name} imports"


@pytest.mark.parametrize("path", FILES, ids=short)
def test_no_signals_no_overridden_save_no_default_order(path):
    text = path.read_text(encoding="utf-8")
    assert "django.db.models.signals" not in text
    names = {function.name for function in functions(path)}
    assert not names & {"save", "delete"} or path.name != "models.py"
    assert "\n        ordering =" not in text


def test_no_room_without_a_name():
    assert not [
        path for path in SOURCE.rglob("*") if path.name in {"utils", "common", "helpers", "utils.py", "helpers.py"}
    ]


@pytest.mark.parametrize(
    "path", [*(SOURCE.parents[1].glob("*lock*")), SOURCE.parents[1] / "pyproject.toml"], ids=lambda p: p.name
)
def test_lock_files_hold_no_addresses(path):
    assert path.name == "pyproject.toml" or "://" not in path.read_text(encoding="utf-8")
