"""What the record and a person's answers say together: where they agree, which counts; where they differ, both.

A measurement or a state that changes with time has no rivals: the newest counts. What does not change with time (a history, a
diagnosis, an allergy, the kinds of medicine) and is told differently is a contradiction, until a person settles it by an answer
given in view of the record's entries.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from ketacare.science.facts.condition_codes import condition_book
from ketacare.science.facts.record import RecordFacts
from ketacare.science.rules.fields import Fact, Field, counted, staleness


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered:
    """A person's answer, and the entries of the record that it was given in view of and overrules."""

    fact: Fact
    settles: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class Rivals:
    """Two facts of one name that cannot both be so."""

    answer: Fact
    record: Fact


@dataclass(frozen=True, kw_only=True, slots=True)
class Joined:
    """What is known by name, and the contradictions; of a contradiction the record's fact stands among the facts."""

    facts: Mapping[str, Fact]
    rivals: Mapping[str, Rivals]


def joined(record: RecordFacts, answers: Iterable[Answered], *, fields: Mapping[str, Field], on: date) -> Joined:
    """Return what record and answers say together.

    Args:
        record: what the record says.
        answers: the newest answer to each question; a value of None is "not sure".
        fields: what the books know.
        on: the day of evaluation at the site.

    Returns:
        One fact a name, and for every contradiction both.
    """
    facts = {fact.name: fact for fact in record.facts}
    rivals: dict[str, Rivals] = {}
    for answer in answers:
        name = answer.fact.name
        told = facts.get(name)
        if told is None or told.value is None:
            facts[name] = answer.fact
        elif name not in record.lasting or name not in fields:
            facts[name] = _newer(answer.fact, told)
        elif _counts(answer.fact, fields[name], on=on):
            if _agree(answer.fact, told, fields[name], on=on) or _is_settled(answer, record):
                facts[name] = answer.fact
            else:
                rivals[name] = Rivals(answer=answer.fact, record=told)
    return Joined(facts=facts, rivals=rivals)


def _newer(answer: Fact, told: Fact) -> Fact:
    """The newer of two; on one day the answer, which was given in view of the record."""
    if told.as_of is None or answer.as_of is None or _day(told.as_of) <= _day(answer.as_of):
        return answer
    return told


def _counts(answer: Fact, field: Field, *, on: date) -> bool:
    """Whether an answer still says something: not "not sure", and not too old."""
    return answer.value is not None and staleness(field, answer, on=on) != "stale"


def _agree(answer: Fact, told: Fact, field: Field, *, on: date) -> bool:
    """Whether both can be so: the same, or the answer says more exactly what the record says."""
    says, record = (counted(field, one.value, on=on) for one in (answer, told))
    if isinstance(says, tuple) and isinstance(record, tuple):
        return set(record) <= set(says)  # a record lists at least these
    if field.unit == "days" and isinstance(says, int) and isinstance(record, int):
        return says <= record  # the last event may be newer than the record knows
    finer = condition_book().fits.get(answer.name, {}).get(str(record), ())
    return says == record or says in finer


def _is_settled(answer: Answered, record: RecordFacts) -> bool:
    """Whether the answer was given in view of everything that the record's fact rests on now."""
    keys = {entry.key for entry in record.rests_on.get(answer.fact.name, ())}
    return bool(keys) and keys <= answer.settles


def _day(moment: date) -> date:
    return moment.date() if isinstance(moment, datetime) else moment
