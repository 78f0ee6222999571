"""What entries of a record state about facts, and how several statements about one fact become one fact."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from ketacare.science.facts.entries import WHOLE_DATE, RecordEntry
from ketacare.science.rules.conditions import Value
from ketacare.science.rules.fields import Fact, Field

NAMED = 3  # entries named in the words of a fact's evidence; the page beside it shows all of them


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """What one entry says of one fact; without a value it speaks of the fact and settles nothing."""

    fact: str
    entry: RecordEntry
    value: bool | int | float | str | None = None
    as_of: date | None = None  # when it was so
    lasting: bool = False  # does not change with time: an answer that says otherwise contradicts it


def merged(
    statements: Iterable[Statement], *, fields: Mapping[str, Field], strongest: Mapping[str, tuple[object, ...]]
) -> list[Fact]:
    """Return one fact for every fact with a value: lists together and open, of the others the newest, of equally new ones the strongest."""
    together: dict[str, list[Statement]] = {}
    for one in statements:
        if one.value is not None and one.fact in fields:
            together.setdefault(one.fact, []).append(one)
    return [_fact(fields[name], several, strongest.get(name, ())) for name, several in together.items()]


def _fact(field: Field, several: list[Statement], order: tuple[object, ...]) -> Fact:
    if field.type == "list":
        names = {str(one.value) for one in several}
        value: Value | list[str] | None = [str(one) for one in field.allowed if one in names]
        chosen = several
    else:
        newest = max(one.as_of for one in several if one.as_of is not None)
        latest = [one for one in several if one.as_of == newest]
        value = min((one.value for one in latest), key=lambda one: _rank(one, order))
        chosen = [one for one in latest if one.value == value]
    first = chosen[0]
    return Fact(
        name=first.fact,
        value=value,
        unit=field.unit,
        as_of=first.as_of,
        source=words(chosen),
        complete=field.type != "list",
    )


def _rank(value: object, order: tuple[object, ...]) -> float:
    """The place among the strongest; of numbers that nobody ranks, the smaller (fewer days since) is the more cautious."""
    if order:
        return order.index(value)
    return value if isinstance(value, int | float) else 0


def words(several: Iterable[Statement]) -> str:
    """Where a fact comes from, in words: the newest entries first."""
    entries = list(dict.fromkeys(one.entry for one in several))
    entries.sort(key=lambda one: one.as_of_given, reverse=True)
    more = f"; and {len(entries) - NAMED} more" if len(entries) > NAMED else ""
    return "; ".join(map(evidence, entries[:NAMED])) + more


def evidence(entry: RecordEntry) -> str:
    """An entry as the evidence of a fact: what it says, how it stands, since when, and in which resource."""
    since = f"since {entry.as_of_given[:WHOLE_DATE]}" if entry.as_of_given else "date not given"
    return f"{', '.join(filter(None, [entry.display, entry.status, since]))} ({entry.group})"


def day_of(entry: RecordEntry, at: datetime) -> date:
    """The calendar day of an entry: as it was given, or at the site where a time was given."""
    if entry.as_of is not None and len(entry.as_of_given) > WHOLE_DATE:
        return entry.as_of.astimezone(at.tzinfo).date()
    return date.fromisoformat(entry.as_of_given)


def age_days(entry: RecordEntry, at: datetime) -> int | None:
    """How many days old an entry is; None when its day is not known or lies ahead."""
    if entry.as_of is None or len(entry.as_of_given) < WHOLE_DATE or entry.as_of > at:
        return None
    return (at.date() - day_of(entry, at)).days
