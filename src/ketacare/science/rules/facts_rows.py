"""Files of many patients' facts: a table with a column for each fact, or a JSON object a line."""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date

from ketacare.science.errors import BadFacts, BadReference, Problem
from ketacare.science.rules.book import Book
from ketacare.science.rules.catalogue import catalogue
from ketacare.science.rules.facts_file import PatientFacts, facts_of
from ketacare.science.rules.fields import Field, did_you_mean

LABEL = "patient"  # the column, or the key, that says who it is; the others are facts
YES_NO: Mapping[str, bool] = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
NONE, BETWEEN = "none", ";"  # how a cell says that a list is empty, and what stands between its members


@dataclass(kw_only=True, slots=True)
class Rows:
    """Patients as they are read, one after the other; who they are and what was wrong is known once they have been read.

    ``labels`` and ``lines``: by the patient's place. ``problems``: lines that hold no patient.
    """

    book: Book
    on: date
    place: str
    labels: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def called(self, patient: int) -> str:
        """Return where a patient stands in the file."""
        return f"{self.place}: line {self.lines[patient]}"

    def of_table(self, text: Iterable[str]) -> Iterator[PatientFacts]:
        """Yield the patients of comma-separated values; the first line names the facts, an empty cell is a missing fact.

        A list is given as ``opioid;lithium`` or ``none``, a number of days since something also as the date of it.

        Raises:
            BadFacts: every column that is no fact, or is there twice.
        """
        reader = csv.DictReader(text, strict=True)
        fields = self._columns(reader.fieldnames or [])
        for row in reader:
            if None in row:
                self._wrong(reader.line_num, "has more cells than there are columns")
                continue
            facts = {name: _cell(row[name], of) for name, of in fields.items()}
            self._took(reader.line_num, row.get(LABEL))
            yield PatientFacts(facts=facts, clearances=())

    def of_lines(self, text: Iterable[str]) -> Iterator[PatientFacts]:
        """Yield the patients of JSON lines: each what a facts file of one patient holds, clearances too."""
        for number, line in enumerate(text, start=1):
            if not line.strip():
                continue
            try:
                tree = json.loads(line)
                label = tree.pop(LABEL, None) if isinstance(tree, dict) else None
                patient = facts_of(tree, place=f"{self.place}: line {number}", book=self.book, on=self.on)
            except json.JSONDecodeError as error:
                self._wrong(number, f"is not JSON: {error}")
            except BadReference as bad:
                self.problems += bad.problems
            else:
                self._took(number, label)
                yield patient

    def _columns(self, names: Iterable[str]) -> dict[str, Field]:
        listed = list(names)
        known = {**catalogue(), **self.book.fields}
        fields = {name: known[full] for name in listed if (full := self.book.fact_name(name)) in known}
        wrong = [name for name in listed if name not in fields and name != LABEL]
        problems = [
            Problem(place=f"{self.place}: {name}", says=f"unknown fact{did_you_mean(name, known)}") for name in wrong
        ]
        problems += [
            Problem(place=f"{self.place}: {name}", says="is there twice") for name in fields if listed.count(name) > 1
        ]
        if problems:
            raise BadFacts(problems)
        return fields

    def _took(self, line: int, label: object) -> None:
        self.lines.append(line)
        self.labels.append(str(line if label in (None, "") else label))

    def _wrong(self, line: int, says: str) -> None:
        self.problems.append(Problem(place=f"{self.place}: line {line}", says=says))


def _cell(text: str | None, of: Field) -> object:
    """Return a cell as its fact is given; one that does not read so stays text, for the evaluation to refuse."""
    told = (text or "").strip()
    if not told:
        return None
    match of.type:
        case "bool":
            return YES_NO.get(told.lower(), told)
        case "list":
            return [] if told.lower() == NONE else [one.strip() for one in told.split(BETWEEN)]
        case "int" | "float":
            with suppress(ValueError):
                return int(told) if of.type == "int" else float(told)
            with suppress(ValueError):
                return date.fromisoformat(told)
    return told
