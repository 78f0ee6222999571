"""What one session may hold at most, as it stands beside a dose: the order-check book's parameters, said for this patient."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from ketacare.science.monitoring import protocol
from ketacare.science.monitoring.dosing import round_half_up
from ketacare.science.monitoring.protocol_files import Purpose
from ketacare.science.rules import load

BOOK = "order_checks"
PER_KG = "mg/kg"


@dataclass(frozen=True, kw_only=True)
class Limit:
    """One limit: in words, its numbers with their units, and what a limit by weight comes to for this patient."""

    says: str
    numbers: tuple[tuple[Decimal, str], ...]
    mg_here: Decimal | None
    rules: tuple[str, ...]


def limits(
    purpose: Purpose, route: str, *, params: Mapping[str, float], dosing_weight_kg: Decimal | None
) -> tuple[Limit, ...]:
    """Return what stands beside a dose of this route.

    Args:
        purpose: what the order is for.
        route: how the drug is given.
        params: the order-check book's parameters as they are in force at the site.
        dosing_weight_kg: kg; None while it is not known.

    Returns:
        The limits in the order of the dosing protocol; nothing for a route that has none, which cannot be ordered.
    """
    shown = protocol.load().dosing.shown_limits[purpose].get(route, ())
    units = {name: param.unit for name, param in load(BOOK).params.items()}
    return tuple(
        Limit(
            says=one.says,
            numbers=tuple((Decimal(str(params[name])), units[name]) for name in one.params),
            mg_here=_mg_here([Decimal(str(params[n])) for n in one.params if units[n] == PER_KG], dosing_weight_kg),
            rules=one.rules,
        )
        for one in shown
    )


def _mg_here(per_kg: list[Decimal], kg: Decimal | None) -> Decimal | None:
    if kg is None or not per_kg:
        return None
    return round_half_up(min(per_kg) * kg, protocol.load().dosing.shown_decimals["mg"])


def most_mg_per_kg(
    purpose: Purpose, route: str, *, params: Mapping[str, float], dosing_weight_kg: Decimal
) -> Decimal | None:
    """Return the most that one session may hold, mg/kg: the limit by weight and the one in mg, whichever comes first.

    Args:
        purpose: what the order is for.
        route: how the drug is given.
        params: the order-check book's parameters as they are in force at the site.
        dosing_weight_kg: kg, > 0.

    Returns:
        mg/kg; None where the first limit of the route names no parameter by weight.
    """
    first = next(iter(limits(purpose, route, params=params, dosing_weight_kg=dosing_weight_kg)), None)
    if first is None or not any(unit == PER_KG for _, unit in first.numbers):
        return None
    return min(value if unit == PER_KG else value / dosing_weight_kg for value, unit in first.numbers)
