"""A newer rulebook on the disk changes nothing: rooms judge with the version in force, and nobody reads a site's numbers otherwise."""

import re
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src/ketacare"
ROOMS = ["clinic", "record", "outcomes", "evaluation", "consent", "planning", "infusion", "worklist", "interop"]
# The files of rooms that take a book from the disk, and why that judges nobody.
TAKE_FROM_THE_DISK = {
    "clinic/queries.py": "in_force itself: the version that was put in force, with its digest compared",
    "clinic/actions/rulebooks.py": "proposing and approving a version",
    "clinic/views/rulebooks.py": "the form for a version that is shipped",
    "evaluation/panel.py": "the proposed version, beside the one in force",
    "evaluation/rulebook_views.py": "the proposed version, shown",
    "evaluation/change_pages.py": "the very version that an evaluation names",
    "evaluation/pages.py": "which rules cite a source",
    "evaluation/views.py": "pages that state a rule or a book",
    "infusion/cockpit.py": "how a level of alarms sounds",
    "infusion/words.py": "what alarms and units are called",
}
LOADS = re.compile(r"\brules\.load\(|(?<![\w.])load\((\"|BOOK|rules)")
FILES = sorted(path for room in ROOMS for path in (SOURCE / room).rglob("*.py"))


def short(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


@pytest.mark.parametrize("path", FILES, ids=short)
def test_a_room_judges_with_the_book_in_force_and_not_with_the_newest_file(path):
    if short(path) not in TAKE_FROM_THE_DISK:
        assert not LOADS.search(path.read_text(encoding="utf-8")), "ask clinic.queries.in_force"


@pytest.mark.parametrize("path", [one for one in FILES if "migrations" not in one.parts], ids=short)
def test_nobody_reads_a_sites_numbers_but_through_its_rulings(path):
    assert not re.search(r"\bsite\.policy\b", path.read_text(encoding="utf-8")), "ask clinic.queries.in_force"


def test_each_exception_is_there():
    assert not [name for name in TAKE_FROM_THE_DISK if not (SOURCE / name).is_file()]
