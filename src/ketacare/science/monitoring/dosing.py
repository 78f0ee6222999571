"""Dose arithmetic in exact decimals: the weight a dose is reckoned by, and every amount that must stand beside the others."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from ketacare.science.errors import MissingInput, OutOfRange, Problem
from ketacare.science.monitoring import protocol
from ketacare.science.monitoring.protocol_files import IdealWeight, Sex, Template
from ketacare.science.units import MINUTES_PER_HOUR

Basis = Literal["actual", "ideal", "adjusted"]
CM_PER_M = 100


@dataclass(frozen=True, kw_only=True)
class DosingWeight:
    """The weight every mg/kg of an order is per, and how it came about."""

    kg: Decimal
    basis: Basis
    bmi: Decimal
    actual_kg: Decimal
    ideal_kg: Decimal | None
    adjusted_kg: Decimal | None
    is_below_reference_height: bool


@dataclass(frozen=True, kw_only=True)
class Amounts:
    """One dose, said in every way at once; None: not for this route, or not known yet."""

    dosing_weight_kg: Decimal
    mg: Decimal
    mg_per_kg: Decimal
    mg_per_ml: Decimal | None
    ml: Decimal | None
    duration_min: Decimal | None
    mg_per_h: Decimal | None
    mg_per_kg_per_h: Decimal | None
    mg_per_kg_per_min: Decimal | None
    ml_per_h: Decimal | None


def bmi(*, weight_kg: Decimal, height_cm: Decimal) -> Decimal:
    """Return the body mass index, kg/m2, unrounded; both must be > 0, else OutOfRange."""
    _positive(weight_kg=weight_kg, height_cm=height_cm)
    metres = height_cm / CM_PER_M
    return weight_kg / (metres * metres)


def dosing_weight(
    *,
    weight_kg: Decimal | None,
    height_cm: Decimal | None,
    sex: Sex | None,
    bmi_limit: Decimal,
    high_bmi_basis: Literal["ideal", "adjusted"] | None = None,
) -> DosingWeight:
    """Decide by which weight a dose is reckoned: the actual one, from a limit of the BMI on the ideal or adjusted one.

    Args:
        weight_kg: actual weight, kg, > 0.
        height_cm: height, cm, > 0.
        sex: sex at birth; needed from the BMI limit on.
        bmi_limit: from this BMI on, kg/m2, the actual weight is not used (order-check parameter `bmi_ideal_weight`).
        high_bmi_basis: what the site uses instead; None: the protocol's default.

    Returns:
        The smaller of actual and chosen weight, kg. Ideal and adjusted weights are rounded half up as they are shown. Below
        the reference height the ideal weight is the actual one, and `is_below_reference_height` says so.

    Raises:
        MissingInput: weight or height, or the sex where the formula needs it; every missing one at once.
        OutOfRange: a weight or height that is not above 0.

    Assumes: an adult; the weight is the newest one.
    Source: dosing protocol, weight (Devine formula and adjusted weight, both recalled); APA 2017 for the switch.
    """
    weight, height = _known(weight_kg=weight_kg, height_cm=height_cm)
    index = bmi(weight_kg=weight, height_cm=height)
    rules = protocol.load().dosing.weight
    ideal = adjusted = None
    if sex is not None:
        ideal = _ideal_kg(rules.ideal, weight, height, sex, rules.shown_decimals)
        adjusted = round_half_up(ideal + rules.adjusted.share_of_difference * (weight - ideal), rules.shown_decimals)
    by_basis = {"actual": weight, "ideal": ideal, "adjusted": adjusted}
    basis: Basis = "actual" if index < bmi_limit else high_bmi_basis or rules.high_bmi_default
    (chosen,) = _known(sex_at_birth=by_basis[basis])
    return DosingWeight(
        kg=min(weight, chosen),
        basis=basis,
        bmi=index,
        actual_kg=weight,
        ideal_kg=ideal,
        adjusted_kg=adjusted,
        is_below_reference_height=height < rules.ideal.reference_height_cm,
    )


def why_basis(weight: DosingWeight, *, bmi_limit: Decimal) -> str:
    """Say in words why a dose is reckoned by this weight, as an order keeps it."""
    bmi = round_half_up(weight.bmi, protocol.load().dosing.shown_decimals["kg"])
    if weight.basis == "actual":
        return f"BMI {bmi} is below {bmi_limit.normalize():f}: the actual weight."
    said = f"BMI {bmi} is {bmi_limit.normalize():f} or more: the {weight.basis} weight, never above the actual one."
    short = "Below the reference height of the formula the ideal weight is the actual one."
    return f"{said} {short}" if weight.is_below_reference_height else said


def _ideal_kg(rule: IdealWeight, weight_kg: Decimal, height_cm: Decimal, sex: Sex, decimals: int) -> Decimal:
    if height_cm < rule.reference_height_cm:
        return weight_kg
    inches_above = (height_cm - rule.reference_height_cm) / rule.cm_per_inch
    return round_half_up(rule.at_reference_kg[sex] + rule.kg_per_inch * inches_above, decimals)


def mg_from_mg_per_kg(mg_per_kg: Decimal, *, dosing_weight_kg: Decimal) -> Decimal:
    """Return mg for a dose by weight; both must be > 0, else OutOfRange."""
    _positive(mg_per_kg=mg_per_kg, dosing_weight_kg=dosing_weight_kg)
    return mg_per_kg * dosing_weight_kg


def ml_from_mg(mg: Decimal, *, mg_per_ml: Decimal) -> Decimal:
    """Return the volume in mL that holds so many mg at a concentration; both must be > 0, else OutOfRange."""
    _positive(mg=mg, mg_per_ml=mg_per_ml)
    return mg / mg_per_ml


def mg_from_ml(ml: Decimal, *, mg_per_ml: Decimal) -> Decimal:
    """Return the mg in a volume at a concentration; both must be > 0, else OutOfRange."""
    _positive(ml=ml, mg_per_ml=mg_per_ml)
    return ml * mg_per_ml


def amounts(
    *,
    mg: Decimal,
    dosing_weight_kg: Decimal,
    mg_per_ml: Decimal | None = None,
    duration_min: Decimal | None = None,
    diluted_to_ml: Decimal | None = None,
) -> Amounts:
    """Say one dose in every way at once: mg, mg/kg, mL, concentration, rates.

    Args:
        mg: the dose, mg of ketamine base as the vial is labelled, > 0.
        dosing_weight_kg: kg, > 0.
        mg_per_ml: concentration of the vial, mg/mL, > 0.
        duration_min: how long it runs at a steady rate, min, > 0; None for a single dose.
        diluted_to_ml: total volume of the bag or syringe after dilution, mL, > 0; None: the vial's content runs as it is.

    Returns:
        Exact amounts, unrounded. `ml` is drawn from the vial; `ml_per_h` is what the pump runs at.

    Raises:
        OutOfRange: an amount that is not above 0, every such amount at once.

    Source: arithmetic; salt rule of the dosing protocol (a labelled mg is never converted).
    """
    given = {"mg_per_ml": mg_per_ml, "duration_min": duration_min, "diluted_to_ml": diluted_to_ml}
    _positive(mg=mg, dosing_weight_kg=dosing_weight_kg, **{name: one for name, one in given.items() if one is not None})
    ml = None if mg_per_ml is None else ml_from_mg(mg, mg_per_ml=mg_per_ml)
    runs_ml = diluted_to_ml if diluted_to_ml is not None else ml
    per_h = None if duration_min is None else MINUTES_PER_HOUR / duration_min
    mg_per_h = None if per_h is None else mg * per_h
    return Amounts(
        dosing_weight_kg=dosing_weight_kg,
        mg=mg,
        mg_per_kg=mg / dosing_weight_kg,
        mg_per_ml=mg_per_ml,
        ml=ml,
        duration_min=duration_min,
        mg_per_h=mg_per_h,
        mg_per_kg_per_h=None if mg_per_h is None else mg_per_h / dosing_weight_kg,
        mg_per_kg_per_min=None if duration_min is None else mg / dosing_weight_kg / duration_min,
        ml_per_h=None if per_h is None or runs_ml is None else runs_ml * per_h,
    )


def shown(dose: Amounts) -> Mapping[str, Decimal]:
    """Return the amounts as they are shown, rounded half up to the protocol's digits; what is not known is not there."""
    decimals = protocol.load().dosing.shown_decimals
    exact = {name: getattr(dose, name) for name in decimals if name != "kg"} | {"kg": dose.dosing_weight_kg}
    return {name: round_half_up(value, decimals[name]) for name, value in exact.items() if value is not None}


def are_shown_together(dose: Amounts, *, route: str) -> bool:
    """Decide whether every amount that must stand beside the others for a route is there."""
    wanted = protocol.load().dosing.routes[route].shown_together
    return all(getattr(dose, name) is not None for name in wanted)


def template_mg(
    template: Template, *, dosing_weight_kg: Decimal | None, duration_min: Decimal | None, is_first: bool
) -> Decimal | None:
    """Return what a template would give at this dosing weight and duration, mg.

    Args:
        template: the template an order starts from.
        dosing_weight_kg: kg, > 0; None while it is not known.
        duration_min: of the order, min; only a template by rate needs it, and takes its own where it is None.
        is_first: whether this is the first session of the course.

    Returns:
        mg, unrounded; of several usual fixed doses the first one. None where the template gives no amount, or weight or time
        that it needs are not known.

    Source: templates file, each template with its own sources.
    """
    dose, kg = template.dose, dosing_weight_kg
    if dose.first_mg is not None:
        return dose.first_mg if is_first or not dose.usual_mg else dose.usual_mg[0]
    if dose.mg_per_kg is not None:
        return None if kg is None else dose.mg_per_kg * kg
    minutes = dose.duration_min if duration_min is None else duration_min
    if dose.rate_mg_per_kg_h is None or kg is None or minutes is None:
        return None
    rates = [dose.rate_mg_per_kg_h * kg, *filter(None, [dose.max_rate_mg_h])]
    return min(rates) * minutes / MINUTES_PER_HOUR


def round_half_up(value: Decimal, decimals: int) -> Decimal:
    """Return a decimal rounded to so many digits after the point, a half always away from zero."""
    return value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def _positive(**given: Decimal) -> None:
    wrong = [
        Problem(place=name, says=f"must be above 0, not {value}")
        for name, value in given.items()
        if not (value.is_finite() and value > 0)
    ]
    if wrong:
        raise OutOfRange(wrong)


def _known(**given: Decimal | None) -> tuple[Decimal, ...]:
    absent = [Problem(place=name, says="is not known") for name, value in given.items() if value is None]
    if absent:
        raise MissingInput(absent)
    return tuple(value for value in given.values() if value is not None)
