"""The door for facts: wrong ones are refused all at once, stale ones count as missing, rivals stand side by side."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from reprlib import repr  # stays short, however big the value
from typing import TYPE_CHECKING, cast

from ketacare.science.errors import BadFacts, Problem
from ketacare.science.rules.catalogue import catalogue
from ketacare.science.rules.clearances import PREFIX, Clearance
from ketacare.science.rules.conditions import AtLeast, Compared, Params, Value
from ketacare.science.rules.fields import Fact, Field, counted, did_you_mean, staleness, with_evidence
from ketacare.science.rules.findings import Used
from ketacare.science.rules.rivals import settled
from ketacare.science.rules.worlds import Worlds, as_compared, worlds_of

if TYPE_CHECKING:
    from ketacare.science.rules.book import Book

BARE = frozenset({bool, int, float, str})
NO_DAY = "is dated, so the day of evaluation must be given (on)"
Plain = Value | date | list[str] | None
Given = Mapping[str, "Fact | Sequence[Fact] | Plain"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Admitted:
    """Facts fit to be judged: as they were given, and every way they may be."""

    used: Mapping[str, Used]
    worlds: Worlds


def admit(
    book: "Book", given: Given, *, on: date | None, params: Params, clearances: Sequence[Clearance] = ()
) -> Admitted:
    """Return the facts an evaluation may start from, or raise BadFacts with every problem."""
    used: dict[str, Used] = {}
    _refuse_what_is_no_facts(given, on=on)
    names, problems = _full_names(book, given)
    problems += [Problem(place=one.clearance, says=NO_DAY) for one in clearances if on is None]
    for name, key in names.items():
        entry = given[key]
        field = book.fields.get(name) or catalogue().get(name)
        if type(entry) in BARE and name in book.fields and _is_plain(name, entry, book.fields[name]):
            used[name] = Used(name=name, value=cast("Value", entry), unit=book.fields[name].unit)
            continue
        accepted = []
        for place, fact in _told(key, name, entry, field):
            if says := evidence_complaint(book, name, fact) or _refusal(name, fact, field, on=on):
                problems.append(Problem(place=place, says=says))
            elif name in book.fields and fact.value is not None:
                accepted.append(_used(name, fact, book.fields[name], on=on))
        if accepted:
            used[name] = (
                accepted[0] if len(accepted) == 1 else settled(accepted, as_compared=partial(as_compared, book), on=on)
            )
    if problems:
        raise BadFacts(problems)
    return _admitted(book, used, params)


def _is_plain(name: str, entry: object, field: Field) -> bool:
    """Whether an entry is a bare value without fault: most are, and they need no more than this."""
    return not name.startswith(PREFIX) and field.complaint(entry) is None


def _refuse_what_is_no_facts(given: object, *, on: object) -> None:
    problems = []
    if on is not None and not isinstance(on, date):
        problems.append(Problem(place="on", says=f"must be a day or a moment, not {repr(on)}"))
    if not isinstance(given, Mapping):
        problems.append(Problem(place="facts", says=f"must be a mapping of fact names to values, not {repr(given)}"))
    if problems:
        raise BadFacts(problems)


def _full_names(book: "Book", given: Mapping[str, object]) -> tuple[dict[str, str], list[Problem]]:
    """Return the key of each fact by its full name, and what is wrong with the keys: of a fact under two names one would be lost."""
    names: dict[str, str] = {}
    problems = []
    for key in given:
        if not isinstance(key, str):
            problems.append(Problem(place=repr(key), says="is no name of a fact"))
        elif (other := names.setdefault(book.fact_name(key), key)) != key:
            problems.append(Problem(place=key, says=f"is the same fact as {other}: it is given twice"))
    return names, problems


def evidence_complaint(book: "Book", name: str, fact: Fact) -> str | None:
    """Return what cannot be read in what a fact says beside its value, or None."""
    if fact.name and (not isinstance(fact.name, str) or book.fact_name(fact.name) != name):
        return f"says itself that it is {repr(fact.name)}"
    if fact.as_of is not None and not isinstance(fact.as_of, date):
        return f"is dated {repr(fact.as_of)}, which is no day and no moment"
    if not isinstance(fact.source, str):
        return f"must name its source in words, not {repr(fact.source)}"
    return None


def _told(
    key: str, name: str, entry: "Fact | Sequence[Fact] | Plain", field: Field | None
) -> Iterator[tuple[str, Fact]]:
    """Yield each fact of an entry with its place: one, or what several sources say; a mapping is a value with its evidence."""
    if isinstance(entry, dict) or (isinstance(entry, list) and any(isinstance(one, dict) for one in entry)):
        entry = with_evidence(name, entry, field)
    if isinstance(entry, Fact):
        yield key, entry
    elif isinstance(entry, list | tuple) and any(isinstance(one, Fact) for one in entry):
        for index, one in enumerate(entry):
            yield f"{key}.{index}", one if isinstance(one, Fact) else Fact(name=name, value=one)
    else:
        yield key, Fact(name=name, value=cast("Plain", entry))


def _admitted(book: "Book", used: dict[str, Used], params: Params) -> Admitted:
    entered: dict[str, Compared] = {}
    rivals: dict[str, tuple[Compared, ...]] = {}
    for name, one in used.items():
        if one.value is None:
            continue
        entered[name] = as_compared(book, one)
        if one.rivals:
            rivals[name] = (entered[name], *(as_compared(book, rival) for rival in one.rivals))
    worlds = worlds_of(book, entered, rivals=rivals, params=params)
    for name in worlds.base.keys() - entered.keys():
        used[name] = as_derived(book, name, worlds.base[name])
    return Admitted(used=used, worlds=worlds)


def as_derived(book: "Book", name: str, value: Compared) -> Used:
    """Return what follows from other facts as it was used."""
    known = value.known if isinstance(value, AtLeast) else value
    return Used(
        name=name,
        value=known,
        unit=book.fields[name].unit,
        source="derived",
        derived=True,
        complete=not isinstance(value, AtLeast),
    )


def _refusal(name: str, fact: Fact, field: Field | None, *, on: date | None) -> str | None:
    if field is None:
        return f"unknown fact{did_you_mean(name, catalogue())}"
    if fact.value is None:
        return None
    if name.startswith(PREFIX):
        return "a clearance is a dated record, no fact: give it in `clearances`; a file of facts or cases may say true, or {covers, expires_in_days, inputs_changed}"
    if fact.unit is not None and fact.unit != field.unit:
        return f"must be given in {field.unit or 'no unit'}, not in {fact.unit}"
    if not fact.complete and field.type != "list":
        return "only a list can be incomplete"
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
    says_nothing = stale or (not fact.complete and value == ())
    return Used(
        name=name,
        value=None if says_nothing else value,
        unit=field.unit,
        as_of=fact.as_of,
        source=fact.source,
        stale=stale,
        was=value if says_nothing else None,
        complete=fact.complete,
    )
