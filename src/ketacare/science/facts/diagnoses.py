"""What coded conditions, procedures and allergies state about facts.

Open world: an entry makes a history fact so or leaves it unknown; that something is not in a record, is suspected or was refuted
never makes a fact false.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from ketacare.science.facts.condition_codes import Concept, ConditionBook, Made
from ketacare.science.facts.entries import EntryKind, RecordEntry, Standing
from ketacare.science.facts.statements import Statement, age_days

CODED = frozenset({EntryKind.CONDITION, EntryKind.PROCEDURE})
SILENT = frozenset({Standing.ERROR, Standing.WITHDRAWN})  # entries that say nothing, or nothing any more


def stated_by_conditions(entries: Iterable[RecordEntry], *, book: ConditionBook, at: datetime) -> Iterator[Statement]:
    """Yield what the conditions and procedures of a record state.

    Args:
        entries: the current entries of one person.
        book: the table of conditions.
        at: the moment, aware, in the time zone of the site: days are counted there.

    Yields:
        A statement for every fact that an entry makes known, and one without a value for every fact that it only speaks of.

    Source: data/codes/conditions.
    """
    for entry in entries:
        if entry.kind in CODED and entry.standing not in SILENT:
            for concept in book.concepts(entry.codings):
                yield from _stated(entry, concept, at=at)


def _stated(entry: RecordEntry, concept: Concept, *, at: datetime) -> Iterator[Statement]:
    for fact, made in concept.makes.items():
        yield _made(entry, fact, made, at=at)
    if concept.days is not None:
        yield _counted(entry, concept.days.fact, up_to=concept.days.up_to, at=at)
    for fact in concept.shows:
        yield Statement(fact=fact, entry=entry)


def _made(entry: RecordEntry, fact: str, made: Made, *, at: datetime) -> Statement:
    """What an entry makes of a fact; nothing while it is unsure, refuted, dated ahead or too old to count."""
    value = {Standing.PRESENT: made.now, Standing.PAST: made.past}.get(entry.standing)
    age = age_days(entry, at)
    ahead = entry.as_of is not None and entry.as_of > at
    too_old = made.within_days is not None and (age is None or age > made.within_days)
    undated = made.dated and entry.as_of is None
    if value is None or ahead or too_old or undated:
        return Statement(fact=fact, entry=entry)
    as_of = entry.as_of if made.dated else at
    return Statement(fact=fact, entry=entry, value=value, as_of=as_of, lasting=not made.dated)


def _counted(entry: RecordEntry, fact: str, *, up_to: int, at: datetime) -> Statement:
    """The days since an event that is recent enough; else the entry only speaks of it."""
    age = age_days(entry, at)
    happened = entry.standing in {Standing.PRESENT, Standing.PAST}
    if not happened or age is None or age > up_to:
        return Statement(fact=fact, entry=entry)
    return Statement(fact=fact, entry=entry, value=age, as_of=at, lasting=True)
