"""One definition of the outcomes that a clinic may tell anybody, and how they are counted."""

from datetime import date, timedelta
from functools import cache
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from ketacare.science import reference
from ketacare.science.errors import BadReference, Problem
from ketacare.science.reference import Frozen, Mark, Review
from ketacare.science.stats.disclosure import Limits

STEM = "education/own_outcomes"
Count = Annotated[int, Field(ge=1)]
MONTHS_A_QUARTER = 3


class Window(Frozen):
    """From when until when after the first session a score counts."""

    from_days: Count
    to_days: Count


class Definition(Frozen):
    """What is counted, and from where on it may be told."""

    id: Literal["own_outcomes"]
    version: int
    schema_: Literal["ketacare.own_outcomes/1"] = Field(alias="schema")
    title: str
    review: Review
    scale: str
    better_fall_percent: Count
    after: Window
    fewest_people: Count
    smallest_part: Count
    round_to: Count
    sources: Annotated[tuple[str, ...], Field(strict=False, min_length=1)]
    mark: Mark

    @property
    def limits(self) -> Limits:
        return Limits(fewest_people=self.fewest_people, smallest_part=self.smallest_part, round_to=self.round_to)

    def first_session_before(self, on: date) -> date:
        """Return until which day a first session counts, as told on a day: all its scores lie in quarters that are over."""
        return quarter_begins(on) - timedelta(days=self.after.to_days)


def quarter_begins(on: date) -> date:
    """Return the first day of the quarter that a day lies in."""
    return date(on.year, on.month - (on.month - 1) % MONTHS_A_QUARTER, 1)


@cache
def load() -> Definition:
    """Return the newest definition, or raise BadReference."""
    file = reference.newest(STEM)
    try:
        found = Definition.model_validate(reference.read_yaml(file))
    except ValidationError as error:
        raise BadReference(reference.problems_of(error, place=file)) from error
    if unknown := [key for key in found.sources if key not in reference.sources()]:
        raise BadReference([Problem(place=file, says=f"there is no source {key}") for key in unknown])
    return found
