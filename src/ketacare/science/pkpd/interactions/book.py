"""Which medicines are known to change ketamine: the parsed ``data/pharmacology/interactions`` with the names of ``codes/medicines``."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from ketacare.science.errors import BadReference, Problem
from ketacare.science.pkpd.regimen import Route
from ketacare.science.reference import (
    Frozen,
    Mark,
    Review,
    newest,
    problems_of,
    read_yaml,
    refuse_if_changed,
    sources,
)

STEM = "pharmacology/interactions"
Names = Annotated[tuple[str, ...], Field(strict=False, min_length=1)]
Ratio = Annotated[float, Field(gt=0)]
Molecule = Literal["ketamine", "norketamine"]
ActsOn = Literal["exposure", "sedation", "pressure"]


class Told(Frozen):
    """Anything that is told with its mark and sources."""

    mark: Mark
    sources: Names
    says: str = ""
    note: str = ""


class Medicine(Told):
    """A medicine that the list of a record's medicines does not have, has under other names, or has without these classes."""

    also: Annotated[tuple[str, ...], Field(strict=False)] = ()
    classes: Names


class Pair(Told):
    """What one medicine did to ketamine by one route: a ratio of AUC or ratios of clearance, with / without it."""

    medicine: str
    mechanism: str
    victim: Literal["s_ketamine"] | None
    route: Route
    auc_ratio: Ratio | None = None
    auc_ratio_range: Annotated[tuple[Ratio, Ratio], Field(strict=False)] | None = None
    clearance_ratio: Mapping[Molecule, Ratio] = Field(default_factory=dict)
    sets: Mapping[str, Annotated[float, Field(ge=0)]] = Field(default_factory=dict)

    @property
    def may_be_applied(self) -> bool:
        """Whether its number was read somewhere: one that is only recalled is never applied or shown."""
        return self.mark == "seen"

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if (self.auc_ratio is None) == (not self.clearance_ratio):
            raise ValueError("a pair has an AUC ratio or clearance ratios")
        return self


class MedicineClass(Told):
    """What a class of medicines does, in words."""

    acts_on: ActsOn


class InteractionBook(Frozen):
    """Every interaction that is known here."""

    id: str
    version: int
    review: Review
    sources: Names
    medicines: Mapping[str, Medicine]
    pairs: Annotated[tuple[Pair, ...], Field(strict=False)]
    classes: Mapping[str, MedicineClass]
    routes: Mapping[Route, Told]

    @model_validator(mode="after")
    def _names_what_there_is(self) -> Self:
        wrong = [f"there is no medicine {one.medicine!r}" for one in self.pairs if one.medicine not in self.medicines]
        wrong += [
            f"{name}: there is no class {one!r}"
            for name, medicine in self.medicines.items()
            for one in medicine.classes
            if one not in self.classes
        ]
        wrong += [f"there is no source {key}" for key in sorted({*_cited(self)} - sources().keys())]
        twice = [(one.medicine, one.route) for one in self.pairs]
        wrong += [
            f"{name} by the route {route} is given twice" for name, route in {*twice} if twice.count((name, route)) > 1
        ]
        if wrong:
            raise ValueError("; ".join(wrong))
        return self


def _cited(table: InteractionBook) -> Iterator[str]:
    yield from table.sources
    told: tuple[Told, ...] = (*table.medicines.values(), *table.pairs, *table.classes.values(), *table.routes.values())
    for one in told:
        yield from one.sources


@cache
def book() -> InteractionBook:
    """Return the newest table of interactions, or raise BadReference with every problem of it."""
    file = newest(STEM)
    refuse_if_changed(file)
    return parse(read_yaml(file), place=file)


def parse(tree: Any, *, place: str) -> InteractionBook:
    """Return the table that a parsed file states, or raise BadReference with every problem."""
    try:
        return InteractionBook.model_validate(tree)
    except ValidationError as error:
        raise BadReference(problems_of(error, place=place)) from error


class Ingredient(Frozen):
    """A medicine of the record's list: its names and classes; whatever else the list says of it is not for us."""

    model_config = {"extra": "ignore"}

    name: str
    also: Annotated[tuple[str, ...], Field(strict=False)] = ()
    classes: Names


@cache
def ingredients() -> tuple[Ingredient, ...]:
    """Return the medicines that a patient's record is read with."""
    file = newest("codes/medicines")
    try:
        return tuple(Ingredient.model_validate(one) for one in read_yaml(file)["ingredients"])
    except (ValidationError, KeyError) as error:
        raise BadReference([Problem(place=file, says="has no ingredients with names and classes")]) from error
