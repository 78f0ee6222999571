"""What patients read is there in Spanish: every wrapped text, none of it guessed, and compiled as it is written."""

import gettext
import re
from pathlib import Path

import pytest
from babel.messages.catalog import Message

from ketacare.science.scales.alerting import crisis_lines
from tests.house import messages

TEMPLATES = sorted(messages.SOURCE.rglob("templates/**/*.html"))
FOR_PATIENTS = ("public/base.html", "portal/base.html")
EXTENDS = re.compile(r'{%\s*extends\s+"([^"]+)"')
INCLUDES = re.compile(r'{%\s*include\s+"([^"]+)"')
WRAPPED = re.compile(
    r"{%\s*blocktranslate.*?{%\s*endblocktranslate\s*%}|{%\s*comment.*?{%\s*endcomment\s*%}", re.DOTALL
)
CODE = re.compile(r"{%.*?%}|{{.*?}}|{#.*?#}", re.DOTALL)
SPOKEN = re.compile(r'(?:aria-label|alt|title|placeholder)="([^"]*)"')
TAG = re.compile(r"<[^>]*>")
PLACEHOLDER = re.compile(r"%\(\w+\)s|{\w+}")


def every_text() -> list[tuple[str, Message]]:
    rooms = messages.rooms()
    return [(room.name, message) for room in rooms for message in messages.merged(room) if message.id]


def forms(text: str | tuple[str, ...] | None) -> tuple[str, ...]:
    """A text, or its singular and plural."""
    return tuple(text) if isinstance(text, tuple | list) else (text or "",)


@pytest.fixture(scope="module")
def texts() -> list[tuple[str, Message]]:
    return every_text()


def test_every_text_that_patients_read_has_a_spanish_translation_that_somebody_wrote(texts):
    missing = [(room, one.id) for room, one in texts if one.fuzzy or not all(forms(one.string))]
    assert not missing, "write them into the room's locale/es/LC_MESSAGES/django.po, then ./run messages"


def test_a_translation_keeps_every_value_of_its_text(texts):
    for room, one in texts:
        named = set(PLACEHOLDER.findall(" ".join(forms(one.id))))
        for text in forms(one.string):
            assert set(PLACEHOLDER.findall(text)) == named or isinstance(one.id, tuple), (room, one.id)


@pytest.mark.parametrize(
    "room", [one for one in messages.rooms() if messages.po_of(one).is_file()], ids=lambda p: p.name
)
def test_what_is_compiled_is_what_is_written(room):
    with messages.po_of(room).with_suffix(".mo").open("rb") as file:
        compiled = {key: text for key, text in gettext.GNUTranslations(file)._catalog.items() if key}
    written = {}
    for one in messages.written(room):
        for number, text in enumerate(forms(one.string)) if one.id else ():
            key = one.id if isinstance(one.id, str) else (one.id[0], number)
            written[f"{one.context}\x04{key}" if one.context else key] = text
    assert compiled == written, "./run messages"


@pytest.mark.parametrize("room", messages.rooms(), ids=lambda p: p.name)
def test_no_translation_is_left_of_a_text_that_is_gone(room):
    known = {one.id for one in messages.merged(room)}
    assert {one.id for one in messages.written(room)} <= known, "./run messages"


def test_how_a_crisis_line_is_reached_is_translated(texts):
    known = {one.id for _, one in texts}
    for country in crisis_lines().countries.values():
        for line in country.lines:
            assert {line.reach, line.hours} <= known, line


def parts(path: Path) -> set[Path]:
    """A template with all it includes."""
    found = {path}
    for name in INCLUDES.findall(path.read_text(encoding="utf-8")):
        found |= {part for one in TEMPLATES if one.as_posix().endswith(f"templates/{name}") for part in parts(one)}
    return found


def is_for_patients(path: Path) -> bool:
    """Whether a page stands on a base that is made for patients."""
    above = EXTENDS.search(path.read_text(encoding="utf-8"))
    if above is None:
        return path.as_posix().endswith(FOR_PATIENTS)
    base = [one for one in TEMPLATES if one.as_posix().endswith(f"templates/{above[1]}")]
    return above[1] in FOR_PATIENTS or any(map(is_for_patients, base))


PAGES = sorted({part for page in TEMPLATES if is_for_patients(page) for part in parts(page)})


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(messages.SOURCE).as_posix())
def test_a_page_for_patients_has_no_word_that_is_not_wrapped(path):
    text = CODE.sub("", WRAPPED.sub("", path.read_text(encoding="utf-8")))
    for spoken in SPOKEN.findall(text):
        assert not re.search(r"[A-Za-z]{2}", spoken), spoken
    bare = TAG.sub(" ", text)
    assert not re.search(r"[A-Za-z]{2,}", bare.replace("&nbsp;", "")), bare.split()
