"""An estimate and a superbill as they are read: one value, made from the kept document, that page and PDF both draw.

An estimate is told in the language that is spoken when it is drawn; a superbill, which is for an insurer, in English.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import typst
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from ketacare.billing.facts import Document
from ketacare.billing.models import Estimate, PaymentPlan, Superbill
from ketacare.billing.spoken import spoken
from ketacare.billing.superbilling import Difference
from ketacare.science.billing.difference import plain
from ketacare.science.billing.money import in_words

PAGE = Path(__file__).parent / "typst/paper.typ"
NOT_KNOWN = noop("not known")
ENGLISH = "en"
Rows = tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table: what it is called, its columns, its rows; the last ``numbers`` columns are numbers."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: int

    @property
    def named_rows(self) -> list[list[tuple[str, str]]]:
        """The rows, each cell with its column: a narrow page writes it beside the cell."""
        return [list(zip(self.columns, row, strict=True)) for row in self.rows]


@dataclass(frozen=True, kw_only=True)
class Section:
    """Facts under a heading."""

    title: str
    rows: Rows


@dataclass(frozen=True, kw_only=True)
class Paper:
    """Everything that page and PDF show."""

    language: str
    title: str
    made: str  # the whole line
    patient: str
    total: str
    sections: tuple[Section, ...]
    tables: tuple[Table, ...]
    notes: tuple[str, ...]


def pdf(paper: Paper) -> bytes:
    """The paper as an accessible PDF; every text goes in as data, never as the page's own language."""
    return typst.compile(PAGE, sys_inputs={"paper": json.dumps(asdict(paper))}, pdf_standards=["a-2b"])


def of_estimate(row: Estimate, plan: PaymentPlan | None) -> Paper:
    """An estimate as it is read."""
    told = row.document
    currency = str(told["currency"])
    tables = [estimate_table(told, currency, apart=False), estimate_table(told, currency, apart=True)]
    if plan is not None:
        tables.append(plan_table(plan, currency))
    return Paper(
        language=translation.get_language(),
        title=f"{spoken(told['name'])} {told['number']}",
        made=made_on(told),
        patient=told["patient"]["name"],
        total=in_all(told, currency),
        sections=(
            people(told),
            Section(title=_("What it is for"), rows=tuple(purpose(told))),
            Section(title=_("When and how"), rows=tuple(timing(row))),
        ),
        tables=tuple(table for table in tables if table.rows),
        notes=tuple(spoken(one) for one in told["disclaimers"]),
    )


def made_on(told: Document) -> str:
    return _("Made on %(day)s by ketacare") % {"day": day(told["made_on"])}


def in_all(told: Document, currency: str) -> str:
    return _("In all") + f": {words(told['total'], currency)}"


def people(told: Document) -> Section:
    """Clinic, clinician and patient."""
    site, patient, clinician = told["site"], told["patient"], told["clinician"]
    rows = [
        (_("Patient"), patient["name"]),
        (_("Born on"), day(patient["born_on"])),
        (_("Clinic"), site["legal_name"] or site["name"]),
        (_("Address"), ", ".join(filter(None, [site["address"], site["state"]])) or spoken(NOT_KNOWN)),
        (_("Telephone"), site["phone"] or spoken(NOT_KNOWN)),
        (_("NPI of the clinic"), site["npi"] or spoken(NOT_KNOWN)),
        (_("TIN (tax number)"), site["tin"] or spoken(NOT_KNOWN)),
        (_("Clinician"), clinician["name"] or spoken(NOT_KNOWN)),
        (_("NPI of the clinician"), clinician["npi"] or spoken(NOT_KNOWN)),
    ]
    return Section(title=_("Who"), rows=tuple(rows))


def diagnosis(told: Document) -> tuple[str, str]:
    """The diagnosis with its code, or that it has none here."""
    known = told["diagnosis"]
    comes_from = _("code from %(source)s") % {"source": spoken(known["source"])}
    code = f"{known['code']} (ICD-10-CM; {comes_from})" if known["code"] else _("no code is known here")
    return _("Diagnosis"), f"{spoken(known['says'])}, {code}"


def purpose(told: Document) -> Iterable[tuple[str, str]]:
    """What the money is for, and who pays."""
    yield diagnosis(told)
    yield _("Main service"), spoken(told["primary_service"])
    yield _("From, until"), f"{day(told['first_on'])} – {day(told['last_on'])}"
    yield _("Insurance"), spoken(told["insurance"])
    if told["not_covered"]:
        yield _("Why insurance does not pay"), told["not_covered"]
    if told["reduced_by_percent"]:
        yield _("Sliding scale"), f"{told['bracket']}: −{told['reduced_by_percent']} %"


def timing(row: Estimate) -> Iterable[tuple[str, str]]:
    """When it was asked for, due and given."""
    told = row.document
    yield _("Booked on"), day(told["booked_on"]) or _("not booked")
    yield _("Asked for on"), day(told["requested_on"]) or _("not asked for")
    due_on = day(told["due_on"]) or _("no set day")
    yield _("To be given by"), f"{due_on} ({spoken(told['due_why'])})"
    given = "; ".join(f"{day(one.given_on)}, {spoken(one.get_how_display())}" for one in row.given.all())
    yield _("Given on"), given or _("not given yet")
    yield _("Rules of"), spoken(told["law"]["title"])


def estimate_table(told: Document, currency: str, *, apart: bool) -> Table:
    """What is expected; what has to be booked apart stands in a table of its own."""
    rows = tuple(
        (spoken(line["label"]), codes(line), line["units"], *amounts(line, currency))
        for line in told["lines"]
        if line["separately_scheduled"] is apart
    )
    title = _("Booked separately") if apart else _("What is expected")
    columns = (_("Service"), _("Codes"), _("How many"), _("Each"), _("In all"))
    return Table(title=title, columns=columns, rows=rows, numbers=3)


def plan_table(plan: PaymentPlan, currency: str) -> Table:
    """When how much is paid."""
    rows = tuple((day(on), words(amount, currency)) for on, amount in plan.instalments)
    title = _("Payment plan: %(count)s instalments") % {"count": len(rows)}
    return Table(title=title, columns=(_("On"), _("Amount")), rows=rows, numbers=1)


@translation.override(ENGLISH)
def of_superbill(row: Superbill, found: Difference | None) -> Paper:
    """A superbill as it is read, with how it differs from the estimate as things stand."""
    told, currency = row.document, str(row.document["currency"])
    notes = [f"{one['label']} on {day(one['on'])} is not charged: {one['why']}." for one in told["struck"]]
    notes += sorted(
        {f"{one['drug'].capitalize()}, {one['route']}: {one['approval']}." for one in told["drugs"] if one["approval"]}
    )
    notes.append("A superbill tells what was done. Whether an insurer pays is the insurer's to say.")
    if hasattr(row, "void"):
        notes.insert(0, f"VOID since {day(row.void.at.date())}: {row.void.reason}")
    tables = [bill_table(told, currency), drug_table(told)]
    return Paper(
        language=translation.get_language(),
        title=f"Superbill {told['number']}",
        made=made_on(told),
        patient=told["patient"]["name"],
        total=in_all(told, currency),
        sections=(people(told), Section(title="What it is for", rows=tuple(bill_facts(told, currency)))),
        tables=tuple(table for table in [*tables, *difference_tables(found)] if table.rows),
        notes=tuple(notes),
    )


def bill_facts(told: Document, currency: str) -> Iterable[tuple[str, str]]:
    """What a superbill rests on."""
    yield diagnosis(told)
    if told["reduced_by_percent"]:
        yield "Sliding scale", f"{told['bracket']}: {told['reduced_by_percent']} % less"
    yield "Paid so far on this course", words(told["paid_before"], currency)
    yield "Estimate", told["estimate"] or "none was given"


def bill_table(told: Document, currency: str) -> Table:
    """What was done."""
    rows = tuple(
        (day(line["on"]), f"{line['label']} ({line['why']})", codes(line), line["units"], *amounts(line, currency))
        for line in told["lines"]
    )
    columns = ("Day", "Service, and why so", "Codes", "Units", "Each", "In all")
    return Table(title="What was done", columns=columns, rows=rows, numbers=3)


def drug_table(told: Document) -> Table:
    """The drug: given and wasted, with its lots."""
    rows = tuple(
        (
            day(one["on"]),
            f"{one['drug'].capitalize()}, {one['route']}",
            one["lots"] or NOT_KNOWN,
            one["ndc"] or NOT_KNOWN,
            one["minutes"],
            one["given_mg"],
            one["wasted_mg"] or NOT_KNOWN,
        )
        for one in told["drugs"]
    )
    columns = ("Day", "Drug", "Lots", "NDC", "Minutes", "mg given", "mg wasted")
    return Table(title="The drug", columns=columns, rows=rows, numbers=3)


def difference_tables(found: Difference | None) -> Sequence[Table]:
    """Estimate against bills of the course, item by item."""
    if found is None:
        return ()
    currency = found.estimate.currency
    rows = tuple(
        (
            gap.label,
            gap.why,
            f"{plain(gap.estimated.units)}: {in_words(gap.estimated.amount, currency)}",
            f"{plain(gap.billed.units)}: {in_words(gap.billed.amount, currency)}",
            in_words(gap.over, currency),
        )
        for gap in found.gaps
    )
    estimated, billed = in_words(found.estimate.total, currency), in_words(found.billed, currency)
    total = ("In all", "", estimated, billed, in_words(found.over, currency))
    title = f"All bills of the course against estimate {found.estimate.document['number']}"
    columns = ("Service", "Why", "Estimated", "Billed", "Difference")
    return (Table(title=title, columns=columns, rows=(*rows, total), numbers=3),)


def codes(line: Document) -> str:
    """The codes of a line, or that there is none."""
    return ", ".join(line["codes"]) or _("none")


def amounts(line: Document, currency: str) -> tuple[str, str]:
    """Each and in all."""
    return words(line["unit_price"], currency), words(line["amount"], currency)


def words(amount: object, currency: str) -> str:
    """A kept amount as people read it."""
    return in_words(Decimal(str(amount)), currency)


def day(text: object) -> str:
    """A kept day as people read it: "2 Mar 2026", elsewhere as its language writes it; empty for none."""
    if not text:
        return ""
    on = date.fromisoformat(str(text))
    return f"{on.day} {on:%b %Y}" if translation.get_language() == ENGLISH else date_format(on)
