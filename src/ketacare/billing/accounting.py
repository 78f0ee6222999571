"""Money that moved, for a clinic's accounting: one row each, stable columns, nothing that a spreadsheet would run."""

import csv
import io
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet

from ketacare.billing import queries
from ketacare.billing.facts import money
from ketacare.billing.models import Payment, Superbill, SuperbillVoid
from ketacare.consent.beyond_care import ACCOUNTS, Asked, asked

# These names and this order stay: an accounting program is set up for them. A new column comes last.
COLUMNS = (
    "day",
    "kind",
    "number",
    "site",
    "patient",
    "course",
    "amount",
    "currency",
    "method",
    "reference",
    "about",
    "reason",
    "recorded_by",
    "recorded_at",
)
POINTING = ("patient", "course", "reason")  # numbers of the person, and words that somebody typed about them
RUNS = (
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "\n",
    "＝",
    "＋",
    "－",
    "＠",
)  # what a spreadsheet takes for the beginning of a formula


@dataclass(frozen=True, kw_only=True)
class File:
    """The file, and whose rows do not say whose they are."""

    text: str
    asked: Asked


def as_csv(sites: Collection[int], *, since: date, until: date, at: datetime) -> File:
    """The rows of these days as CSV in UTF-8 text. Accounts must add up: whoever forbids it keeps their rows, without what points at them."""
    found = [dict(zip(COLUMNS, row, strict=True)) for row in rows(sites, since=since, until=until)]
    who = asked({row["patient"] for row in found}, ACCOUNTS, at=at)
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in found:
        told = row | (dict.fromkeys(POINTING, "") if row["patient"] in who.left_out else {})
        writer.writerow([safe(cell) for cell in told.values()])
    return File(text=out.getvalue(), asked=who)


def safe(cell: object) -> object:
    """A text that a spreadsheet does not run; amounts of our own making stay numbers."""
    text = str(cell)
    is_number = text.removeprefix("-").replace(".", "", 1).isdecimal()
    return f"'{text}" if text.startswith(RUNS) and not is_number else text


def rows(sites: Collection[int], *, since: date, until: date) -> Iterator[tuple[object, ...]]:
    """Bills, voids, payments and refunds: what is owed is positive, what came is negative."""
    for bill in bills(sites, since=since, until=until):
        yield bill_row("superbill", bill, bill, 1, "")
    for void in voids(sites, since=since, until=until):
        yield bill_row("void", void, void.superbill, -1, void.reason)
    for row in queries.movements(sites, since=since, until=until):
        yield payment_row(row)


def bills(sites: Collection[int], *, since: date, until: date) -> list[Superbill]:
    """The superbills that were made on these days of their site."""
    found = queries.superbills().filter(site__in=sites).order_by("pk")
    return [one for one in found if since <= queries.today_at(one.site, one.at) <= until]


def voids(sites: Collection[int], *, since: date, until: date) -> list[SuperbillVoid]:
    """The superbills that were made void on these days of their site."""
    found: QuerySet[SuperbillVoid] = SuperbillVoid.objects.filter(superbill__site__in=sites)
    every = found.select_related("superbill__site", "by").order_by("pk")
    return [one for one in every if since <= queries.today_at(one.superbill.site, one.at) <= until]


def bill_row(kind: str, row: Superbill | SuperbillVoid, bill: Superbill, sign: int, reason: str) -> tuple[object, ...]:
    """A bill, or that it does not count any more."""
    on = queries.today_at(bill.site, row.at)
    amount = money(sign * bill.total, bill.currency)
    who = (bill.site.name, bill.patient_id, bill.course_id)
    return on, kind, bill.number, *who, amount, bill.currency, "", "", "", reason, row.by.name, row.at.isoformat()


def payment_row(row: Payment) -> tuple[object, ...]:
    """Money that came, or went back."""
    sign = -1 if row.kind == Payment.Kind.PAYMENT else 1
    amount, who = money(sign * row.amount, row.currency), (row.site.name, row.patient_id, row.course_id)
    told = (row.method, row.reference, row.refunds_id or "", row.reason, row.by.name, row.at.isoformat())
    return row.received_on, row.kind, row.pk, *who, amount, row.currency, *told
