"""What a clinic charges for and the codes that go with it, each with the days on which it may be used."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Annotated, Literal

from pydantic import Field as Key
from pydantic import ValidationError

from ketacare.science import reference
from ketacare.science.errors import BadReference, Problem
from ketacare.science.reference import Frozen, Mark, Review

FILE = "billing/items"
Names = Annotated[tuple[str, ...], Key(strict=False)]


class Number(Frozen):
    """One number of the rules about units."""

    value: Annotated[int, Key(ge=1)]
    sources: Names
    mark: Mark
    note: str = ""


class TimeRules(Frozen):
    """From what a session was to how many units of a code it makes."""

    no_infusion_up_to_min: Number
    first_hour_min: Number
    further_hour_from_min: Number
    esketamine_low_up_to_mg: Number


class Code(Frozen):
    """One code of a payer's table, in our own words."""

    system: Literal["CPT", "HCPCS"]
    says: str
    from_: date | None = Key(default=None, alias="from")
    until: date | None = None
    bundles: Names = ()  # items that it already pays for on the same day
    sources: Names
    mark: Mark

    def is_valid(self, on: date) -> bool:
        """Whether it may be used for a service of this day."""
        return (self.from_ is None or self.from_ <= on) and (self.until is None or on <= self.until)


class Item(Frozen):
    """One thing that may have a price."""

    label: str
    per: str
    codes: Names
    may_be: Names = ()  # codes that the clinician who was there may choose from
    route: str | None = None
    has_detail: bool = False
    separately_scheduled: bool = False
    note: str = ""


class Catalogue(Frozen):
    """The whole file."""

    id: str
    version: int
    schema_: Literal["ketacare.billing_items/1"] = Key(alias="schema")
    title: str
    status: str
    review: Review
    sources: Names
    time_rules: TimeRules
    codes: Mapping[str, Code]
    items: Mapping[str, Item]

    def codes_on(self, item: str, on: date) -> tuple[str, ...]:
        """Return the codes of an item that may be used on a day."""
        return tuple(code for code in self.items[item].codes if self.codes[code].is_valid(on))

    def bundled(self, codes: set[str]) -> frozenset[str]:
        """Return the items that these codes already pay for."""
        return frozenset(item for code in codes if code in self.codes for item in self.codes[code].bundles)


@cache
def catalogue() -> Catalogue:
    """Return what may be charged for.

    Raises:
        BadReference: the file is not what it must be; every problem at once.
    """
    place = reference.newest(FILE)
    return parse(reference.read_yaml(place), place=place)


def parse(raw: object, *, place: str) -> Catalogue:
    """Turn what a file says into a frozen value, or raise BadReference with every problem."""
    try:
        found = Catalogue.model_validate(raw)
    except ValidationError as error:
        raise BadReference(reference.problems_of(error, place=place)) from error
    used = {code for item in found.items.values() for code in (*item.codes, *item.may_be)}
    bundled = {item for code in found.codes.values() for item in code.bundles}
    rules = found.time_rules
    numbers = [rules.no_infusion_up_to_min, rules.first_hour_min, rules.further_hour_from_min]
    numbers.append(rules.esketamine_low_up_to_mg)
    named = {*found.sources, *(key for code in found.codes.values() for key in code.sources)}
    named |= {key for number in numbers for key in number.sources}
    wrong = {
        "no such code": used - found.codes.keys(),
        "no such item": bundled - found.items.keys(),
        "no such source": named - reference.sources().keys(),
    }
    if problems := [
        Problem(place=place, says=f"{says}: {one}") for says, names in wrong.items() for one in sorted(names)
    ]:
        raise BadReference(problems)
    return found
