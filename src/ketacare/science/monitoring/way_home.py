"""What must be true before a patient goes home: the data file of the way home, parsed."""

from collections.abc import Collection
from functools import cache
from typing import Annotated, Literal

from pydantic import Field as Key
from pydantic import ValidationError

from ketacare.science import reference
from ketacare.science.errors import BadReference
from ketacare.science.monitoring.parameters import WAY_HOME
from ketacare.science.reference import Frozen, Mark, Review
from ketacare.science.rules.fields import Field

Span = Annotated[tuple[float, float], Key(strict=False)]
Names = Annotated[tuple[str, ...], Key(strict=False)]


class Assessment(Frozen):
    """A recovery score: the sum of items charted together, and when it passes."""

    edition: str  # sources differ by edition: which one is charted here
    items: Names
    total_at_least: int
    none_below: int = 0
    item_at_least: dict[str, int] = {}
    times: int
    apart_min: float
    sources: Names
    mark: Mark

    def total(self, values: dict[str, int]) -> int:
        """Return the sum of the items, all of which must be there."""
        return sum(values[item] for item in self.items)

    def passes(self, values: dict[str, int]) -> bool:
        """Return whether one complete assessment passes."""
        enough = self.total(values) >= self.total_at_least
        floors = {item: self.item_at_least.get(item, self.none_below) for item in self.items}
        return enough and all(values[item] >= floor for item, floor in floors.items())


class Limits(Frozen):
    """The numbers of the requirements."""

    bp_readings: int
    bp_apart_min: float
    bp_sys: Span
    bp_dia: Span
    bp_within_of_baseline: float
    bp_not_rising_by: float
    heart_rate: Span
    resp_rate: Span
    spo2_at_least: float
    moaas_at_least: int
    dissociation_at_most: int
    no_vomiting_min: float
    no_red_or_black_min: float


class Stated(Frozen):
    """One requirement as the file states it."""

    id: str
    statement: str
    override: Literal["forbidden", "reason", "prescriber"]


class WayHome(Frozen):
    """The whole file."""

    id: str
    version: int
    schema_: Literal["ketacare.discharge/1"] = Key(alias="schema")
    title: str
    status: str
    review: Review
    sources: Names
    mark: Mark
    observations: dict[str, Field]
    checks: dict[str, Field]
    assessments: dict[str, Assessment]
    limits: Limits
    requirements: Annotated[tuple[Stated, ...], Key(strict=False)]


def editions(values: Collection[str]) -> dict[str, str]:
    """Return which version of each recovery score the items are charted by; empty where none of its items is there."""
    book = way_home()
    return {
        name: f"{book.id} {book.version}: {score.edition}"
        for name, score in book.assessments.items()
        if set(score.items) & set(values)
    }


@cache
def way_home() -> WayHome:
    """Return the newest data file of the way home.

    Raises:
        BadReference: everything that is wrong with it.
    """
    file = reference.newest(WAY_HOME)
    try:
        return WayHome.model_validate(reference.read_yaml(file))
    except ValidationError as error:
        raise BadReference(reference.problems_of(error, place=file)) from error
