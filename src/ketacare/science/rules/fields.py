"""What a fact is: its type, unit, values and range, how long it stays fresh, who can supply it."""

import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from reprlib import repr  # stays short, however big the value
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, model_validator
from pydantic import Field as Key

from ketacare.science.reference import Frozen, Mark
from ketacare.science.rules.conditions import Value

# How long a value stays fresh. Days, seconds and `same day` are judged here; these by whoever knows the session or the course:
_SCOPES = {
    "always",
    "session",
    "order",
    "course",
    "until changed",
    "until next session",
    "until closed",
    "one scheduled interval late",
}
_SECONDS = {"s": 1, "min": 60}


@dataclass(frozen=True, kw_only=True, slots=True)
class Freshness:
    """After how many calendar days or seconds a value counts as missing; neither: somebody else judges."""

    says: str
    days: int | None = None
    seconds: int | None = None


def _freshness(text: object) -> Freshness:
    says = str(text)
    amount, _, unit = says.partition(" ")
    if says == "same day":
        return Freshness(says=says, days=0)
    if says in _SCOPES:
        return Freshness(says=says)
    if amount.isdecimal() and unit == "days":
        return Freshness(says=says, days=int(amount))
    if amount.isdecimal() and unit in _SECONDS:
        return Freshness(says=says, seconds=int(amount) * _SECONDS[unit])
    raise ValueError(f"{says!r} is not understood: N days, N min, N s, same day, {', '.join(sorted(_SCOPES))}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Fact:
    """A named value with its evidence: when it was true and where it comes from.

    ``complete=False`` marks an open list, as a record gives it: at least these, perhaps more.
    """

    name: str
    value: Value | date | list[str] | None
    unit: str | None = None
    as_of: date | datetime | None = None
    source: str = ""
    complete: bool = True


def day_or_moment(value: object) -> object:
    """Return a date or time that JSON had to write as text; anything else as it is."""
    if not isinstance(value, str):
        return value
    return datetime.fromisoformat(value) if len(value) > len("2000-01-01") else date.fromisoformat(value)


Moment = Annotated[datetime | date, BeforeValidator(day_or_moment)]


class FactShape(Frozen):
    """A fact with its evidence, as a file or a record states it."""

    value: Any
    unit: str | None = None
    as_of: Moment | None = None
    source: str = ""
    complete: bool = True

    def named(self, name: str) -> Fact:
        """Return the fact."""
        return Fact(
            name=name,
            value=self.value,
            unit=self.unit,
            as_of=self.as_of,
            source=self.source,
            complete=self.complete,
        )


def with_evidence(name: str, entry: object, field: "Field | None") -> Any:
    """Return what a file says of a fact: a plain value, a Fact with its evidence, or a list of these from several sources.

    What is not understood stays as it is, for the evaluation to refuse. A file without dates (JSON) gives the date of something as text.
    """
    if isinstance(entry, list) and entry and all(isinstance(one, dict) for one in entry):
        return [with_evidence(name, one, field) for one in entry]
    try:
        if isinstance(entry, dict):
            fact = FactShape.model_validate(entry).named(name)
            return replace(fact, value=with_evidence(name, fact.value, field))
        return day_or_moment(entry) if field is not None and field.counts_days else entry
    except ValueError:
        return entry


class Code(Frozen):
    """A code of the fact in a public terminology."""

    code: str
    mark: Mark
    name: str = ""


class Field(Frozen):
    """One fact as a rulebook declares it."""

    type: Literal["bool", "int", "float", "enum", "list", "text"]
    supplied_by: Literal["self", "patient", "clin", "nurse", "lab", "device", "derived", "site"] = Key(alias="from")
    fresh_for: Annotated[Freshness, BeforeValidator(_freshness)]
    unit: str | None = None
    values: tuple[str | int, ...] | None = Key(default=None, strict=False)
    range: tuple[float, float] | None = Key(default=None, strict=False)
    ask: str = ""
    note: str = ""
    derived: str = ""
    jurisdiction: str | None = None
    loinc: tuple[Code, ...] = Key(default=(), strict=False)

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        if self.type in ("enum", "list") and not self.values:
            raise ValueError(f"a field of type {self.type} needs its values")
        if self.type in ("int", "float") and not (self.range or self.values):
            raise ValueError("a number needs its range")
        if self.range and self.range[0] > self.range[1]:
            raise ValueError("the range ends before it begins")
        return self

    def same_meaning(self, other: "Field") -> bool:
        """Return whether two books mean the same fact (freshness and notes may differ)."""
        return (self.type, self.unit, self.values, self.range) == (other.type, other.unit, other.values, other.range)

    def complaint(self, value: object) -> str | None:
        """Return what is wrong with a value, or None."""
        match self.type:
            case "bool":
                return None if isinstance(value, bool) else f"must be true or false, not {repr(value)}"
            case "text":
                return None if isinstance(value, str) else f"must be text, not {repr(value)}"
            case "enum":
                return None if isinstance(value, str) and value in self.allowed else self._not_one_of(value)
            case "list":
                return self._list_complaint(value)
            case _:
                return self._number_complaint(value)

    @property
    def counts_days(self) -> bool:
        """Whether it counts the days since something, so that the date of it may be given instead."""
        return self.type == "int" and self.unit == "days"

    @property
    def allowed(self) -> tuple[str | int, ...]:
        """The values that may be given, where they are listed."""
        return self.values or ()

    def _not_one_of(self, value: object) -> str:
        return f"must be one of {', '.join(map(str, self.allowed))}, not {repr(value)}"

    def _list_complaint(self, value: object) -> str | None:
        if not isinstance(value, list | tuple):
            return f"must be a list, not {repr(value)}"
        wrong = [one for one in value if not isinstance(one, str) or one not in self.allowed]
        return f"{repr(wrong)[1:-1]} not among {', '.join(map(str, self.allowed))}" if wrong else None

    def _number_complaint(self, value: object) -> str | None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return f"must be a number, not {repr(value)}"
        if self.type == "int" and not isinstance(value, int):
            return f"must be a whole number, not {repr(value)}"
        if self.values is not None:
            return None if value in self.values else self._not_one_of(value)
        low, high = self.range or (-math.inf, math.inf)
        if not low <= value <= high:
            return f"must lie between {low:g} and {high:g}{f' {self.unit}' if self.unit else ''}, not {repr(value)}"
        return None


def counted(field: Field, value: object, *, on: date | None) -> object:
    """Return the value as the book counts it: a date given for a number of days becomes the days since, on the day of evaluation."""
    if on is not None and field.counts_days and isinstance(value, date):
        day = value.date() if isinstance(value, datetime) else value
        return (_day(on) - day).days
    return tuple(value) if isinstance(value, list) else value


def staleness(field: Field, fact: Fact, *, on: date | None) -> Literal["fresh", "stale", "ahead", "no time"]:
    """Return whether a dated value still counts on a day or at a moment; ``ahead``: it lies in the future."""
    as_of = fact.as_of
    if as_of is None or on is None:
        return "fresh"
    if isinstance(as_of, datetime) and isinstance(on, datetime):
        if (as_of.tzinfo is None) != (on.tzinfo is None):
            return "no time"
        if as_of > on:
            return "ahead"
        if field.fresh_for.seconds is not None:
            return "stale" if on - as_of > timedelta(seconds=field.fresh_for.seconds) else "fresh"
        as_of = as_of.astimezone(on.tzinfo)
    elif field.fresh_for.seconds is not None:
        return "no time"
    age = (_day(on) - _day(as_of)).days
    if age < 0:
        return "ahead"
    return "stale" if field.fresh_for.days is not None and age > field.fresh_for.days else "fresh"


def _day(moment: date) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def did_you_mean(name: str, known: Mapping[str, object]) -> str:
    """Return a hint for a name that nobody knows."""
    near = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]}?" if near else ""
