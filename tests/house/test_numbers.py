"""No clinical number in Python: every other number in these places stands in allowed_numbers.txt with its reason."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src/ketacare"
ALLOWED = {-1, 0, 1, 2, 60, 100, 1000}
PLACES = [
    "science/rules",
    "science/scales",
    "science/monitoring",
    "science/facts",
    "science/stewardship",
    "science/checkins",
    *(path.parent.name for path in SOURCE.glob("*/models*") if path.parent.name != "science"),
]
EXEMPT_FOLDERS = {"migrations", "templatetags"}


def listed() -> dict[tuple[str, str], str]:
    """(file, number) -> reason, from the list; a line is ``file number reason``."""
    lines = (Path(__file__).parent / "allowed_numbers.txt").read_text(encoding="utf-8").splitlines()
    rows = [line.split(maxsplit=2) for line in lines if line.strip() and not line.startswith("#")]
    assert all(len(row) == 3 for row in rows), "each line gives a file, a number and a reason"
    return {(file, number): reason for file, number, reason in rows}


def numbers(path: Path) -> set[str]:
    """The numbers in a file that are not free, leaving out ``max_length=`` and the like: sizes of columns."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    sizes = {
        id(keyword.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg in {"max_length", "max_digits", "decimal_places", "status", "chunk_size", "maxsize", "indent"}
    }
    return {
        repr(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, int | float)
        and not isinstance(node.value, bool)
        and node.value not in ALLOWED
        and id(node) not in sizes
    }


def places() -> list[Path]:
    files = {path for place in PLACES for path in (SOURCE / place).rglob("*.py")}
    return sorted(path for path in files if not EXEMPT_FOLDERS & set(path.parts))


def name(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


@pytest.mark.parametrize("path", places(), ids=name)
def test_no_number_without_a_reason(path):
    reasons = listed()
    unexplained = {number for number in numbers(path) if (name(path), number) not in reasons}
    assert not unexplained, f"put it into science/data with its source, or here with a reason: {sorted(unexplained)}"


def test_no_reason_without_its_number():
    present = {(name(path), number) for path in places() for number in numbers(path)}
    assert not set(listed()) - present
