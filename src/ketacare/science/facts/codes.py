"""Which coded statements of a record mean which facts: the parsed ``data/codes/observations``."""

from collections.abc import Iterable
from decimal import Decimal
from functools import cache, cached_property
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from ketacare.science.errors import BadReference, Problem
from ketacare.science.reference import Frozen, Mark, Review, newest, problems_of, read_yaml, sources

LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
Exact = Annotated[Decimal, Field(strict=False)]


class Code(Frozen):
    """One code, what it says in our words, and whether that was read or remembered."""

    code: str
    says: str
    mark: Mark


Codes = Annotated[tuple[Code, ...], Field(strict=False)]


class OxygenCode(Code):
    """A code for inhaled oxygen and the most that still is room air."""

    unit: str
    room_air_up_to: Exact


class NoKnownAllergy(Code):
    """A code that denies allergies: all of them, or those of one sort."""

    at_all: bool = False


class FactRow(Frozen):
    """A fact, the codes that carry it, and how their values make it."""

    fact: str
    take: Literal["latest", "mean", "x_uln"]
    unit: str
    whole: bool
    room_air: bool = False
    codes: Codes
    also: Annotated[tuple[str, ...], Field(strict=False)] = ()

    @cached_property
    def loinc(self) -> frozenset[str]:
        return codes_of(self.codes)


class Mean(Frozen):
    """How many readings make a mean, and how close together."""

    at_least: int
    within_hours: int
    mark: Mark


class UnstatedPosition(Frozen):
    """What a blood pressure without a stated position counts as."""

    counts_as_seated: bool
    mark: Mark


class Contradiction(Frozen):
    """By how much an imported value may differ from a derived one."""

    more_than: Exact
    unit: str
    mark: Mark
    source: str


class BodyPosition(Frozen):
    """The codes that ask for a body position and those that answer "sitting"."""

    codes: Codes
    seated: Codes


class Entered(Code):
    """A measurement that staff type in: our name, its code and unit, and the fact whose range it must lie in."""

    name: str
    unit: str
    fact: str


class HcgQuantity(Frozen):
    """hCG told as a number, and from where on it is negative or positive."""

    codes: Codes
    unit: str
    negative_below: Exact
    positive_from: Exact
    mark: Mark
    source: str


class PregnancyTest(Frozen):
    """The codes of pregnancy tests and of their results."""

    codes: Codes
    quantity: HcgQuantity
    results: dict[str, Codes]


class SexConstants(Frozen):
    """The constants of the kidney equation that depend on sex."""

    k: Exact
    a: Exact
    factor: Exact


class CkdEpi(Frozen):
    """The CKD-EPI equation of 2021."""

    source: str
    mark: Mark
    scale: Exact
    above: Exact
    age: Exact
    age_from: int
    female: SexConstants
    male: SexConstants


class Creatinine(Frozen):
    """Which results are a creatinine, and how it becomes an eGFR."""

    row: FactRow
    ckd_epi_2021: CkdEpi


class Done(Frozen):
    """A fact that any final result with one of these codes makes so."""

    fact: str
    value: bool
    codes: Codes


class DaysSince(Frozen):
    """A fact that counts the days since another fact was measured, or since the newest final result with one of the codes."""

    fact: str
    of: str = ""
    codes: Codes = ()


class CodeBook(Frozen):
    """Everything that turns coded entries into facts."""

    id: str
    version: int
    review: Review
    sources: Annotated[tuple[str, ...], Field(strict=False)]
    mean: Mean
    unstated_position: UnstatedPosition
    bmi_contradiction: Contradiction
    units: dict[str, dict[str, Exact]]
    zero_at: dict[str, Exact]
    creatinine: Creatinine
    done: Annotated[tuple[Done, ...], Field(strict=False)]
    days_since: Annotated[tuple[DaysSince, ...], Field(strict=False)]
    not_filled: dict[str, str]
    facts: Annotated[tuple[FactRow, ...], Field(strict=False)]
    body_mass_index: Codes
    other_vitals: Codes
    inhaled_oxygen: Annotated[tuple[OxygenCode, ...], Field(strict=False)]
    body_position: BodyPosition
    entered: Annotated[tuple[Entered, ...], Field(strict=False)]
    pregnancy_test: PregnancyTest
    no_known_allergies: Annotated[tuple[NoKnownAllergy, ...], Field(strict=False)] = Field(alias="no_known_allergy")

    @cached_property
    def vital_codes(self) -> frozenset[str]:
        """LOINC codes of vital signs, whatever category a source files them under."""
        laboratory = {"renal.egfr", "gate.glucose_mmol_l"}
        vitals = [row.codes for row in self.facts if row.take != "x_uln" and row.fact not in laboratory]
        return codes_of([*(code for row in vitals for code in row), *self.body_mass_index, *self.other_vitals])

    @cached_property
    def position_codes(self) -> frozenset[str]:
        return codes_of(self.body_position.codes)

    @cached_property
    def seated_codes(self) -> frozenset[str]:
        return codes_of(self.body_position.seated)

    @cached_property
    def no_known_allergy_at_all(self) -> frozenset[str]:
        return frozenset(one.code for one in self.no_known_allergies if one.at_all)

    @cached_property
    def no_known_allergy(self) -> frozenset[str]:
        return codes_of(self.no_known_allergies)

    def converted(self, value: Decimal, unit: str, to: str) -> Decimal | None:
        """A value in another unit; None when we do not know how."""
        factor = self.units.get(to, {}).get(unit)
        return None if factor is None else (value - self.zero_at.get(unit, Decimal(0))) * factor


def codes_of(codes: Iterable[Code]) -> frozenset[str]:
    """The bare codes."""
    return frozenset(one.code for one in codes)


@cache
def code_book() -> CodeBook:
    """Return the newest code book, or raise BadReference with every problem of it."""
    file = newest("codes/observations")
    try:
        book = CodeBook.model_validate(read_yaml(file))
    except ValidationError as error:
        raise BadReference(problems_of(error, place=file)) from error
    if unknown := set(book.sources) - sources().keys():
        raise BadReference([Problem(place=file, says=f"there is no source {key}") for key in sorted(unknown)])
    return book
