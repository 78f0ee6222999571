"""``ketacare screen --many``: a rulebook applied to a file of patients at once."""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from ketacare.science import rules
from ketacare.science.errors import BadFacts, ScienceError
from ketacare.science.rules import population
from ketacare.science.rules.clearances import Clearance
from ketacare.science.rules.facts_file import PatientFacts
from ketacare.science.rules.facts_rows import Rows
from ketacare.science.rules.population import Screened

MOST = 10  # rules shown
HELP = """a file of patients, one a line: CSV with a column for each fact (an empty cell is a missing fact, a list is a;b or none, and a
column `patient` says who it is), or JSON lines of facts as FACTS has them"""


def told(path: Path, *, book: rules.Book, on: datetime, policy: rules.Policy | None, as_json: bool) -> Iterator[str]:
    """Yield what the book says of a file of patients, line by line; raises ScienceError with every problem of the file."""
    rows = Rows(book=book, on=on, place=str(path))
    clearances: dict[int, tuple[Clearance, ...]] = {}
    with path.open(encoding="utf-8-sig", newline="") as text:
        patients = rows.of_table(text) if path.suffix.lower() == ".csv" else rows.of_lines(text)
        facts = (one.facts for one in _noting_clearances(patients, clearances))
        try:
            found = population.screen(book, facts, on=on, policy=policy, clearances=clearances, called=rows.called)
        except BadFacts as bad:
            raise ScienceError([*rows.problems, *bad.problems]) from bad
    if rows.problems:
        raise ScienceError(rows.problems)
    yield from _each(found, rows) if as_json else _counted(book, found)


def _noting_clearances(
    patients: Iterator[PatientFacts], clearances: dict[int, tuple[Clearance, ...]]
) -> Iterator[PatientFacts]:
    for place, patient in enumerate(patients):
        if patient.clearances:
            clearances[place] = patient.clearances
        yield patient


def _each(found: Screened, rows: Rows) -> Iterator[str]:
    urgent = set(population.patients_on(found.urgent))
    for place, (disposition, fires, unknown) in enumerate(found.each()):
        said = {"disposition": disposition, "fires": fires, "unknown": unknown, "urgent": place in urgent}
        yield json.dumps({"patient": rows.labels[place], **said})


def _counted(book: rules.Book, found: Screened) -> Iterator[str]:
    reviewed = "reviewed" if book.review.status == "reviewed" else "not reviewed by a clinician"
    yield f"{found.size:,} patients   ({book.title}, version {book.version}, {reviewed}; decision support only)"
    yield from (_line(name, count, found.size) for name, count in found.counts().items())
    if found.urgent:
        yield f"URGENT: a clinician must be called now about {found.urgent.bit_count():,}."
    for title, planes in (
        ("Rules that fire most", found.fires),
        ("Rules that most often cannot be judged", found.unknown),
    ):
        counted = sorted(
            ((plane.bit_count(), rule) for rule, plane in planes.items() if plane), key=lambda one: -one[0]
        )
        if counted:
            yield from ("", title)
        for count, rule in counted[:MOST]:
            yield f"{_line(rule, count, found.size)}  {book.rule(rule).severity}: {book.rule(rule).statement}"


def _line(name: str, count: int, size: int) -> str:
    return f"  {name:28}{count:>10,}{count / size if size else 0:>7.0%}"
