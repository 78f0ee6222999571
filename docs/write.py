"""Writes docs/reference/ from the code and the data: ``./run docs``. A test holds the pages to what they are made from."""

import io
import os
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path

from docs import alerts, effects, facts, models, protocols, rulebook, validation
from docs.tables import table
from ketacare.clinic.permissions import PERMISSIONS
from ketacare.config.cli import CLINIC_COMMANDS, COMMANDS, main
from ketacare.science import reference, rules
from ketacare.science.scales import library

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT / "docs/reference"
NOTICE = "<!-- Written by ./run docs from the code and the data; do not edit. -->\n\n"


def pages() -> dict[str, str]:
    """Every page of the reference, by its path below docs/reference."""
    made: dict[str, Callable[[], str]] = {
        "alerts.md": alerts.page,
        "codes.md": facts.code_tables,
        "commands.md": commands,
        "data.md": data,
        "effects.md": effects.page,
        "facts.md": facts.catalogue,
        "models.md": models.page,
        "permissions.md": permissions,
        "protocols.md": protocols.page,
        "scales.md": scales,
        "settings.md": settings,
        "sources.md": sources,
        "validation.md": validation.page,
    }
    books = {f"rulebooks/{name}.md": rulebook.page(rules.load(name)) for name in rules.names()}
    return {name: NOTICE + write() for name, write in made.items()} | {
        name: NOTICE + text for name, text in books.items()
    }


def commands() -> str:
    """What ``--help`` says of each command."""
    os.environ["COLUMNS"] = "100"
    return "# Commands\n\n" + "".join(
        f"## ketacare {name}\n\n```text\n{help_of(name)}```\n\n" for name in sorted(COMMANDS | CLINIC_COMMANDS)
    )


def help_of(name: str) -> str:
    """The help of one command."""
    said = io.StringIO()
    with redirect_stdout(said):
        try:
            main([name, "--help"])
        except SystemExit:
            return said.getvalue()
    return said.getvalue()


def data() -> str:
    """Every reference file with its digest."""
    rows = (line.split() for line in reference.lock_text().splitlines())
    return "# Reference data\n\nA released file never changes; a correction is its next version.\n\n" + table(
        ["File", "Version", "SHA-256"], (list(row) for row in rows)
    )


def permissions() -> str:
    """The matrix: who may."""
    rows = ([f"`{name}`", ", ".join(sorted(holders))] for name, holders in sorted(PERMISSIONS.items()))
    return (
        "# Permissions\n\nWhat is not here is not allowed. Staff hold a permission at their own sites only.\n\n"
        + table(["Permission", "Who holds it"], iter(rows))
    )


def scales() -> str:
    """The scales that are shipped."""
    shown = [library.load(name) for name in library.shipped()]
    rows = (
        [f"`{one.id}` {one.version}", one.name, len(one.items), one.review.status, ", ".join(one.sources)]
        for one in shown
    )
    return "# Scales\n\n" + table(["Id", "Name", "Items", "Review", "Sources"], iter(rows))


def settings() -> str:
    """What an operator may set."""
    return "# Settings\n\nRead from the environment.\n\n```sh\n" + (ROOT / "dotenv-sample").read_text("utf-8") + "```\n"


def sources() -> str:
    """Every source that the data rest on, each under a heading of its own that the rules link to."""
    marks = "Marks: *seen* = its text was read; *recalled* = from memory; *default* = our own choice; *mixed* = both."
    each = (
        f"## {key}\n\n{one.ref}\n\n- Where: {one.url or 'nowhere to link to'}\n- Mark: {one.mark}\n- What was read: {one.scope}\n"
        for key, one in sorted(reference.sources().items())
    )
    return "\n".join(["# Sources\n", f"{marks}\n", *each])


def write() -> None:
    """Write every page."""
    for name, text in pages().items():
        path = REFERENCE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(ROOT))
