"""The written pages keep their word: links lead somewhere, commands are ours, examples run, the glossary knows our words."""

import argparse
import contextlib
import io
import re

import pytest
from django.apps import apps

import ketacare
from ketacare.clinic.models import COURSE_TRANSITIONS, Role
from ketacare.config.cli import CLINIC_COMMANDS, COMMANDS, load
from ketacare.science.monitoring.events import KINDS
from ketacare.science.monitoring.policy import LEVELS
from ketacare.science.monitoring.timeline import TRANSITIONS
from tests.contract.documents import PAGES, ROOT, blocks, commands, links, places, rows, short, text_of

README = ROOT / "README.md"
GLOSSARY = ROOT / "docs/glossary.md"
IMAGES = sorted((ROOT / "docs/images").glob("*"))
IMAGE_BYTES, ALL_IMAGES_BYTES = 200_000, 1_500_000
MANUAL = {"tutorials", "how-to", "explanation", "reference", "decisions"}

# tables whose word is another than their name
WORD_OF = {
    "LogInInvitation": "log-in invitation",
    "AuditSeal": "seal",
    "CapacityAssessment": "capacity",
    "CheckIn": "check-in",
    "CheckInScale": "check-in scale",
    "ClearanceRecord": "clearance",
    "ConsentWithdrawal": "withdrawal",
    "CountedLot": "counted lot",
    "CoursePlan": "plan",
    "DeviceClock": "skew",
    "Draft": "draft (of a note)",
    "PatientIdentifier": "identifier",
    "ReconciledMedicine": "reconciliation (of medicines)",
    "Reconciliation": "reconciliation (of medicines)",
    "SessionEvent": "event",
    "ShareWithdrawal": "withdrawal",
    "WantedSessionEnd": "wanted session",
}


def test_every_link_leads_to_a_page_of_ours_and_to_a_heading_that_is_there():
    dead = [
        f"{short(one.page)}: {one.target}"
        for one in links()
        if not one.is_elsewhere and (not one.path.exists() or (one.place and one.place not in places(one.path)))
    ]
    assert not dead


def test_every_image_says_in_words_what_it_shows_and_none_is_left_over():
    shown = [one for one in links() if one.is_image]
    assert [one.target for one in shown if not one.words] == []
    assert {one.path for one in shown} >= set(IMAGES)


def test_images_are_small():
    sizes = {path.name: path.stat().st_size for path in IMAGES}
    assert {name: size for name, size in sizes.items() if size > IMAGE_BYTES} == {}
    assert sum(sizes.values()) <= ALL_IMAGES_BYTES


def parser_of(name: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"ketacare {name}")
    load(name).add_arguments(parser)
    return parser


@pytest.mark.parametrize("command", commands("ketacare"), ids=str)
def test_every_command_shown_is_one_that_the_software_takes(command):
    name, *arguments = command.words
    if name.startswith("-"):
        assert name in ("--help", "--version")
        return
    assert name in COMMANDS | CLINIC_COMMANDS
    if arguments == ["--help"]:
        return
    complaint = io.StringIO()
    try:
        with contextlib.redirect_stderr(complaint):
            parser_of(name).parse_args(arguments)
    except SystemExit:
        pytest.fail(complaint.getvalue())


@pytest.mark.parametrize("command", commands("./run"), ids=str)
def test_every_verb_shown_is_one_of_the_door(command):
    verbs = re.findall(r"^    ([a-z]+)\)", (ROOT / "run").read_text("utf-8"), re.MULTILINE)
    assert command.words[0] in verbs


def test_the_readme_opens_with_the_two_commands():
    first_screen = "\n".join(text_of(README).splitlines()[:24])
    assert "./run demo" in first_screen
    assert "./run test" in first_screen


@pytest.mark.parametrize(
    ("page", "code"), list(blocks("python runnable")), ids=lambda one: one.stem if one in PAGES else ""
)
def test_every_example_runs_and_prints_what_the_page_says(page, code):
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, str(page), "exec"), {})  # our own page
    assert printed.getvalue() in [body for where, body in blocks("text") if where == page] + [""]


def test_every_setting_that_a_page_names_exists():
    sample = set(re.findall(r"^(KETACARE_[A-Z_]+)=", (ROOT / "dotenv-sample").read_text("utf-8"), re.MULTILINE))
    code = "\n".join(path.read_text("utf-8") for top in ("src", "tests") for path in (ROOT / top).rglob("*.py"))
    known = sample | set(re.findall(r"KETACARE_[A-Z_]+", code))
    named = {
        name.removesuffix("_FILE")
        for page in PAGES
        for name in re.findall(r"KETACARE_[A-Z]+(?:_[A-Z]+)*", text_of(page))
    }
    assert named - known == set()


def test_the_manual_has_its_parts():
    assert {path.name for path in (ROOT / "docs").iterdir() if path.is_dir()} >= MANUAL
    decided = [path.name for path in (ROOT / "docs/decisions").glob("0*.md")]
    assert len(decided) >= 3
    listed = text_of(ROOT / "docs/decisions/README.md")
    assert [name for name in decided if f"({name})" not in listed] == []


def test_every_page_is_linked_from_another_one():
    linked = {one.path for one in links() if one.path != one.page}
    entrances = {README, *(ROOT / "docs/decisions").glob("*.md")}
    generated = set((ROOT / "docs/reference").rglob("*.md"))
    assert [short(page) for page in PAGES if page not in linked | entrances | generated] == []


def test_the_changelog_has_this_version():
    assert re.search(rf"^## {re.escape(ketacare.__version__)}\b", text_of(ROOT / "CHANGELOG.md"), re.MULTILINE)


def glossary() -> list[str]:
    """Every word of the glossary, lower case."""
    return [word.strip().lower() for row in rows(GLOSSARY)[1:] for word in row[0].split(",")]


def test_the_glossary_has_each_word_once_and_in_order():
    assert glossary() == sorted(set(glossary()), key=lambda word: (first_of(word), word))


def first_of(word: str) -> str:
    """The word by which a row is ordered: its first one."""
    return next(row[0].partition(",")[0].lower() for row in rows(GLOSSARY) if word in row[0].lower().split(", "))


def test_the_glossary_rows_are_whole():
    assert [row for row in rows(GLOSSARY) if len(row) != 3 or not row[0] or not row[1]] == []


def words_of(name: str) -> str:
    return WORD_OF.get(name) or re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()


def test_the_glossary_knows_the_word_of_every_table():
    ours = {model.__name__ for model in apps.get_models() if model.__module__.startswith("ketacare.")}
    assert {name for name in ours if words_of(name) not in glossary()} == set()
    assert WORD_OF.keys() <= ours


def test_the_glossary_knows_roles_statuses_levels_and_kinds_of_events():
    said = text_of(GLOSSARY).lower()
    named = [*Role.values, *COURSE_TRANSITIONS, *TRANSITIONS, *LEVELS, *KINDS]
    assert [name for name in named if str(name).replace("-", " ") not in said.replace("-", " ")] == []
