"""The values that a finding rests on, in a form that the mere passing of days does not change. Nothing here reads."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta

from ketacare.science import rules
from ketacare.science.rules import Fact, Finding, Used, Value

ANSWERED = "answer:"  # how the source of an answer begins


Given = Mapping[str, Fact | tuple[Fact, ...]]  # of a contradiction both


def lasting(used: Used, given: Given, *, on: date) -> object:
    """A value as it was given: days since an event become the day of the event, or they would differ every morning."""
    field, fact = rules.catalogue().get(used.name), behind(used, given)
    if field is None or fact is None or used.value is None or not field.counts_days:
        return list(used.value) if isinstance(used.value, tuple) else used.value
    if isinstance(fact.value, date):
        return day_of(fact.value).isoformat()
    if fact.source.startswith(ANSWERED) or not isinstance(used.value, int):
        return used.value
    return (day_of(on) - timedelta(days=used.value)).isoformat()


def behind(used: Used, given: Given) -> Fact | None:
    """The fact that a value was; of a contradiction the one with the value's source."""
    told = given.get(used.name)
    return next((one for one in told if one.source == used.source), None) if isinstance(told, tuple) else told


def lasting_values(because: Iterable[Used], given: Given, *, on: date) -> dict[str, object]:
    """The same for everything that a finding rests on."""
    return {used.name: lasting(used, given, on=on) for used in because}


def counted_on(name: str, kept: object, *, on: date) -> Value:
    """A kept value as the engine compares it on a day."""
    field = rules.catalogue().get(name)
    if field is not None and field.counts_days and isinstance(kept, str):
        return (on - date.fromisoformat(kept)).days
    return tuple(kept) if isinstance(kept, list) else kept  # type: ignore[return-value]  # as it was stored


def day_of(moment: date) -> date:
    """A moment's day."""
    return moment.date() if isinstance(moment, datetime) else moment


def has_evidence(finding: Finding) -> bool:
    """Whether something that is known makes a rule fire, and not only that nothing, or not all of a list, is known."""
    missing = finding.missing
    return any(used.name not in missing for used in finding.because)
