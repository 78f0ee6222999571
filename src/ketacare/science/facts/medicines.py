"""What the medicines and allergies of a record state about facts.

A record lists at least what is taken: a class that it names is taken, one that it does not name is unknown, and so is every
total beyond what it lists.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from ketacare.science.facts.dosage import daily_mg
from ketacare.science.facts.entries import EntryKind, RecordEntry, Standing
from ketacare.science.facts.medicine_codes import CLASSES, Ingredient, MedicineBook, simple, whole_words
from ketacare.science.facts.statements import Statement, age_days

SILENT = frozenset({Standing.ERROR, Standing.WITHDRAWN})
PATCH_RATE = re.compile(r"(\d+(?:\.\d+)?) ?(?:mcg|ug|µg) ?/ ?(?:hr|h)\b")
DZE, MME = "meds.benzo_dze_mg", "meds.opioid_mme"
MAOI_PAST, MAOI_STOPPED = "meds.maoi_past", "meds.maoi_stopped_days_ago"


def stated_by_medicines(entries: Iterable[RecordEntry], *, book: MedicineBook, at: datetime) -> Iterator[Statement]:
    """Yield what the medicines and allergies of a record state.

    Args:
        entries: the current entries of one person.
        book: the table of medicines.
        at: the moment, aware, in the time zone of the site.

    Yields:
        A statement for every class that is taken now, for a stopped MAO inhibitor and for an allergy; one without a value for every
        medicine that was told and settles nothing.

    Source: data/codes/medicines.
    """
    for entry in entries:
        if entry.standing in SILENT:
            continue
        if entry.kind is EntryKind.MEDICINE:
            yield from _of_medicine(entry, book, at=at)
        elif entry.kind is EntryKind.ALLERGY:
            yield from _of_allergy(entry, book, at=at)


def daily_totals(entries: Iterable[RecordEntry], *, book: MedicineBook, at: datetime) -> Iterator[Statement]:
    """Yield the daily benzodiazepine and opioid doses of a record, each told by every medicine that it is made of.

    The same ingredient at the same daily dose twice is one medicine told twice. A medicine whose dose is not known leaves the total
    unknown.
    """
    taken = [one for one in entries if one.kind is EntryKind.MEDICINE and _is_taken(one, book, at=at)]
    for fact, classes in ((DZE, {"benzodiazepine"}), (MME, {"opioid", "methadone"})):
        doses = [
            (entry, one, counts_as(entry, one, fact, book))
            for entry in taken
            for one in book.ingredients_of(entry)
            if classes & set(one.classes)
        ]
        total = _total({(one.name, dose) for _, one, dose in doses})
        for entry, _, _ in doses:
            value = None if total is None else float(total)
            yield Statement(fact=fact, entry=entry, value=value, as_of=at, lasting=True)


def if_high_enough(total: Statement, book: MedicineBook) -> Statement:
    """A daily total as a fact where it settles something whatever else is taken; a lower one only stands beside the question."""
    enough = isinstance(total.value, float) and total.value >= book.total_settles_from[total.fact]
    return total if enough else replace(total, value=None)


def counts_as(entry: RecordEntry, one: Ingredient, fact: str, book: MedicineBook) -> Decimal | None:
    """A medicine's daily dose as diazepam or as morphine by mouth; None where it is not known."""
    words = simple(f"{entry.display} {entry.detail}")
    if fact == MME and one.mme_patch is not None:
        return _patch(simple(entry.display), one.mme_patch)
    factor = one.dze if fact == DZE else one.mme
    if factor is None or whole_words(book.not_oral_words).search(words):
        return None
    mg = daily_mg(entry, one, book)
    return None if mg is None else mg * factor


def _patch(text: str, factor: Decimal) -> Decimal | None:
    """The daily dose of a patch, by its rate; another form of the same medicine has none."""
    found = set(PATCH_RATE.findall(text))
    return Decimal(found.pop()) * factor if len(found) == 1 else None


def _total(doses: set[tuple[str, Decimal | None]]) -> Decimal | None:
    known = [dose for _, dose in doses if dose is not None]
    return sum(known, Decimal(0)) if len(known) == len(doses) else None


def _is_taken(entry: RecordEntry, book: MedicineBook, *, at: datetime) -> bool:
    """Whether a medicine works in the whole body and is taken now."""
    local = whole_words(book.local_forms).search(simple(f"{entry.display} {entry.detail}"))
    ahead = entry.as_of is not None and entry.as_of > at
    return entry.standing is Standing.PRESENT and not ahead and not local


def classes_of(entry: RecordEntry, one: Ingredient, book: MedicineBook) -> tuple[str, ...]:
    """The classes of an ingredient as it is taken: a little of some by mouth counts as another class."""
    if one.oral_up_to_mg is None:
        return one.classes
    words = simple(f"{entry.display} {entry.detail}")
    by_mouth = whole_words(book.oral_words).search(words) and not whole_words(book.not_oral_words).search(words)
    mg = daily_mg(entry, one, book) if by_mouth else None
    return (one.then,) if mg is not None and mg <= one.oral_up_to_mg else one.classes


def _of_medicine(entry: RecordEntry, book: MedicineBook, *, at: datetime) -> Iterator[Statement]:
    ingredients = book.ingredients_of(entry)
    classes = {name for one in ingredients for name in classes_of(entry, one, book)}
    yield Statement(fact=CLASSES, entry=entry)
    if _is_taken(entry, book, at=at):
        for name in sorted(classes):
            yield Statement(fact=CLASSES, entry=entry, value=name, as_of=at, lasting=True)
    elif entry.standing is Standing.PAST and book.maoi_washout.class_ in classes:
        yield from _stopped(entry, book, at=at)


def _stopped(entry: RecordEntry, book: MedicineBook, *, at: datetime) -> Iterator[Statement]:
    """A stopped MAO inhibitor: by the day it ended, or by the day it began where that is recent enough already."""
    limits = book.maoi_washout
    ended = None if entry.ended_at is None else (at.date() - entry.ended_at.astimezone(at.tzinfo).date()).days
    began = age_days(entry, at)
    recent = [
        days
        for days in (ended, began if ended is None else None)
        if days is not None and 0 <= days <= limits.within_days
    ]
    yield Statement(fact=MAOI_PAST, entry=entry, value=True if recent else None, as_of=at, lasting=True)
    known = ended is not None and 0 <= ended <= limits.days_up_to
    yield Statement(fact=MAOI_STOPPED, entry=entry, value=ended if known else None, as_of=at, lasting=True)


def _of_allergy(entry: RecordEntry, book: MedicineBook, *, at: datetime) -> Iterator[Statement]:
    """An allergy to ketamine, now or once; one that is not confirmed settles nothing."""
    if not {one.name for one in book.ingredients_of(entry)} & set(book.allergy.ingredients):
        return
    happened = entry.standing in {Standing.PRESENT, Standing.PAST} and (entry.as_of is None or entry.as_of <= at)
    yield Statement(fact=book.allergy.fact, entry=entry, value=happened or None, as_of=at, lasting=True)
