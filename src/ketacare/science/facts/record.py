"""From the entries of a record to the facts that the rule books read.

Open world: an entry makes a history fact true or leaves it unknown. Nothing here ever makes one false; only a person's
answer does. What an entry speaks of without settling it is told too, so that it can stand beside the question.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, tzinfo

from ketacare.science.errors import Problem
from ketacare.science.facts.codes import code_book
from ketacare.science.facts.condition_codes import condition_book
from ketacare.science.facts.diagnoses import stated_by_conditions
from ketacare.science.facts.entries import RecordEntry
from ketacare.science.facts.medicine_codes import medicine_book
from ketacare.science.facts.medicines import daily_totals, if_high_enough, stated_by_medicines
from ketacare.science.facts.results import age_years, facts_from_results
from ketacare.science.facts.statements import Statement, merged
from ketacare.science.rules.fields import Fact, Field


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordFacts:
    """What the record says as facts, and the entries that would have been facts but could not be used.

    ``lasting`` names the facts that do not change with time: an answer that says otherwise contradicts them. ``rests_on`` gives the
    entries that made such a fact, ``speaks`` all that bear on it, whether they settle it or not. ``at_least`` gives daily doses that the
    record comes to, whether they are high enough to settle anything or not.
    """

    facts: tuple[Fact, ...]
    unused: tuple[Problem, ...]
    lasting: frozenset[str] = frozenset()
    rests_on: Mapping[str, tuple[RecordEntry, ...]] = field(default_factory=dict)
    speaks: Mapping[str, tuple[RecordEntry, ...]] = field(default_factory=dict)
    at_least: Mapping[str, float] = field(default_factory=dict)


def facts_from_record(
    entries: Iterable[RecordEntry], *, born_on: date, sex_at_birth: str, at: datetime, fields: Mapping[str, Field]
) -> RecordFacts:
    """Return the facts that a person's record holds at a moment.

    Args:
        entries: the current entries of one person, in any order; superseded ones left out.
        born_on: the date of birth.
        sex_at_birth: ``female`` or ``male``; anything else is unknown.
        at: the moment, aware, in the time zone of the site: days are counted there.
        fields: what the books know; a fact they do not know, or whose value they would refuse, is left out and listed.

    Returns:
        Facts in the order of the code book, each with its date and its source in words, and what could not be used.

    Assumes: coded entries are about this person; a laboratory's reference range is the one that holds for them.
    Source: data/codes/observations (LOINC codes, units, the rule of two seated readings).
    """
    book, entries = code_book(), list(entries)
    facts = person_facts(born_on=born_on, sex_at_birth=sex_at_birth, at=at)
    found, unused = facts_from_results(entries, book=book, born_on=born_on, sex_at_birth=sex_at_birth, at=at)
    totals = list(daily_totals(entries, book=medicine_book(), at=at))
    stated = [
        *stated_by_conditions(entries, book=condition_book(), at=at),
        *stated_by_medicines(entries, book=medicine_book(), at=at),
        *(if_high_enough(one, medicine_book()) for one in totals),
    ]
    settled = [one for one in stated if one.value is not None]
    facts = newest_of([*facts, *found, *merged(settled, fields=fields, strongest=condition_book().strongest)])
    facts = [in_zone(one, at.tzinfo) for one in facts]
    return RecordFacts(
        facts=tuple(_accepted(facts, fields, unused)),
        unused=tuple(dict.fromkeys(unused)),
        lasting=frozenset(one.fact for one in settled if one.lasting),
        rests_on=spoken_of(settled),
        speaks=spoken_of(stated),
        at_least={one.fact: one.value for one in totals if isinstance(one.value, float)},
    )


def in_zone(fact: Fact, zone: tzinfo | None) -> Fact:
    """The fact with its time told in the time zone of the site: the books count calendar days there."""
    return replace(fact, as_of=fact.as_of.astimezone(zone)) if isinstance(fact.as_of, datetime) else fact


def newest_of(facts: Iterable[Fact]) -> list[Fact]:
    """One fact a name: of a measurement and a statement the newer."""
    chosen: dict[str, Fact] = {}
    for fact in facts:
        before = chosen.get(fact.name)
        if before is None or _moment(fact) > _moment(before):
            chosen[fact.name] = fact
    return list(chosen.values())


def _moment(fact: Fact) -> datetime:
    """When a fact was so; one without a time is the oldest."""
    return fact.as_of if isinstance(fact.as_of, datetime) else datetime.min.replace(tzinfo=UTC)


def spoken_of(statements: Iterable[Statement]) -> dict[str, tuple[RecordEntry, ...]]:
    """The entries that bear on each fact, newest first."""
    found: dict[str, dict[RecordEntry, None]] = {}
    for one in statements:
        found.setdefault(one.fact, {})[one.entry] = None
    return {
        fact: tuple(sorted(entries, key=lambda one: one.as_of_given, reverse=True)) for fact, entries in found.items()
    }


def person_facts(*, born_on: date, sex_at_birth: str, at: datetime) -> list[Fact]:
    """Age on the day and sex at birth, where they are known."""
    age = age_years(born_on, at.date())
    facts = [Fact(name="patient.age_years", value=age, unit="years", source=f"born {born_on.isoformat()}")]
    if sex_at_birth in {"female", "male"}:
        facts.append(Fact(name="patient.sex_at_birth", value=sex_at_birth, source="registration"))
    return facts


def _accepted(facts: list[Fact], fields: Mapping[str, Field], unused: list[Problem]) -> list[Fact]:
    """The facts that the books know and would not refuse."""
    accepted = []
    for fact in facts:
        field = fields.get(fact.name)
        if field is None:
            continue
        if says := field.complaint(fact.value):
            unused.append(Problem(place=fact.name, says=f"{says} ({fact.source})"))
        else:
            accepted.append(fact)
    return accepted
