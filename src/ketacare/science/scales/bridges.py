"""Published conversions between scales: named, and for one patient only where the source allows it."""

from functools import cache
from typing import Annotated, Literal, Self

from pydantic import Field as Key
from pydantic import ValidationError, model_validator

from ketacare.science import reference
from ketacare.science.errors import BadReference, OutOfRange
from ketacare.science.reference import Frozen, Mark, Review

FILE = "bridges/scale_bridges"
Span = Annotated[tuple[int, int], Key(strict=False)]


class Bridge(Frozen):
    """One published conversion."""

    id: str
    name: str
    from_: str = Key(alias="from")
    to: str
    use: Literal["person", "groups"]
    table: Annotated[tuple[Span, ...], Key(strict=False)] = ()
    sources: Annotated[tuple[str, ...], Key(strict=False, min_length=1)]
    mark: Mark
    note: str = ""

    @model_validator(mode="after")
    def _has_what_it_says(self) -> Self:
        if self.use == "person" and not self.table:
            raise ValueError("a conversion for a person has its table")
        if any(low > high for low, high in self.table):
            raise ValueError("each span goes from the lower score to the higher")
        return self

    def span(self, score: int) -> tuple[int, int]:
        """Return the lowest and highest score on the other scale that a score stands for.

        Args:
            score: main score on the scale converted from, points.

        Raises:
            OutOfRange: the conversion is for groups only, or its table does not hold the score.

        Source: the conversion's own, in the data file.
        """
        if self.use != "person":
            raise OutOfRange(f"{self.name}: its source allows it for groups only, not for one patient")
        if not 0 <= score < len(self.table):
            raise OutOfRange(f"{self.name}: its table has no score {score}")
        return self.table[score]


class Bridges(Frozen):
    """The file of conversions."""

    id: str
    version: int
    status: str
    review: Review
    bridges: Annotated[tuple[Bridge, ...], Key(strict=False)]


@cache
def load() -> Bridges:
    """Return the conversions we ship; BadReference when the file is not what it must be."""
    name = reference.newest(FILE)
    try:
        return Bridges.model_validate(reference.read_yaml(name))
    except ValidationError as error:
        raise BadReference(reference.problems_of(error, place=name)) from error


def between(one: str, other: str) -> Bridge | None:
    """Return the published conversion between two scales, whichever way it goes; None where none is known."""
    return next((bridge for bridge in load().bridges if {bridge.from_, bridge.to} == {one, other}), None)
