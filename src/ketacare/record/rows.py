"""Frozen values as rows to insert, and which stored row each supersedes. Nothing here writes."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from ketacare.clinic.models import Patient
from ketacare.record.models import Entry, Source
from ketacare.record.values import ResourceSource
from ketacare.science.facts.entries import Coding, RecordEntry, Standing

Row = TypeVar("Row", Source, Entry)
WITHDRAWN = "no longer stated by its source"
# Columns of an entry that say what was stated; a withdrawal repeats them.
STATED = [
    field.attname
    for field in Entry._meta.concrete_fields
    if field.name not in {"id", "source", "supersedes", "recorded_at", "recorded_by", "standing", "status"}
]


def source_row(
    source: ResourceSource, *, patient: Patient, before: Source | None, at: datetime, imported_by: str
) -> Source:
    """A resource as it was imported, superseding what it said before."""
    row = Source(
        patient=patient,
        key=source.key,
        resource_type=source.resource_type,
        resource_id=source.resource_id,
        sha256=source.sha256,
        body=source.body,
        file=source.file,
        file_sha256=source.file_sha256,
        pointer=source.pointer,
        supersedes=before,
        imported_at=at,
        imported_by=imported_by,
    )
    return fitted(row)


def entry_rows(source: Source, entries: Iterable[RecordEntry], before: Iterable[Entry], *, at: datetime) -> list[Entry]:
    """The entries of a resource; what the resource said before and says no more is withdrawn."""
    old = {entry.part: entry for entry in before}
    rows = []
    for entry in entries:
        part = entry.pointer.removeprefix(source.pointer)
        rows.append(entry_row(entry, source=source, part=part, supersedes=old.pop(part, None), at=at))
    return rows + [withdrawal(entry, source, at=at) for entry in old.values()]


def entry_row(entry: RecordEntry, *, source: Source, part: str, supersedes: Entry | None, at: datetime) -> Entry:
    first = entry.codings[0] if entry.codings else Coding(system="", code="")
    row = Entry(
        patient_id=source.patient_id,
        kind=entry.kind,
        system=first.system,
        code=first.code,
        codings=plain(entry.codings),
        display=entry.display,
        standing=entry.standing,
        status=entry.status,
        value=text(entry.value),
        comparator=entry.comparator,
        unit=entry.unit,
        value_text=entry.value_text,
        value_codings=plain(entry.value_codings),
        reference_low=text(entry.reference_low),
        reference_high=text(entry.reference_high),
        absent_reason=entry.absent_reason,
        position=entry.position,
        detail=entry.detail,
        as_of=entry.as_of,
        as_of_given=entry.as_of_given,
        ended_at=entry.ended_at,
        group=source.key,
        source=source,
        part=part,
        recorded_at=at,
        supersedes=supersedes,
    )
    return fitted(row)


def withdrawal(entry: Entry, source: Source, *, at: datetime) -> Entry:
    """The statement that a source does not make an earlier statement any more."""
    stated = {name: getattr(entry, name) for name in STATED}
    origin = {"source": source, "recorded_at": at, "supersedes": entry}
    return Entry(**stated, **origin, standing=Standing.WITHDRAWN, status=WITHDRAWN)


def fitted(row: Row) -> Row:
    """The row with words no longer than their columns; the source's body keeps every word."""
    for field in row._meta.concrete_fields:
        value = getattr(row, field.attname)
        if isinstance(value, str) and field.max_length:
            setattr(row, field.attname, value[: field.max_length])
    return row


def plain(codings: Iterable[Coding]) -> list[list[str]]:
    """Codes as they are stored."""
    return [[one.system, one.code, one.display] for one in codings]


def text(number: Decimal | None) -> str:
    """A number digit for digit, as it is stored."""
    return "" if number is None else str(number)
