"""Writes docs/reference/ from the code and the data: ``./run docs``. A test holds the pages to what they are made from."""

import io
import os
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from ketacare.clinic.permissions import PERMISSIONS
from ketacare.config.cli import CLINIC_COMMANDS, COMMANDS, main
from ketacare.science import reference, rules
from ketacare.science.rules import Book, Rule
from ketacare.science.scales import library

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT / "docs/reference"
CASES = ROOT / "tests/spec/rules"
NOTICE = "<!-- Written by ./run docs from the code and the data; do not edit. -->\n\n"


def pages() -> dict[str, str]:
    """Every page of the reference, by its path below docs/reference."""
    made: dict[str, Callable[[], str]] = {
        "commands.md": commands,
        "data.md": data,
        "permissions.md": permissions,
        "scales.md": scales,
        "settings.md": settings,
        "sources.md": sources,
    }
    books = {f"rulebooks/{name}.md": rulebook(rules.load(name)) for name in rules.names()}
    return {name: NOTICE + write() for name, write in made.items()} | {
        name: NOTICE + text for name, text in books.items()
    }


def table(head: list[str], rows: Iterator[list[object]]) -> str:
    """A table; bars inside a cell are escaped."""
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += [
        "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in rows
    ]
    return "\n".join(lines) + "\n"


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
    """Every source that the data rest on."""
    rows = ([key, one.ref, one.url or "–", one.mark, one.scope] for key, one in sorted(reference.sources().items()))
    marks = (
        "Marks: *seen* = its text was read; *recalled* = from memory; *default* = our own choice; *mixed* = both.\n\n"
    )
    return "# Sources\n\n" + marks + table(["Key", "What", "Where", "Mark", "Scope"], iter(rows))


def rulebook(book: Book) -> str:
    """A rulebook as its manual page."""
    cases = cases_by_rule(book.id)
    intro = (
        f"# {book.title}\n\n`{book.id}` version {book.version}, {len(book.rules)} rules, review: {book.review.status}."
        " The software explains; a clinician decides.\n\n"
    )
    severities = ([name, one.meaning, one.override or "each rule says"] for name, one in book.severities.items())
    params = (
        [f"`{name}`", f"{one.default:g}", one.unit, f"{one.bounds[0]:g} to {one.bounds[1]:g}", one.stricter, one.note]
        for name, one in book.params.items()
    )
    return (
        intro
        + "## Severities\n\n"
        + table(["Severity", "Meaning", "Going on against it"], severities)
        + "\n## Numbers that a site may tighten\n\n"
        + table(["Parameter", "Default", "Unit", "Bounds", "Stricter", "Note"], params)
        + "\n## Rules\n\n"
        + "".join(rule_text(one, cases.get(one.id, [])) for one in book.rules)
    )


def rule_text(rule: Rule, cases: list[str]) -> str:
    """One rule on the manual page."""
    stated = rule.stated
    lines = [
        f"### {rule.id}",
        "",
        stated.statement,
        "",
        f"- Severity: {rule.severity}{', temporary' if stated.temporary else ''}{', urgent' if rule.urgent else ''}",
        f"- When: `{condition(stated.when)}`",
        f"- Going on against it: {rule.override}",
        *([f"- Cleared by: {', '.join(rule.cleared_by)}"] if rule.cleared_by else []),
        *([f"- Usual next step: {', '.join(stated.advice)}"] if stated.advice else []),
        f"- Evidence: {stated.evidence}; certainty: {stated.certainty}; sources: {', '.join(rule.sources)}",
        *([f"- Note: {stated.note}"] if stated.note else []),
        *([f"- Disputed: {stated.disagree}"] if stated.disagree else []),
        f"- Cases in which it fires: {', '.join(cases) if cases else 'none yet'}",
        "",
        "",
    ]
    return "\n".join(lines)


def condition(when: Any) -> str:
    """A condition of the data in one line."""
    match when:
        case {"any": members}:
            return " or ".join(f"({condition(one)})" if "all" in one else condition(one) for one in members)
        case {"all": members}:
            return " and ".join(f"({condition(one)})" if "any" in one else condition(one) for one in members)
        case {"f": fact, "op": op, "param": param}:
            return f"{fact} {op} {param}"
        case {"f": fact, "op": op, "value": value}:
            return f"{fact} {op} {value}"
        case {"f": fact, "op": op}:
            return f"{fact} {op}"
    raise ValueError(f"not a condition: {when}")


def cases_by_rule(book_id: str) -> dict[str, list[str]]:
    """Rule -> the cases of the clinicians' files in which it fires."""
    path = CASES / f"{book_id}.yaml"
    tree = reference.parse_yaml(path.read_text("utf-8"), place=path.name)
    found: dict[str, list[str]] = {}
    for case in cases_in(tree):
        expected = case["expect"]
        for rule in [*(expected.get("fires") or []), *(expected.get("must_fire") or [])]:
            found.setdefault(rule, []).append(case["id"])
    return found


def cases_in(tree: Any) -> Iterator[dict[str, Any]]:
    """Every mapping of a tree that is a case: it has an id and an expectation."""
    if isinstance(tree, dict):
        if "expect" in tree and "id" in tree:
            yield tree
        for value in tree.values():
            yield from cases_in(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from cases_in(value)


def write() -> None:
    """Write every page."""
    for name, text in pages().items():
        path = REFERENCE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(ROOT))
