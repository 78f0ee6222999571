"""A cursor in a FHIR resource: every value is fetched by name, checked for its type, and knows its own place."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from ketacare.interop.errors import NotUnderstood
from ketacare.interop.json_text import Json

# What a stored decimal may look like; anything longer or wilder is not a measurement.
MAX_DIGITS = 30
MAX_EXPONENT = 18
_DATE = re.compile(
    r"(?P<year>[1-9]\d{3}|0\d{3})(-(?P<month>0[1-9]|1[0-2])(-(?P<day>0[1-9]|[12]\d|3[01])(?P<time>T.+)?)?)?"
)


@dataclass(frozen=True)
class Element:
    """One JSON object of a resource and its JSON pointer."""

    value: dict[str, Json]
    pointer: str

    def refuse(self, name: str, says: str) -> NotUnderstood:
        return NotUnderstood(f"{self.pointer}/{name}" if name else self.pointer, says)

    def has(self, name: str) -> bool:
        return self.value.get(name) is not None

    def child(self, name: str) -> "Element | None":
        """The object under a name, or None."""
        found = self.value.get(name)
        if found is None:
            return None
        if not isinstance(found, dict):
            raise self.refuse(name, "should be one object")
        return Element(found, f"{self.pointer}/{name}")

    def children(self, name: str) -> tuple["Element", ...]:
        """The objects of a list, or nothing."""
        found = self.value.get(name)
        if found is None:
            return ()
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            raise self.refuse(name, "should be a list of objects")
        return tuple(Element(one, f"{self.pointer}/{name}/{n}") for n, one in enumerate(found) if isinstance(one, dict))

    def string(self, name: str) -> str:
        """The text under a name, or the empty string."""
        found = self.value.get(name)
        if found is None:
            return ""
        if not isinstance(found, str):
            raise self.refuse(name, "should be text")
        return found.strip()

    def boolean(self, name: str) -> bool | None:
        found = self.value.get(name)
        if found is not None and not isinstance(found, bool):
            raise self.refuse(name, "should be true or false")
        return found

    def decimal(self, name: str) -> Decimal | None:
        """The exact number under a name, or None."""
        found = self.value.get(name)
        if found is None:
            return None
        if not isinstance(found, Decimal):
            raise self.refuse(name, "should be a number")
        if len(found.as_tuple().digits) > MAX_DIGITS or abs(found.adjusted()) > MAX_EXPONENT:
            raise self.refuse(name, "is not a number that a measurement can have")
        return found

    def moment(self, name: str) -> "Moment | None":
        """The date or time under a name, or None."""
        given = self.string(name)
        return None if not given else read_moment(given, lambda says: self.refuse(name, says))

    def walk(self) -> Iterator["Element"]:
        """This object and every object below it."""
        yield self
        for name, one in self.value.items():
            if isinstance(one, dict):
                yield from Element(one, f"{self.pointer}/{name}").walk()
            elif isinstance(one, list):
                for n, item in enumerate(one):
                    if isinstance(item, dict):
                        yield from Element(item, f"{self.pointer}/{name}/{n}").walk()


@dataclass(frozen=True)
class Moment:
    """A FHIR date or time: the earliest instant it can mean, and the words it was given in."""

    at: datetime
    given: str


def read_moment(given: str, refuse: Callable[[str], NotUnderstood]) -> Moment:
    """Read a FHIR date, partial date, dateTime or instant."""
    match = _DATE.fullmatch(given)
    if match is None:
        raise refuse(f"{given!r} is not a date or time")
    try:
        if match["time"] is None:
            day = date(int(match["year"]), int(match["month"] or 1), int(match["day"] or 1))
            return Moment(datetime(day.year, day.month, day.day, tzinfo=UTC), given)
        at = datetime.fromisoformat(given)
    except ValueError:
        raise refuse(f"{given!r} is not a date or time") from None
    if at.tzinfo is None:
        raise refuse(f"{given!r} has a time without its zone")
    return Moment(at, given)
