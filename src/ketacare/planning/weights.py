"""The weight a dose rests on: the newest of the record, the one before it, and the height."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from ketacare.clinic.models import Patient
from ketacare.record.queries import standing_entries
from ketacare.science.facts.codes import code_book
from ketacare.science.facts.entries import EntryKind, RecordEntry
from ketacare.science.facts.measured import Measured, measured

WEIGHT, HEIGHT = "patient.weight_kg", "patient.height_cm"


@dataclass(frozen=True, kw_only=True)
class Weighed:
    """What the record knows at a moment. None: not known."""

    weight_kg: Decimal | None
    weight_at: datetime | None
    before_kg: Decimal | None  # the entry before the newest
    height_cm: Decimal | None


def weighed(patient: Patient, *, at: datetime) -> Weighed:
    """The newest usable weight and height of a patient, and the weight before."""
    rows = standing_entries(patient).filter(kind=EntryKind.VITAL)
    entries = [row.as_value() for row in rows if row.as_of is not None and row.as_of <= at]
    newest = read(WEIGHT, entries, at)
    height = read(HEIGHT, entries, at)
    before = None if newest is None else read(WEIGHT, older(entries, newest.at), at)
    return Weighed(
        weight_kg=newest.value if newest else None,
        weight_at=newest.at if newest else None,
        before_kg=before.value if before else None,
        height_cm=height.value if height else None,
    )


def read(fact: str, entries: list[RecordEntry], at: datetime) -> Measured | None:
    """The measurement behind a fact."""
    book = code_book()
    row = next(row for row in book.facts if row.fact == fact)
    return measured(row, entries, book=book, at=at)[0]


def older(entries: list[RecordEntry], than: datetime) -> list[RecordEntry]:
    """The entries from before a moment."""
    return [entry for entry in entries if entry.as_of is not None and entry.as_of < than]
