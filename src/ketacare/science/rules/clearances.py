"""Clearances: dated records by which a named specialist lifts the relative rules they name, and no other."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import BeforeValidator
from pydantic import Field as Key

from ketacare.science.reference import Frozen
from ketacare.science.rules.conditions import AtLeast, Known, Value
from ketacare.science.rules.fields import day_or_moment

PREFIX = "clearance."
Day = Annotated[date, BeforeValidator(day_or_moment)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Clearance:
    """One record: who lifted which rules, on what document, until when, on which facts it rests."""

    clearance: str
    covers: frozenset[str]
    dated: date
    expires: date
    by: str = ""
    document: str = ""
    inputs: Mapping[str, Value] = field(default_factory=lambda: MappingProxyType({}))

    def fault(self, rule_id: str, *, on: date, values: Known, max_age_days: Mapping[str, int]) -> str:
        """Return why the record does not clear a rule on a day; empty when it does.

        Args:
            rule_id: the rule that fired.
            on: the day of evaluation; a record lives through its last calendar day.
            values: the facts as they are now; the record falls by itself when one of its inputs has changed.
            max_age_days: by kind of clearance, and ``others``: the record never lives longer, whatever it says.
        """
        today = on.date() if isinstance(on, datetime) else on
        kind = self.clearance.removeprefix(PREFIX)
        changed = [name for name, value in self.inputs.items() if not _same(values.get(name), value)]
        if rule_id not in self.covers:
            return "does not cover this rule"
        if today < self.dated:
            return f"is dated {self.dated.isoformat()}, after today"
        last_day = min(self.expires, self.dated + timedelta(days=max_age_days.get(kind, max_age_days["others"])))
        if today > last_day:
            return f"expired on {last_day.isoformat()}"
        return f"rests on {', '.join(changed)}, which changed since" if changed else ""


class ClearanceShape(Frozen):
    """A clearance as a file or a record states it."""

    clearance: str
    covers: tuple[str, ...] = Key(strict=False)
    dated: Day
    expires: Day
    by: str = ""
    document: str = ""
    inputs: dict[str, Any] = {}

    def record(self) -> Clearance:
        """Return the clearance."""
        return Clearance(**self.model_dump(exclude={"covers"}), covers=frozenset(self.covers))


def _same(now: object, then: object) -> bool:
    """Return whether an input is what it was; the order of a list means nothing, and JSON has no tuples.

    An open list has not changed while it holds what it held.
    """
    if isinstance(now, AtLeast):
        now = now.known
    if isinstance(now, list | tuple) and isinstance(then, list | tuple):
        return set(now) == set(then)
    return now == then
