"""The facts an order is checked by: what the order-check book calls derived, from a draft and the sessions before it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import Literal

from ketacare.science.errors import MissingInput, OutOfRange, Problem
from ketacare.science.monitoring import protocol
from ketacare.science.monitoring.dosing import (
    Amounts,
    Basis,
    amounts,
    are_shown_together,
    dosing_weight,
    template_mg,
)
from ketacare.science.monitoring.earlier_sessions import EarlierSessions, facts_of_earlier_sessions
from ketacare.science.monitoring.protocol_files import Sex, Template
from ketacare.science.rules import Fact, Value, load
from ketacare.science.units import MINUTES_PER_HOUR

BOOK = "order_checks"
BMI_LIMIT = "bmi_ideal_weight"
SITE_LIMITED_ROUTE = "in_ketamine_compounded"


@dataclass(frozen=True, kw_only=True)
class OrderDraft:
    """An order as a prescriber writes it. None: not known, or not said."""

    planned_at: datetime
    route: str
    diagnosis: str | None
    template_id: str | None
    dose_mg: Decimal | None
    weight_kg: Decimal | None = None
    weighed_on: date | None = None
    weight_before_kg: Decimal | None = None
    weight_change_confirmed: bool | None = None
    height_cm: Decimal | None = None
    sex_at_birth: Sex | None = None
    weight_basis: Basis | None = None
    duration_min: Decimal | None = None
    bolus_mg: Decimal | None = None
    bolus_min: Decimal | None = None
    vial_mg_per_ml: Decimal | None = None
    is_diluted: bool | None = None
    diluted_to_ml: Decimal | None = None
    is_prescriber_pain_trained: bool | None = None
    is_etco2_planned: bool | None = None
    requirements: Mapping[str, bool | None] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class SiteRules:
    """What a site has settled for its orders. `bmi_limit` None: the order-check book's default."""

    zone: tzinfo
    bmi_limit: Decimal | None = None
    high_bmi_basis: Literal["ideal", "adjusted"] | None = None
    compounded_nasal_limit_mg: Decimal | None = None
    routes_enabled: frozenset[str] = frozenset()  # beside those that need no enabling
    may_start_esketamine_at_28: bool = False


def order_facts(draft: OrderDraft, earlier: EarlierSessions, *, site: SiteRules, on: date) -> dict[str, Fact]:
    """Derive every `order.` fact that can be known from a draft and from what was given before.

    Args:
        draft: the order as written.
        earlier: everything given before, here and elsewhere as told.
        site: the site's own rules.
        on: the day the order is checked; the age of the weight counts to it.

    Returns:
        Facts by name. What is not known is not there: the book then finds it missing, which is never a pass. The facts that
        nurse and device supply at the vial (`order.double_check`, `order.barcode_match`) are not derived here.

    Raises:
        OutOfRange: a weight, dose, duration or concentration that is not above 0.

    Source: order-check book, `derived` text of each field; session protocols, weight_basis.
    """
    fields = load(BOOK).fields
    found = {name: value for name, value in _values(draft, earlier, site, on) if value is not None}
    return {name: Fact(name=name, value=value, unit=fields[name].unit, source="order") for name, value in found.items()}


def draft_amounts(draft: OrderDraft, *, site: SiteRules) -> Amounts | None:
    """Return the order's dose said in every way at once; None while dose or dosing weight are not known."""
    kg = draft_dosing_weight_kg(draft, site=site)
    if kg is None or draft.dose_mg is None:
        return None
    return amounts(
        mg=draft.dose_mg,
        dosing_weight_kg=kg,
        mg_per_ml=draft.vial_mg_per_ml,
        duration_min=draft.duration_min,
        diluted_to_ml=draft.diluted_to_ml,
    )


def draft_dosing_weight_kg(draft: OrderDraft, *, site: SiteRules) -> Decimal | None:
    """Return the weight every mg/kg of the order is per, kg; None while something it needs is not known.

    A route of whole devices is not dosed by weight: there the actual weight stands, for what is shown.
    """
    route = protocol.load().dosing.routes.get(draft.route)
    if route is not None and route.form == "devices":
        return draft.weight_kg
    limit = site.bmi_limit
    if limit is None:
        limit = Decimal(str(load(BOOK).params[BMI_LIMIT].default))
    try:
        return dosing_weight(
            weight_kg=draft.weight_kg,
            height_cm=draft.height_cm,
            sex=draft.sex_at_birth,
            bmi_limit=limit,
            high_bmi_basis=site.high_bmi_basis,
        ).kg
    except MissingInput:
        return None


def _values(
    draft: OrderDraft, earlier: EarlierSessions, site: SiteRules, on: date
) -> Iterator[tuple[str, Value | None]]:
    dose = draft_amounts(draft, site=site)
    first = not any(one.is_of_this_course for one in earlier.here)
    yield from _said(draft)
    yield from _weight_facts(draft, draft_dosing_weight_kg(draft, site=site), on)
    yield from _dose_facts(draft, dose)
    yield from _route_facts(draft, site)
    yield from _template_facts(draft, draft_dosing_weight_kg(draft, site=site), is_first=first)
    yield from facts_of_earlier_sessions(
        earlier,
        planned_at=draft.planned_at,
        zone=site.zone,
        route=draft.route,
        dose_mg=draft.dose_mg,
        mg_per_kg=dose.mg_per_kg if dose else None,
    )


def _said(draft: OrderDraft) -> Iterator[tuple[str, Value | None]]:
    """What the prescriber wrote, under the book's names."""
    yield "order.dose_mg", _float(draft.dose_mg)
    yield "order.duration_min", _float(draft.duration_min)
    yield "order.concentration_mg_ml", _float(draft.vial_mg_per_ml)
    yield "order.diluted", draft.is_diluted
    yield "order.weight_basis", draft.weight_basis
    yield "order.weight_change_confirmed", draft.weight_change_confirmed
    yield "order.prescriber_pain_trained", draft.is_prescriber_pain_trained
    yield "order.etco2_planned", draft.is_etco2_planned


def _weight_facts(draft: OrderDraft, kg: Decimal | None, on: date) -> Iterator[tuple[str, Value | None]]:
    yield "order.dosing_weight_kg", _float(kg)
    yield "order.weight_age_days", None if draft.weighed_on is None else (on - draft.weighed_on).days
    if draft.weight_kg is not None:
        before = draft.weight_kg if draft.weight_before_kg is None else draft.weight_before_kg
        if not before > 0:
            raise OutOfRange([Problem(place="weight_before_kg", says=f"must be above 0, not {before}")])
        yield "order.weight_change_pct", _float(abs(draft.weight_kg - before) / before * 100)


def _dose_facts(draft: OrderDraft, dose: Amounts | None) -> Iterator[tuple[str, Value | None]]:
    if dose is None:
        return
    yield "order.mg_per_kg", _float(dose.mg_per_kg)
    yield "order.units_shown_together", are_shown_together(dose, route=draft.route)
    fastest = _fastest_mg_per_min(draft)
    if fastest is not None:
        yield "order.rate_mg_per_kg_min", _float(fastest / dose.dosing_weight_kg)
        yield "order.rate_mg_h", _float(fastest * MINUTES_PER_HOUR)
        yield "order.rate_mg_per_kg_h", _float(fastest * MINUTES_PER_HOUR / dose.dosing_weight_kg)


def _fastest_mg_per_min(draft: OrderDraft) -> Decimal | None:
    """The fastest planned rate, a bolus included; None while it cannot be known."""
    if draft.dose_mg is None or draft.duration_min is None:
        return None
    if draft.bolus_mg is None:
        return draft.dose_mg / draft.duration_min
    if draft.bolus_min is None:
        return None
    if not 0 < draft.bolus_min < draft.duration_min or not 0 < draft.bolus_mg <= draft.dose_mg:
        raise OutOfRange("a bolus is a part of the dose and takes a part of its time")
    rest = (draft.dose_mg - draft.bolus_mg) / (draft.duration_min - draft.bolus_min)
    return max(rest, draft.bolus_mg / draft.bolus_min)


def _route_facts(draft: OrderDraft, site: SiteRules) -> Iterator[tuple[str, Value | None]]:
    protocols = protocol.load()
    purpose = None if draft.diagnosis is None else protocols.purpose(draft.diagnosis)
    yield "order.purpose", purpose
    if purpose is not None:
        yield "order.route_has_limit", draft.route in protocols.dosing.limited_by[purpose]
    yield "order.route_has_schedule", draft.route in protocols.monitoring.schedules
    yield "order.route_has_min_observation", draft.route in protocols.recovery.minimum_observation_min
    yield "site.route_enabled", is_enabled(draft.route, site)
    yield "site.esketamine_28_policy", site.may_start_esketamine_at_28
    limit = site.compounded_nasal_limit_mg
    if draft.route == SITE_LIMITED_ROUTE and limit is not None and draft.dose_mg is not None:
        yield "order.over_site_limit", draft.dose_mg > limit


def is_enabled(route: str, site: SiteRules) -> bool:
    """Return whether a site gives a route: of itself, or because the site has enabled it."""
    known = protocol.load().dosing.routes.get(route)
    return known is not None and (known.default_enabled or route in site.routes_enabled)


def _template_facts(draft: OrderDraft, kg: Decimal | None, *, is_first: bool) -> Iterator[tuple[str, Value | None]]:
    template = protocol.load().templates.get(draft.template_id or "")
    if template is None:
        return
    yield "order.template", template.id
    yield "order.template_requirements_met", _requirements_met(template, draft.requirements)
    yield "order.deviation_from_template_ratio", _deviation(template, draft, kg, is_first=is_first)


def _requirements_met(template: Template, told: Mapping[str, bool | None]) -> bool | None:
    states = [told.get(name) for name in template.requires]
    return False if False in states else None if None in states else True


def _deviation(template: Template, draft: OrderDraft, kg: Decimal | None, *, is_first: bool) -> Value | None:
    """The dose in multiples of the template's; 1 where the template gives no amount to compare with."""
    if not template.dose.gives_amount:
        return 1
    expected = template_mg(template, dosing_weight_kg=kg, duration_min=draft.duration_min, is_first=is_first)
    return None if expected is None or draft.dose_mg is None else _float(draft.dose_mg / expected)


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
