"""The estimate of a course: what it starts from, what stands against it, and its document."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal

from ketacare.billing import queries
from ketacare.billing.facts import (
    Document,
    clinician_facts,
    diagnosis_facts,
    money,
    patient_facts,
    reduction_of,
    responsible,
    site_facts,
    total_of,
)
from ketacare.billing.models import SiteIdentity
from ketacare.billing.queries import PriceLine
from ketacare.billing.values import ADMINISTRATOR, INSURANCE, EstimateInput, why
from ketacare.clinic.errors import Reason
from ketacare.clinic.models import Course
from ketacare.planning.queries import newest_plan, template_of
from ketacare.science.billing.catalogue import catalogue
from ketacare.science.billing.dates import months_after
from ketacare.science.billing.law import Due, Law, due, law_of
from ketacare.science.billing.money import reduced
from ketacare.science.billing.numbers import holds_card_number
from ketacare.science.billing.units import NASAL, Given, session_parts
from ketacare.science.monitoring import protocol
from ketacare.science.monitoring.protocol_files import Template

NEEDED = {
    "legal_name": "its legal name",
    "address": "its address",
    "state": "its state",
    "npi": "its NPI",
    "tin": "its TIN",
}


def starting_counts(course: Course, *, on: date) -> dict[str, int]:
    """What an estimate starts from: the sessions of the plan, else of the first protocol that fits; and one evaluation."""
    plan = newest_plan(course)
    template = template_of(plan) if plan else next(iter(fitting(course)), None)
    if template is None:
        return {"evaluation": 1}
    sessions = plan.sessions.count() if plan else sessions_of(template)
    identity = queries.identity_of(course.site)
    is_bundled = identity is None or identity.bundles_esketamine
    return {"evaluation": 1} | counted(template, doses_of(template, sessions), on=on, is_bundled=is_bundled)


def fitting(course: Course) -> list[Template]:
    """The protocols for what the course is for, as shipped."""
    found = protocol.load().templates.values()
    return [one for one in found if course.indication in one.indications and one.default_enabled]


def sessions_of(template: Template) -> int:
    """How many sessions a protocol has at most; 0: our sources do not say."""
    pattern = template.course
    return int(pattern.sessions[-1]) if pattern and pattern.sessions else 0


def doses_of(template: Template, sessions: int) -> Iterator[Decimal]:
    """The dose of each session as far as the item depends on it: fixed doses only; the highest usual one after the first."""
    dose = template.dose
    for number in range(sessions):
        fixed = dose.first_mg if number == 0 or not dose.usual_mg else max(dose.usual_mg)
        yield Decimal(str(fixed or 1))


def counted(template: Template, doses: Iterable[Decimal], *, on: date, is_bundled: bool) -> dict[str, int]:
    """Item -> how many of it the sessions make."""
    minutes = Decimal(str(template.dose.duration_min or 0))
    found: dict[str, int] = {}
    for mg in doses:
        told = Given(route=template.route, on=on, minutes=minutes, given_mg=mg, is_bundled=is_bundled)
        for part in session_parts(told):
            found[part.item] = found.get(part.item, 0) + int(part.units)
    return found


def due_of(law: Law, told: EstimateInput) -> Due:
    """By when it is to be given."""
    if told.insurance == "used":
        return Due(on=None, why="the patient uses insurance: the law asks for no estimate from us")
    return due(law, booked_on=told.booked_on, requested_on=told.requested_on, service_on=told.first_on)


def reasons_against(course: Course, told: EstimateInput, *, at: datetime) -> Iterator[Reason]:
    """Why no estimate can be made from this."""
    law, today = law_of(course.site.jurisdiction), queries.today_at(course.site, at)
    yield from _against_clinic(law, queries.identity_of(course.site))
    if told.first_on < today:
        yield why("The first service lies in the past.")
    if not told.first_on <= told.last_on <= months_after(told.first_on, law.estimate.longest_months):
        yield why(f"An estimate is for {law.estimate.longest_months} months at most, and ends after it began.")
    if any(day is not None and day > today for day in (told.booked_on, told.requested_on)):
        yield why("Booked or asked for in the future.")
    if told.insurance not in INSURANCE:
        yield why("Say whether insurance is used.")
    if told.bracket and reduction_of(course.site, told.bracket, on=today) is None:
        yield why("The site's table has no such bracket.")
    if holds_card_number(told.not_covered):
        yield why("This looks like the number of a card. Card numbers are never kept here.")
    yield from _against_counts(told, queries.price_list(course.site, on=told.first_on))


def _against_clinic(law: Law, identity: SiteIdentity | None) -> Iterator[Reason]:
    needed = NEEDED if law.estimate.is_asked else {"legal_name": NEEDED["legal_name"]}
    missing = [says for name, says in needed.items() if not getattr(identity, name, "")]
    if missing:
        yield why(f"The clinic has not said {', '.join(missing)}.", ADMINISTRATOR)


def _against_counts(told: EstimateInput, prices: list[PriceLine]) -> Iterator[Reason]:
    counts, known = dict(told.counts), {line.key: line for line in prices}
    if not all(count.is_finite() and count >= 0 for count in counts.values()):
        yield why("A number of services is 0 or more.")
        return
    if not any(counts.values()):
        yield why("Say how many of at least one service.")
    if wrong := sorted(counts.keys() - known.keys()):
        yield why(f"No price holds on the first day for: {', '.join(wrong)}.", ADMINISTRATOR)
    codes = {code for key in counts if key in known and counts[key] > 0 for code in known[key].codes}
    if counts.get("esketamine_supply", Decimal(0)) > 0 and "esketamine_supply" in catalogue().bundled(codes):
        yield why("The code of the esketamine session already pays for the drug: leave the drug out.")


def document(course: Course, told: EstimateInput, *, diagnosis: str, version: int, at: datetime) -> Document:
    """The estimate with every figure, as it is kept."""
    site, law, today = course.site, law_of(course.site.jurisdiction), queries.today_at(course.site, at)
    percent = reduction_of(site, told.bracket, on=today) if told.bracket else Decimal(0)
    lines = list(lines_of(told, queries.price_list(site, on=told.first_on), percent or Decimal(0), site.currency))
    by_when = due_of(law, told)
    return {
        "schema": "ketacare.estimate/1",
        "name": law.estimate.name,
        "number": f"{course.pk}-{version}",
        "law": {"id": law.id, "version": law.version, "title": law.title, "who": law.estimate.who},
        "made_on": today.isoformat(),
        "site": site_facts(site, queries.identity_of(site)),
        "patient": patient_facts(course.patient),
        "clinician": clinician_facts(site, responsible(course)),
        "diagnosis": diagnosis_facts(course, diagnosis, on=today),
        "primary_service": primary(lines),
        "first_on": told.first_on.isoformat(),
        "last_on": told.last_on.isoformat(),
        "booked_on": told.booked_on.isoformat() if told.booked_on else "",
        "requested_on": told.requested_on.isoformat() if told.requested_on else "",
        "due_on": by_when.on.isoformat() if by_when.on else "",
        "due_why": by_when.why,
        "insurance": INSURANCE[told.insurance],
        "not_covered": told.not_covered,
        "bracket": told.bracket,
        "reduced_by_percent": f"{percent:f}" if percent else "",
        "lines": lines,
        "currency": site.currency,
        "total": money(total_of(lines), site.currency),
        "disclaimers": [one.says for one in law.estimate.disclaimers],
    }


def lines_of(told: EstimateInput, prices: list[PriceLine], percent: Decimal, currency: str) -> Iterator[Document]:
    """One line for each service that is expected."""
    counts = dict(told.counts)
    for price in prices:
        if (count := counts.get(price.key, Decimal(0))) > 0:
            unit = reduced(price.amount, percent, currency)
            yield {
                "item": price.key,
                "label": price.label,
                "units": f"{count.normalize():f}",
                "list_price": money(price.amount, currency),
                "unit_price": money(unit, currency),
                "amount": money(unit * count, currency),
                "codes": list(price.codes),
                "separately_scheduled": catalogue().items[price.item].separately_scheduled,
            }


def primary(lines: list[Document]) -> str:
    """The service that the estimate is mainly about: the sessions, else the first line."""
    named = [str(line["label"]) for line in lines if str(line["item"]).startswith("session.")]
    return (named or [str(lines[0]["label"])])[0]


def is_nasal(course: Course) -> bool:
    """Whether the course is planned with esketamine."""
    plan = newest_plan(course)
    return plan is not None and plan.route == NASAL
