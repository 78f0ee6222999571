"""The numbers behind the effects: the parsed ``data/pharmacology/effects``."""

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from ketacare.science.errors import BadReference, Problem
from ketacare.science.pkpd.modelling.defaults import defaults
from ketacare.science.pkpd.series import Site
from ketacare.science.reference import (
    Frozen,
    Mark,
    Reference,
    Review,
    digest,
    newest,
    problems_of,
    read_yaml,
    refuse_if_changed,
    sources,
)

STEM = "pharmacology/effects"
Names = Annotated[tuple[str, ...], Field(strict=False, min_length=1)]
Substance = Literal[
    "s_ketamine", "r_ketamine", "racemic_ketamine", "s_norketamine", "r_norketamine", "racemic_norketamine"
]
EffectStatus = Literal["published_in_part", "calibration", "illustration", "described"]


class Parameter(Frozen):
    """One number of an effect, its plausible range, how we know it and why it is what it is."""

    value: float
    range: Annotated[tuple[float, float], Field(strict=False)] | None = None
    unit: str
    mark: Mark
    sources: Names
    basis: str = ""

    @model_validator(mode="after")
    def _lies_in_its_range(self) -> "Parameter":
        if self.range is not None and not self.range[0] <= self.value <= self.range[1]:
            raise ValueError(f"{self.value} does not lie in its range")
        return self

    @property
    def band(self) -> tuple[float, float, float]:
        """Lowest, middle and highest value that is thought possible; all the same where no range is known."""
        low, high = self.range or (self.value, self.value)
        return low, self.value, high


class Driver(Frozen):
    """What drives an effect: a substance, in which blood, from the effect site or from the plasma."""

    substance: Substance
    site: Site | None
    acts_from: Literal["effect_site", "plasma"]


class Definition(Frozen):
    """One effect: what it shows, how well it is known, what drives it, and its numbers."""

    title: str
    unit: str
    status: EffectStatus
    says: str
    equation: str
    driver: Driver | None = None
    sources: Names
    parameters: Mapping[str, Parameter]


class EffectBook(Frozen):
    """Every effect that is computed or described, and what the analytes of the models are."""

    id: str
    version: int
    review: Review
    fraction_s: Parameter
    substances: Mapping[Substance, Names]
    effects: Mapping[str, Definition]

    def parameter(self, effect: str, name: str) -> Parameter:
        """Return one number of one effect."""
        return self.effects[effect].parameters[name]


def ng_per_ml(nmol_per_ml: float, *, of: Literal["ketamine", "norketamine"] = "ketamine") -> float:
    """Return nmol/mL (the same as uM) of a molecule as ng/mL."""
    return nmol_per_ml * defaults().molecular_weights[of].value


@cache
def book() -> EffectBook:
    """Return the newest table of effects, or raise BadReference with every problem of it."""
    file = newest(STEM)
    refuse_if_changed(file)
    return parse(read_yaml(file), place=file)


def parse(tree: Any, *, place: str) -> EffectBook:
    """Return the table that a parsed file states, or raise BadReference with every problem."""
    try:
        found = EffectBook.model_validate(tree)
    except ValidationError as error:
        raise BadReference(problems_of(error, place=place)) from error
    if missing := sorted(_cited(found) - sources().keys()):
        raise BadReference([Problem(place=place, says=f"there is no source {key}") for key in missing])
    return found


def _cited(found: EffectBook) -> set[str]:
    definitions = found.effects.values()
    parameters = [found.fraction_s]
    parameters += [one for definition in definitions for one in definition.parameters.values()]
    lists = [one.sources for one in definitions] + [one.sources for one in parameters]
    return {key for keys in lists for key in keys}


@cache
def reference() -> Reference:
    """Return which file the effects rest on."""
    return Reference(id="effects", version=book().version, sha256=digest(newest(STEM)))
