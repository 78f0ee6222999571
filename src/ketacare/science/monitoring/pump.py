"""A pump's rate said in the units pumps use, reckoned two ways that must meet: by the fluid's concentration and by the weight."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from ketacare.science.errors import OutOfRange, Problem
from ketacare.science.monitoring import protocol
from ketacare.science.monitoring.dosing import round_half_up
from ketacare.science.units import MINUTES_PER_HOUR

Unit = Literal["mg_per_h", "ml_per_h", "mcg_per_kg_per_min"]
MCG_PER_MG = 1000
MCG_DIGITS = 3  # fewer after the point than mg have: a thousandth


@dataclass(frozen=True, kw_only=True)
class Basis:
    """What turns one unit of a rate into another: the fluid in the pump, and the weight the dose is reckoned by."""

    mg_per_ml: Decimal
    weight_kg: Decimal

    def __post_init__(self) -> None:
        given = {"mg_per_ml": self.mg_per_ml, "weight_kg": self.weight_kg}
        if wrong := [
            Problem(place=name, says=f"must be above 0, not {one}") for name, one in given.items() if one <= 0
        ]:
            raise OutOfRange(wrong)


@dataclass(frozen=True, kw_only=True)
class PumpRate:
    """One rate both ways, rounded as it is set on a pump, and what each comes back to."""

    mg_per_h: Decimal
    ml_per_h: Decimal
    mcg_per_kg_per_min: Decimal
    mg_per_h_of_volume: Decimal  # what the rounded mL/h gives
    mg_per_h_of_weight: Decimal  # what the rounded mcg/kg/min gives


@dataclass(frozen=True, kw_only=True)
class Apart:
    """Two numbers for the same rate that no rounding explains."""

    meant: Decimal
    shown: Decimal
    unit: Unit


def decimals(unit: Unit) -> int:
    """Return how many digits after the point a rate in this unit is set and shown with."""
    digits = protocol.load().dosing.shown_decimals
    return digits["mg_per_kg_per_min"] - MCG_DIGITS if unit == "mcg_per_kg_per_min" else digits[unit]


def mg_per_h_of(value: Decimal, unit: Unit, basis: Basis) -> Decimal:
    """Return a rate in mg/h, exact.

    Args:
        value: the rate, > 0.
        unit: what it is in.
        basis: concentration of the fluid in the pump, mg/mL, and dosing weight, kg.

    Raises:
        OutOfRange: a rate that is not above 0.

    Source: arithmetic.
    """
    if value <= 0:
        raise OutOfRange([Problem(place=unit, says=f"must be above 0, not {value}")])
    if unit == "ml_per_h":
        return value * basis.mg_per_ml
    return value * basis.weight_kg * MINUTES_PER_HOUR / MCG_PER_MG if unit == "mcg_per_kg_per_min" else value


def pump_rate(mg_per_h: Decimal, basis: Basis) -> PumpRate:
    """Return a rate both ways: mg/h to mL/h by the concentration, and to mcg/kg/min by the weight, and back.

    Args:
        mg_per_h: > 0.
        basis: concentration of the fluid in the pump, mg/mL, and dosing weight, kg.

    Returns:
        Rounded half up to the digits a pump is set with; the ways back are exact, so their distance is what rounding did.

    Raises:
        OutOfRange: a rate that is not above 0.

    Source: arithmetic; digits from the dosing protocol (shown_decimals).
    """
    ml = round_half_up(_said_in(mg_per_h, "ml_per_h", basis), decimals("ml_per_h"))
    mcg = round_half_up(_said_in(mg_per_h, "mcg_per_kg_per_min", basis), decimals("mcg_per_kg_per_min"))
    return PumpRate(
        mg_per_h=mg_per_h,
        ml_per_h=ml,
        mcg_per_kg_per_min=mcg,
        mg_per_h_of_volume=ml * basis.mg_per_ml,
        mg_per_h_of_weight=mcg * basis.weight_kg * MINUTES_PER_HOUR / MCG_PER_MG,
    )


def apart(mg_per_h: Decimal, shown: Decimal, unit: Unit, basis: Basis) -> Apart | None:
    """Return the two numbers where what the pump shows is not the rate that is meant, or None where rounding explains it.

    Args:
        mg_per_h: the rate that is meant, > 0.
        shown: what the pump shows, > 0.
        unit: in which unit it shows it.
        basis: concentration of the fluid in the pump, mg/mL, and dosing weight, kg.

    Raises:
        OutOfRange: a rate that is not above 0.

    Assumes: a pump is set with the digits of the dosing protocol, so half of the last one is all that rounding may take or add.
    """
    if shown <= 0:
        raise OutOfRange([Problem(place=unit, says=f"must be above 0, not {shown}")])
    meant = _said_in(mg_per_h, unit, basis)
    half_a_step = Decimal(1).scaleb(-decimals(unit)) / 2
    if abs(meant - shown) <= half_a_step:
        return None
    return Apart(meant=round_half_up(meant, decimals(unit)), shown=shown, unit=unit)


def _said_in(mg_per_h: Decimal, unit: Unit, basis: Basis) -> Decimal:
    return mg_per_h / mg_per_h_of(Decimal(1), unit, basis)
