"""The superbill: what happened, at the prices of its days, without anything that is paid for already."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from ketacare.billing import queries
from ketacare.billing.facts import (
    Document,
    clinician_facts,
    diagnosis_facts,
    money,
    patient_facts,
    site_facts,
    total_of,
)
from ketacare.billing.happened import Happening
from ketacare.billing.models import Estimate, Superbill
from ketacare.billing.queries import PriceLine
from ketacare.billing.values import ADMINISTRATOR, why
from ketacare.clinic.errors import Reason
from ketacare.clinic.models import Course, User
from ketacare.science.billing.catalogue import catalogue
from ketacare.science.billing.difference import Gap, Sum, gaps
from ketacare.science.billing.law import law_of
from ketacare.science.billing.money import reduced
from ketacare.science.billing.units import Part

NOUGHT = Decimal(0)


@dataclass(frozen=True, kw_only=True)
class Difference:
    """What was billed on a course, held against the estimate that the patient was given."""

    estimate: Estimate
    billed: Decimal
    over: Decimal  # below 0: less
    gaps: tuple[Gap, ...]
    dispute: str  # what the patient may do; empty: nothing of this law

    @property
    def amount(self) -> Decimal:
        """How far apart they are."""
        return abs(self.over)


def reasons_against(course: Course, chosen: Sequence[Happening]) -> Iterator[Reason]:
    """Why these things cannot be billed."""
    if not chosen:
        yield why("Choose what to bill.")
    for one in chosen:
        first = one.parts[0]
        if price_of(course, first, one.details[0], on=one.on) is None:
            label = queries.label_of(first.item, one.details[0])
            yield why(f"There was no price on {one.on:%d %b %Y} for: {label}.", ADMINISTRATOR)
    now = {(one.on, code) for one in chosen for part in one.parts for code in codes_of(course, part, on=one.on)}
    for bill, line in earlier(course):
        bundled = catalogue().bundled({code for on, code in now if on.isoformat() == line["on"]})
        if line["item"] in bundled:
            text = f"{line['label']} of {line['on']} is on superbill {bill.number} and is paid for by a code of this one: make that one void first."
            yield why(text)


def document(course: Course, chosen: Sequence[Happening], *, number: int, diagnosis: str, at: datetime) -> Document:
    """The superbill with every figure, as it is kept."""
    site, today = course.site, queries.today_at(course.site, at)
    estimate = queries.newest_estimate(course)
    percent = Decimal(str(estimate.document["reduced_by_percent"] or 0)) if estimate else NOUGHT
    every = [line for one in chosen for line in lines_of(course, one, percent)]
    struck = dict(struck_of(every, [line for _, line in earlier(course)]))
    lines = [line for place, line in enumerate(every) if place not in struck]
    clinician = next((one.clinician_id for one in chosen if one.clinician_id), course.prescriber_id)
    return {
        "schema": "ketacare.superbill/1",
        "number": f"{number}",
        "made_on": today.isoformat(),
        "site": site_facts(site, queries.identity_of(site)),
        "patient": patient_facts(course.patient),
        "clinician": clinician_facts(site, User.objects.filter(pk=clinician).first()),
        "diagnosis": diagnosis_facts(course, diagnosis, on=today),
        "lines": lines,
        "struck": [
            {"label": every[place]["label"], "on": every[place]["on"], "why": said} for place, said in struck.items()
        ],
        "drugs": [one.drug for one in chosen if one.drug is not None],
        "bracket": estimate.document["bracket"] if estimate and percent else "",
        "reduced_by_percent": f"{percent:f}" if percent else "",
        "currency": site.currency,
        "total": money(total_of(lines), site.currency),
        "paid_before": money(queries.balance(course).paid - queries.balance(course).refunded, site.currency),
        "estimate": estimate.document["number"] if estimate else "",
    }


def lines_of(course: Course, one: Happening, percent: Decimal) -> Iterator[Document]:
    """The lines of one thing that happened; a part without a price of its own is included in the first."""
    currency = course.site.currency
    for part, detail in zip(one.parts, one.details, strict=True):
        price = price_of(course, part, detail, on=one.on)
        list_price = price.amount if price else NOUGHT
        unit = reduced(list_price, percent, currency)
        yield {
            "what": one.what,
            "on": one.on.isoformat(),
            "item": queries.key_of(part.item, detail),
            "label": queries.label_of(part.item, detail),
            "units": f"{part.units.normalize():f}",
            "list_price": money(list_price, currency),
            "unit_price": money(unit, currency),
            "amount": money(unit * part.units, currency),
            "codes": list(codes_of(course, part, on=one.on)),
            "why": part.why if price else f"{part.why}; included in the price above",
        }


def price_of(course: Course, part: Part, detail: str, *, on: date) -> PriceLine | None:
    """The price of a part on its day."""
    rows = queries.price_list(course.site, on=on)
    return next((line for line in rows if (line.item, line.detail) == (part.item, detail)), None)


def codes_of(course: Course, part: Part, *, on: date) -> tuple[str, ...]:
    """The codes of a part: the site's own in place of the catalogue's, never where a rule has taken the code away."""
    own = queries.site_code(queries.codes_of(course.site), part.item, on)
    if own is not None and (part.codes or not catalogue().codes_on(part.item, on)):
        return (own.code,)
    return part.codes


def earlier(course: Course) -> list[tuple[Superbill, Document]]:
    """The lines of every superbill of this patient that counts, on any course."""
    return [(bill, line) for bill in queries.superbills_of(course.patient) for line in bill.document["lines"]]


def struck_of(lines: Sequence[Document], before: Iterable[Document]) -> Iterator[tuple[int, str]]:
    """The lines that a code of the same day pays for already: place and reason."""
    known = [*lines, *before]
    for place, line in enumerate(lines):
        for other in known:
            codes = {code for code in other["codes"] if line["item"] in catalogue().bundled({code})}
            if other["on"] == line["on"] and codes:
                yield place, f"paid for by {', '.join(sorted(codes))} of the same day"
                break


def difference(course: Course) -> Difference | None:
    """What was billed against what was estimated; None: the patient was given no estimate."""
    estimate = queries.newest_estimate(course)
    if estimate is None:
        return None
    rows = Superbill.objects.filter(course=course, void__isnull=True)
    billed = summed(line for row in rows for line in row.document["lines"])
    found = tuple(gaps(summed(estimate.document["lines"]), billed))
    over = sum((gap.over for gap in found), NOUGHT)
    law = law_of(course.site.jurisdiction)
    dispute = law.dispute.says if law.dispute and law.may_dispute(over, estimate.currency) else ""
    total = sum((one.amount for one in billed.values()), NOUGHT)
    return Difference(estimate=estimate, billed=total, over=over, gaps=found, dispute=dispute)


def summed(lines: Iterable[Document]) -> dict[str, Sum]:
    """Item -> units and amount in all."""
    found: dict[str, Sum] = {}
    for line in lines:
        before = found.get(str(line["item"]), Sum(label=str(line["label"]), units=NOUGHT, amount=NOUGHT))
        found[str(line["item"])] = Sum(
            label=before.label,
            units=before.units + Decimal(str(line["units"])),
            amount=before.amount + Decimal(str(line["amount"])),
        )
    return found
