"""The register of a span of days in one file: as a value, a table and a PDF with the same rows."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path

import typst

from ketacare.clinic.models import Site
from ketacare.science.stewardship.ledger import SMALLEST
from ketacare.stewardship import pages, queries
from ketacare.stewardship.models import Account, Container, Count, Line, Movement
from ketacare.ui.words import moment

PAGE = Path(__file__).parent / "typst/register.typ"
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # with which a spreadsheet would begin to reckon
NO_TABLE = "–"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of the register as an inspector reads it; every field is text."""

    number: str
    at: str
    act: str
    drug: str
    strength_mg_per_ml: str
    lot: str
    expires_on: str
    container: str
    mg: str
    ml: str
    out_of: str
    into: str
    patient: str
    born_on: str
    session: str
    by: str
    second_person: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Balance:
    """What the vault held of one lot at the end of the span."""

    drug: str
    strength_mg_per_ml: str
    lot: str
    expires_on: str
    mg: str


@dataclass(frozen=True, kw_only=True)
class Told:
    """A discrepancy or a count, in one row."""

    at: str
    what: str
    says: str
    signed: str


@dataclass(frozen=True, kw_only=True)
class File:
    """The register of a site from one day to another."""

    site: str
    jurisdiction: str
    since: str
    until: str
    made_at: str
    movements: int
    entries: tuple[Entry, ...]
    balances: tuple[Balance, ...]
    counts: tuple[Told, ...]
    discrepancies: tuple[Told, ...]
    patients: tuple[int, ...]


def file(site: Site, *, since: date, until: date, at: datetime) -> File:
    """Everything that an inspector asks of a register."""
    begins, ends = pages.span_of(site, since, until)
    rows = list(queries.movements(site, since=begins, until=ends))
    unexplained = [one for one in queries.discrepancies([site.pk]) if begins <= one.opened_at < ends]
    counts = Count.objects.filter(site=site, at__gte=begins, at__lt=ends).select_related("witness").order_by("at", "pk")
    zone = site.time_zone
    return File(
        site=site.name,
        jurisdiction=queries.law_of(site).title,
        since=since.isoformat(),
        until=until.isoformat(),
        made_at=moment(at, zone),
        movements=len(rows),
        entries=tuple(entry_of(row, line, zone) for row in rows for line in row.lines.all()),
        balances=tuple(balances(site, ends)),
        counts=tuple(count_told(one, zone) for one in counts),
        discrepancies=tuple(discrepancy_told(one, zone) for one in unexplained),
        patients=tuple(sorted(set(pages.patients_of([*rows, *unexplained])))),
    )


def entry_of(row: Movement, line: Line, zone: str) -> Entry:
    box, patient = line.container, row.course.patient if row.course else None
    return Entry(
        number=str(row.number),
        at=moment(row.at, zone),
        act=row.get_kind_display(),
        drug=box.drug,
        strength_mg_per_ml=f"{box.mg_per_ml:f}" if box.lot else NO_TABLE,
        lot=box.lot or NO_TABLE,
        expires_on=box.expires_on.isoformat() if box.expires_on else NO_TABLE,
        container=box.serial,
        mg=f"{line.amount.mg:f}",
        ml=f"{line.amount.ml:f}" if box.lot else NO_TABLE,
        out_of=str(line.out_of),
        into=str(line.into),
        patient=str(patient) if patient else "",
        born_on=patient.born_on.isoformat() if patient else "",
        session=str(row.session or ""),
        by=row.by_name,
        second_person=row.witness.name if row.witness else "",
        reason=row.reason,
    )


def balances(site: Site, until: datetime) -> list[Balance]:
    """The vault at the end of a span, lot by lot."""
    vault = Account.objects.filter(site=site, kind=Account.Kind.VAULT)
    lines = Line.objects.filter(movement__at__lt=until)
    into, out = (queries.summed(lines.filter(**{f"{side}__in": vault})) for side in ("into", "out_of"))
    boxes = Container.objects.in_bulk(into)
    sums: dict[tuple[str, str, str, str], int] = {}
    for pk, box in boxes.items():
        held = into[pk][1] - out.get(pk, queries.NOTHING)[1]
        key = (box.drug, f"{box.mg_per_ml:f}", box.lot, str(box.expires_on))
        sums[key] = sums.get(key, 0) + int(held.mg / SMALLEST)
    rows = sorted(sums.items(), key=lambda one: one[0])
    return [
        Balance(drug=drug, strength_mg_per_ml=strength, lot=lot, expires_on=expires, mg=f"{ug * SMALLEST:f}")
        for (drug, strength, lot, expires), ug in rows
    ]


def count_told(one: Count, zone: str) -> Told:
    gaps = [f"lot {lot.lot}: {lot.gap_mg:+f} mg" for lot in one.lots.all() if lot.gap_mg]
    signed = f"{one.by_name}, {one.witness.name if one.witness else 'nobody else'}"
    return Told(at=moment(one.at, zone), what=one.get_moment_display(), says="; ".join(gaps) or "no gap", signed=signed)


def discrepancy_told(one: queries.Discrepancy, zone: str) -> Told:
    explained = getattr(one, "explanation", None)
    signed = f"{explained.by_name}, {explained.witness.name}: {explained.reason}" if explained else "OPEN"
    return Told(at=moment(one.opened_at, zone), what=one.get_kind_display(), says=one.says, signed=signed)


def as_csv(made: File) -> str:
    """One row a line, in the order it was written. Text that a spreadsheet would take for a formula is kept text."""
    out = io.StringIO()
    names = list(Entry.__dataclass_fields__)
    writer = csv.writer(out)
    writer.writerow(names)
    writer.writerows([safe(getattr(one, name)) for name in names] for one in made.entries)
    return out.getvalue()


def safe(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text


def as_pdf(made: File) -> bytes:
    """The same on paper; every text goes in as data, never as the page's own language."""
    return typst.compile(PAGE, sys_inputs={"register": json.dumps(asdict(made))}, pdf_standards=["a-2b"])


WRITERS: dict[str, Callable[[File], str | bytes]] = {"csv": as_csv, "pdf": as_pdf}
