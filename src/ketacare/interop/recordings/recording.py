"""A bedside recording as frozen rows, and the names that its format uses."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import cache
from typing import Annotated

from pydantic import Field, ValidationError

from ketacare.interop.errors import BadInput
from ketacare.science.errors import BadReference, Problem
from ketacare.science.reference import Frozen, Mark, Review, newest, problems_of, read_yaml

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,2})?")
MAX_DIGITS = 15
Names = Annotated[tuple[str, ...], Field(strict=False)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One value of a recording. ``device_time`` counts from the recording's own start."""

    device_time: timedelta
    parameter: str
    value: Decimal
    unit: str
    place: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Recording:
    """Everything a file holds, in order of time; nothing was left out that is not counted."""

    file: str
    started: str  # the recording's own words for its start; empty where it says none
    rows: tuple[Row, ...]
    left_out: Mapping[str, int]  # known names that are no bedside readings, and how many values each had


class Parameter(Frozen):
    """One of our names for a reading."""

    unit: str
    says: str


class Format(Frozen):
    """The names that one format uses."""

    mark: Mark
    sources: Names
    names: dict[str, str]
    left_out: Names


class Code(Frozen):
    """What a code of a message means to us."""

    means: str = Field(alias="is")
    mark: Mark
    name: str = ""


class Statuses(Frozen):
    """What the status of an observation says of its value."""

    mark: Mark
    taken: Names
    nothing_measured: Names
    never_done: dict[str, str]


class Messages(Frozen):
    """How HL7 v2 messages name what we read."""

    sources: Names
    loinc: dict[str, Code]
    mdc: dict[str, Code]
    units: dict[str, Names]
    statuses: Statuses
    flags_refused: dict[str, str]
    versions: Names
    charsets: dict[str, str]


class MonitorBook(Frozen):
    """The parsed ``data/codes/monitor_parameters``."""

    id: str
    version: int
    review: Review
    sources: Names
    parameters: dict[str, Parameter]
    formats: dict[str, Format]
    messages: Messages


@cache
def monitor_book() -> MonitorBook:
    """Return the newest table of monitor parameters, or raise BadReference."""
    file = newest("codes/monitor_parameters")
    try:
        book = MonitorBook.model_validate(read_yaml(file))
    except ValidationError as error:
        raise BadReference(problems_of(error, place=file)) from error
    used = {name: set(form.names.values()) for name, form in book.formats.items()}
    used["messages"] = {code.means for codes in (book.messages.loinc, book.messages.mdc) for code in codes.values()}
    for name, meant in used.items():
        if unknown := meant - book.parameters.keys():
            raise BadReference([Problem(place=f"{file}: {name}", says=f"no such parameter: {unknown}")])
    return book


@dataclass(kw_only=True)
class Draft:
    """A recording while it is read: rows and problems pile up, and it is finished only when there are no problems."""

    file: str
    format: Format
    started: str = ""

    def __post_init__(self) -> None:
        self.rows: list[Row] = []
        self.problems: list[Problem] = []
        self.left_out: dict[str, int] = {}

    def knows(self, name: str, *, line: int) -> bool:
        """Whether the format has this name; one that it has not is a problem."""
        if name in self.format.names or name in self.format.left_out:
            return True
        self.complain(line, f"{name!r} is no parameter of this format")
        return False

    def complain(self, line: int, says: str) -> None:
        self.problems.append(Problem(place=f"{self.file}: line {line}", says=says))

    def number(self, text: str, *, line: int, name: str) -> Decimal | None:
        """The number a cell holds; anything else is a problem."""
        if _NUMBER.fullmatch(text.strip()) and len(text.strip()) <= MAX_DIGITS:
            return Decimal(text.strip())
        self.complain(line, f"{name}: {text[:40]!r} is not a number")
        return None

    def add(self, name: str, value: Decimal, *, after: timedelta, line: int) -> None:
        """One value under the name that the format uses."""
        parameter = self.format.names.get(name)
        if parameter is None:
            self.left_out[name] = self.left_out.get(name, 0) + 1
            return
        unit = monitor_book().parameters[parameter].unit
        place = f"{self.file}: line {line}"
        self.rows.append(Row(device_time=after, parameter=parameter, value=value, unit=unit, place=place))

    def finish(self) -> Recording:
        """The recording, or BadInput with every problem."""
        if not self.problems and not self.rows:
            self.problems.append(Problem(place=self.file, says="holds no readings"))
        if self.problems:
            raise BadInput(self.problems)
        return Recording(file=self.file, started=self.started, rows=tuple(self.rows), left_out=dict(self.left_out))
