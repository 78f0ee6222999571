"""Which model answers by default, molecular weights, base fraction and the effect site's half-life: from data/pharmacology/defaults."""

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Self

from pydantic import Field as Key
from pydantic import ValidationError, model_validator

from ketacare.science import reference
from ketacare.science.errors import BadReference
from ketacare.science.pkpd.doses import Drug, Route
from ketacare.science.pkpd.modelling.model_file import Names, Range
from ketacare.science.pkpd.series import Site
from ketacare.science.reference import Frozen, Mark, Review

STEM = "pharmacology/defaults"


class Quantity(Frozen):
    """A number with its unit, mark and sources."""

    value: float
    unit: str
    range: Range | None = None
    mark: Mark
    sources: Names = ()
    note: str = ""


class EffectSite(Frozen):
    """How the effect site follows the plasma."""

    half_life_min: Quantity


class Row(Frozen):
    """For a question (route, drug, where it is known site, how long the drug runs): the model, or none; and why."""

    route: Route
    drug: Drug
    site: Site
    at_least_min: float = 0
    less_than_min: float | None = None
    model: str | None = None
    why: str
    says: str = ""
    sources: Names = ()

    def fits(self, *, route: str, drug: str, site: str | None, duration_min: float) -> bool:
        """Whether this row answers a question."""
        return (
            (self.route, self.drug) == (route, drug)
            and site in (None, self.site)
            and self.at_least_min <= duration_min < (self.less_than_min or float("inf"))
        )


class Aside(Frozen):
    """A population for whom there is no default, only a model that somebody must ask for by name."""

    models: Names
    why: str


class Defaults(Frozen):
    """The file of defaults."""

    id: str
    version: int
    schema_: str = Key(alias="schema")
    title: str
    status: str
    review: Review
    sources: Annotated[Names, Key(min_length=1)]
    molecular_weights: Mapping[str, Quantity]
    base_fraction: Quantity
    effect_site: EffectSite
    rows: Annotated[tuple[Row, ...], Key(strict=False)]
    only_by_name: Mapping[str, Aside]

    @model_validator(mode="after")
    def _cites_what_there_is(self) -> Self:
        quantities = [*self.molecular_weights.values(), self.base_fraction, self.effect_site.half_life_min]
        cited = {*self.sources, *(key for one in quantities for key in one.sources)}
        cited |= {key for row in self.rows for key in row.sources}
        if unknown := sorted(cited - reference.sources().keys()):
            raise ValueError(f"no such source: {', '.join(unknown)}")
        return self


@cache
def defaults() -> Defaults:
    """Return the newest file of defaults, parsed once."""
    file = reference.newest(STEM)
    reference.refuse_if_changed(file)
    try:
        return Defaults.model_validate(reference.read_yaml(file))
    except ValidationError as error:
        raise BadReference(reference.problems_of(error, place=file)) from error
