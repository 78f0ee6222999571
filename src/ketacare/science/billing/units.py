"""What a session is billed as: items and units, from what was given, or, before it, from what is foreseen."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import floor

from ketacare.science.billing.catalogue import catalogue

NASAL, VEIN = "in_esketamine", "iv_ketamine"
MINUTES_AN_HOUR = 60


@dataclass(frozen=True, kw_only=True)
class Given:
    """What was given in one session."""

    route: str
    on: date
    minutes: Decimal  # into a vein: how long the pump ran, pauses left out
    given_mg: Decimal
    is_bundled: bool = True  # an esketamine session is billed by the code that pays for supply and visit too


@dataclass(frozen=True, kw_only=True)
class Part:
    """One item of a session, with its units and codes."""

    item: str
    units: Decimal
    codes: tuple[str, ...]
    why: str


def session_parts(given: Given) -> list[Part]:
    """Return the items of a session in the order of a bill.

    Args:
        given: what was given; a session in which no drug was given has no part.

    Returns:
        The session itself, its further hours, the drug. A code stands only where its days and its rule allow it.
    """
    if given.given_mg <= 0:
        return []
    return list(_nasal(given) if given.route == NASAL else _other(given))


def further_hours(minutes: Decimal) -> int:
    """Return how many further hours an infusion of so many minutes makes.

    Source: B-TIME in the data; a further hour counts from its 31st minute on.
    """
    rules = catalogue().time_rules
    beyond = floor(minutes) - rules.first_hour_min.value
    if beyond < rules.further_hour_from_min.value:
        return 0
    whole, rest = divmod(beyond, MINUTES_AN_HOUR)
    return whole + (rest >= rules.further_hour_from_min.value)


def _nasal(given: Given) -> Iterator[Part]:
    """An esketamine session: one code for all of it, or the session without a code and the drug by mg."""
    limit = catalogue().time_rules.esketamine_low_up_to_mg.value
    name = "low" if given.given_mg <= limit else "high"
    item = f"session.{NASAL}.{name}"
    codes = catalogue().codes_on(item, given.on)
    if given.is_bundled and codes:
        yield _part(
            item, 1, codes, f"{given.given_mg.normalize():f} mg given; the code pays for drug, visit and watching too"
        )
        return
    yield _part(item, 1, (), f"{given.given_mg.normalize():f} mg given; billed without the code that bundles")
    supply = "esketamine_supply"
    yield Part(
        item=supply,
        units=given.given_mg,
        codes=catalogue().codes_on(supply, given.on),
        why=f"{given.given_mg.normalize():f} mg given",
    )


def _other(given: Given) -> Iterator[Part]:
    """A session of ketamine: by the clock where it runs into a vein."""
    rules, item = catalogue().time_rules, f"session.{given.route}"
    codes = catalogue().codes_on(item, given.on)
    why = f"{given.given_mg.normalize():f} mg given"
    if given.route == VEIN:
        why = f"{given.given_mg.normalize():f} mg in {floor(given.minutes)} min"
        if floor(given.minutes) <= rules.no_infusion_up_to_min.value:
            codes = ()
            why += f"; {rules.no_infusion_up_to_min.value} min or less is no infusion for the code: none is put here"
    yield _part(item, 1, codes, why)
    if given.route == VEIN and (hours := further_hours(given.minutes)):
        yield _part(
            "further_hour", hours, catalogue().codes_on("further_hour", given.on), f"{floor(given.minutes)} min in all"
        )
    supply = "ketamine_supply"
    known = catalogue().codes_on(supply, given.on) if given.route == VEIN else ()  # our source speaks of the vein alone
    yield _part(supply, 1, known, f"{given.given_mg.normalize():f} mg given")


def _part(item: str, units: int, codes: tuple[str, ...], why: str) -> Part:
    return Part(item=item, units=Decimal(units), codes=codes, why=why)
