"""The door for facts: wrong ones are refused all at once, stale ones count as missing, derivable ones are filled in."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, cast

from ketacare.science.errors import BadFacts, Problem
from ketacare.science.rules.catalogue import catalogue
from ketacare.science.rules.clearances import PREFIX, Clearance
from ketacare.science.rules.conditions import Params, Value, Values
from ketacare.science.rules.fields import Fact, Field, counted, did_you_mean, staleness
from ketacare.science.rules.findings import Used

if TYPE_CHECKING:
    from ketacare.science.rules.book import Book, Deriving

NO_DAY = "is dated, so the day of evaluation must be given (on)"
Given = Mapping[str, "Fact | Value | date | list[str] | None"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Admitted:
    """Facts fit to be judged: as given, and as compared (rounded where the book says so)."""

    used: Mapping[str, Used]
    values: Values
    conflicts: Mapping[str, Value]


def admit(
    book: "Book", given: Given, *, on: date | None, params: Params, clearances: Sequence[Clearance] = ()
) -> Admitted:
    """Return the facts an evaluation may start from, or raise BadFacts with every problem."""
    used: dict[str, Used] = {}
    problems = [Problem(place=one.clearance, says=NO_DAY) for one in clearances if on is None]
    for key, entry in given.items():
        name = book.fact_name(key)
        fact = entry if isinstance(entry, Fact) else Fact(name=name, value=entry)
        field = book.fields.get(name) or catalogue().get(name)
        if says := _refusal(name, fact, field, on=on):
            problems.append(Problem(place=key, says=says))
        elif field is not None and fact.value is not None:
            used[name] = _used(name, fact, field, on=on)
    if problems:
        raise BadFacts(problems)
    values = {name: one.value for name, one in used.items() if one.value is not None}
    derived = dict(_derived(book, values, params))
    for name, value in derived.items():
        if name not in values:
            used[name] = Used(name=name, value=value, unit=book.fields[name].unit, source="derived", derived=True)
    conflicts = {name: value for name, value in derived.items() if name in values and values[name] != value}
    compared = {name: _rounded(book, name, value) for name, value in (derived | values).items()}
    return Admitted(used=used, values=compared, conflicts=conflicts)


def _refusal(name: str, fact: Fact, field: Field | None, *, on: date | None) -> str | None:
    if field is None:
        return f"unknown fact{did_you_mean(name, catalogue())}"
    if fact.value is None:
        return None
    if name.startswith(PREFIX):
        return "a clearance counts only as a dated record {clearance, covers, dated, expires}; in short: true, or {covers, expires_in_days, inputs_changed}"
    if fact.unit is not None and fact.unit != field.unit:
        return f"must be given in {field.unit or 'no unit'}, not in {fact.unit}"
    if on is None and (fact.as_of is not None or (field.counts_days and isinstance(fact.value, date))):
        return NO_DAY
    match staleness(field, fact, on=on):
        case "ahead":
            return f"is dated in the future ({fact.as_of})"
        case "no time":
            return f"needs a time with the same time zone as the evaluation (fresh for {field.fresh_for.says})"
    value = counted(field, fact.value, on=on)
    if value is not fact.value and isinstance(value, int) and value < 0:
        return f"is a date in the future ({fact.value})"
    return field.complaint(value)


def _used(name: str, fact: Fact, field: Field, *, on: date | None) -> Used:
    stale = staleness(field, fact, on=on) == "stale"
    value = cast("Value", counted(field, fact.value, on=on))  # complaint() has refused every other type
    return Used(
        name=name,
        value=None if stale else value,
        unit=field.unit,
        as_of=fact.as_of,
        source=fact.source,
        stale=stale,
        was=value if stale else None,
    )


def _derived(book: "Book", values: Values, params: Params) -> Iterator[tuple[str, Value]]:
    for one in book.derivations:
        yield from _one_derived(one, values, params)


def _one_derived(one: "Deriving", values: Values, params: Params) -> Iterator[tuple[str, Value]]:
    stated = one.stated
    if one.when is not None and stated.set is not None and one.when.verdict(values, params):
        yield from stated.set.items()
    if stated.fact and stated.count_of and stated.among is not None:
        listed = values.get(stated.count_of)
        if isinstance(listed, tuple):
            yield stated.fact, len(set(listed) & set(stated.among))
    if stated.fact and stated.difference:
        first, second = (values.get(name) for name in stated.difference)
        if isinstance(first, int | float) and isinstance(second, int | float):
            yield stated.fact, first - second


def _rounded(book: "Book", name: str, value: Value) -> Value:
    rounding = book.rounding
    field = book.fields.get(name)
    if rounding is None or field is None or field.unit not in rounding.units or not isinstance(value, float):
        return value
    return float(Decimal(repr(value)).quantize(Decimal(1).scaleb(-rounding.decimals), ROUND_HALF_UP))
