"""What an alarm sounds like: the pulses of each priority, for the browser to play."""

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Literal

from pydantic import Field as Key
from pydantic import ValidationError

from ketacare.science import reference
from ketacare.science.errors import BadReference
from ketacare.science.reference import Frozen, Mark, Review

FILE = "protocols/alarm_sounds"
Times = Annotated[tuple[int, ...], Key(strict=False, min_length=1)]


class Pattern(Frozen):
    """One burst of pulses, and how often it comes."""

    at_ms: Times
    pulse_ms: Annotated[int, Key(gt=0)]
    hz: Times
    repeat_s: Annotated[float, Key(gt=0)]


class Sounds(Frozen):
    """The whole file."""

    id: str
    version: int
    schema_: Literal["ketacare.alarm_sounds/1"] = Key(alias="schema")
    title: str
    review: Review
    sources: Annotated[tuple[str, ...], Key(strict=False)]
    mark: Mark
    patterns: Mapping[Literal["high", "medium", "low", "connection"], Pattern]


@cache
def sounds() -> Sounds:
    """Return the newest file of alarm sounds.

    Raises:
        BadReference: everything that is wrong with it.
    """
    file = reference.newest(FILE)
    try:
        return Sounds.model_validate(reference.read_yaml(file))
    except ValidationError as error:
        raise BadReference(reference.problems_of(error, place=file)) from error
