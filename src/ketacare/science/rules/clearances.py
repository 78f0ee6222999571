"""Clearances: dated records by which a named specialist lifts the relative rules they name, and no other."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from types import MappingProxyType

from ketacare.science.rules.conditions import Value, Values

PREFIX = "clearance."


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

    def fault(self, rule_id: str, *, on: date, values: Values, max_age_days: Mapping[str, int]) -> str:
        """Return why the record does not clear a rule on a day; empty when it does.

        Args:
            rule_id: the rule that fired.
            on: the day of evaluation; a record lives through its last calendar day.
            values: the facts as they are now; the record falls by itself when one of its inputs has changed.
            max_age_days: by kind of clearance, and ``others``: the record never lives longer, whatever it says.
        """
        today = on.date() if isinstance(on, datetime) else on
        kind = self.clearance.removeprefix(PREFIX)
        last_day = min(self.expires, self.dated + timedelta(days=max_age_days.get(kind, max_age_days["others"])))
        changed = [name for name, value in self.inputs.items() if values.get(name) != value]
        if rule_id not in self.covers:
            return "does not cover this rule"
        if today < self.dated:
            return f"is dated {self.dated.isoformat()}, after today"
        if today > last_day:
            return f"expired on {last_day.isoformat()}"
        return f"rests on {', '.join(changed)}, which changed since" if changed else ""
