"""The files of clinical cases: where they lie, and what is in them."""

from datetime import date
from functools import cache
from pathlib import Path

from ketacare.science.rules.cases import Case, read_cases

HERE = Path(__file__).parent
EACH_RULE = HERE / "each_rule"
BASES = EACH_RULE / "base"
ON = date(2026, 11, 22)  # the day on which every case is judged


@cache
def cases(folder: Path) -> tuple[Case, ...]:
    """Every case of the files that lie in a folder, in the order of the files."""
    files = sorted(folder.glob("*.yaml"))
    return tuple(case for file in files for case in read_cases(file.read_text("utf-8"), place=file.name, beside=folder))
