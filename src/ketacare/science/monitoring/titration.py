"""What a protocol allows for the next dose, and why: said, never filled in."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from typing import Literal

from ketacare.science.monitoring.protocol_files import Titration

Direction = Literal["up", "down", "same", "unknown"]
HUNDRED = Decimal(100)
SHOWN = Decimal("0.01")  # rounded down: never more than the protocol allows


@dataclass(frozen=True, kw_only=True)
class LastDose:
    """The last dose of this course by this route, and how it went. None: not known, which never counts as well."""

    session_number: int
    mg: Decimal
    mg_per_kg: Decimal | None
    was_adverse: bool | None
    poor_tolerated_sessions: int | None


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """One thing that the protocol allows, with its reason; `unknown`: what must be known first."""

    direction: Direction
    low: Decimal | None
    high: Decimal | None
    unit: Literal["mg/kg", "mg"]
    because: str
    missing: tuple[str, ...] = ()


def suggestion(
    rule: Titration, last: LastDose, *, params: Mapping[str, float], most_mg_per_kg: Decimal | None = None
) -> Suggestion:
    """Say what a protocol's titration rule allows after the last session.

    Args:
        rule: of the template.
        last: the last dose of this course by this route.
        params: the order-check book's parameters as they are in force at the site.
        most_mg_per_kg: the most that the order checks let be given by this route; None: no such limit.

    Returns:
        Down after an adverse session, which goes before everything; up when the rule's conditions are met; else the same
        dose. Where what decides is not known: `unknown`, with what is missing.

    Source: templates file, titration (each with its own sources); order-check DOSE-06, DOSE-07, DOSE-08.
    """
    if last.was_adverse is None:
        return _unknown(rule, "how the last session was borne")
    return _by_devices(rule, last) if rule.doses_mg else _by_weight(rule, last, params, most_mg_per_kg)


def _by_weight(rule: Titration, last: LastDose, params: Mapping[str, float], most: Decimal | None) -> Suggestion:
    if last.mg_per_kg is None:
        return _unknown(rule, "the weight of the last dose")
    if last.was_adverse and rule.step_down_pct is not None:
        most, least = (last.mg_per_kg * (1 - pct / HUNDRED) for pct in reversed(rule.step_down_pct))
        return _said("down", most, least, "mg/kg", f"the last session was an adverse one ({rule.down_when})")
    if last.poor_tolerated_sessions is None:
        return _unknown(rule, "how many of the last sessions brought little and were well tolerated")
    wanted, step = (Decimal(str(params[_param(name)])) for name in (rule.after_sessions, rule.step_up))
    if last.poor_tolerated_sessions < wanted:
        return _said("same", last.mg_per_kg, last.mg_per_kg, "mg/kg", f"a step up comes {rule.up_when}")
    if most is not None and last.mg_per_kg >= most:
        return _said(
            "same", last.mg_per_kg, last.mg_per_kg, "mg/kg", "the last dose was the most that one session allows"
        )
    why = f"the last {last.poor_tolerated_sessions} sessions brought little and were well tolerated"
    highest = last.mg_per_kg + step if most is None else min(most, last.mg_per_kg + step)
    return _said("up", last.mg_per_kg, highest, "mg/kg", why)


def _by_devices(rule: Titration, last: LastDose) -> Suggestion:
    step = rule.step_mg or Decimal(0)
    lowest, highest = min(rule.doses_mg), max(rule.doses_mg)
    if last.was_adverse:
        return _said(
            "down",
            max(lowest, last.mg - step),
            last.mg,
            "mg",
            f"the last session was an adverse one ({rule.down_when})",
        )
    low, high = max(lowest, last.mg - step), min(highest, last.mg + step)
    return _said("up" if high > last.mg else "same", low, high, "mg", rule.up_when)


def _param(name: str | None) -> str:
    """``order_checks.step_up_mg_per_kg`` -> ``step_up_mg_per_kg``."""
    return (name or "").partition(".")[2]


def _said(direction: Direction, low: Decimal, high: Decimal, unit: Literal["mg/kg", "mg"], because: str) -> Suggestion:
    return Suggestion(
        direction=direction,
        low=low.quantize(SHOWN, ROUND_DOWN),
        high=high.quantize(SHOWN, ROUND_DOWN),
        unit=unit,
        because=because,
    )


def _unknown(rule: Titration, *missing: str) -> Suggestion:
    return Suggestion(
        direction="unknown",
        low=None,
        high=None,
        unit="mg" if rule.doses_mg else "mg/kg",
        because=f"not known: {', '.join(missing)}",
        missing=missing,
    )
