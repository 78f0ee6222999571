"""``./run messages``: every wrapped text of every room into its Spanish .po, and that into the .mo that Django reads.

No system tools: Django turns a template into text that Babel can read. A text that is new comes without a translation and
fails the house test until somebody writes one; nothing is guessed from a text that looks alike.
"""

from datetime import UTC, datetime
from io import BytesIO, StringIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

SOURCE = Path(__file__).resolve().parents[2] / "src/ketacare"
LANGUAGE = "es"
LAZY = {
    "gettext_lazy": None,
    "gettext_noop": None,
    "noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
}
KEYWORDS = DEFAULT_KEYWORDS | LAZY
ALWAYS = datetime(2026, 1, 1, tzinfo=UTC)  # a .mo with the hour in it would differ each time
HEADER = """# Texts that patients read, in Spanish. Written and compiled by ./run messages.
msgid ""
msgstr ""
"Language: es\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural=n != 1;\\n"

"""


def rooms() -> list[Path]:
    """Every folder that may hold texts: the packages of the rooms."""
    return sorted(path for path in SOURCE.iterdir() if (path / "__init__.py").is_file() and path.name != "science")


def po_of(room: Path) -> Path:
    return room / "locale" / LANGUAGE / "LC_MESSAGES/django.po"


def texts(room: Path) -> Catalog:
    """The wrapped texts of a room, from its templates and its code, without translations."""
    catalog = Catalog(locale=LANGUAGE)
    for path in sorted([*room.rglob("*.py"), *room.glob("templates/**/*.*")]):
        for _, message, _, context in extract("python", BytesIO(as_python(path).encode()), keywords=KEYWORDS):
            catalog.add(message, context=context)
    return catalog


def as_python(path: Path) -> str:
    """A file as Babel's reader of Python takes it; of a template only what is wrapped is left."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return text
    return "\n".join(line.strip() for line in templatize(text, origin=path.as_posix()).splitlines())


def written(room: Path) -> Catalog:
    """What the room's .po says; nothing where it has none."""
    path = po_of(room)
    return read_po(StringIO(path.read_text(encoding="utf-8")), locale=LANGUAGE) if path.is_file() else Catalog(LANGUAGE)


def merged(room: Path) -> Catalog:
    """The room's texts with the translations that stand; what nobody wraps any more is left out."""
    found, kept = texts(room), written(room)
    for message in list(found):
        known = kept.get(message.id, context=message.context)
        if known is not None and message.id:
            message.string, message.flags = known.string, known.flags
    return found


def update(room: Path) -> None:
    """Write a room's .po and .mo; a room without wrapped texts has neither."""
    catalog, path = merged(room), po_of(room)
    if not any(message.id for message in catalog):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = BytesIO()
    write_po(lines, catalog, omit_header=True, no_location=True, sort_output=True, width=120)
    path.write_text(HEADER + lines.getvalue().decode(), encoding="utf-8")
    compiled = written(room)
    compiled.creation_date = compiled.revision_date = ALWAYS
    with path.with_suffix(".mo").open("wb") as file:
        write_mo(file, compiled)


if __name__ == "__main__":
    for each in rooms():
        update(each)
