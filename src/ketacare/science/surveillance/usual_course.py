"""The usual course of side effects, as published: the data file, parsed. Patients and infusions are never pooled."""

from functools import cache
from typing import Annotated

from pydantic import Field as Key
from pydantic import ValidationError

from ketacare.science import reference
from ketacare.science.errors import BadReference
from ketacare.science.reference import Frozen, Mark, Review

STEM = "surveillance/usual_course"


class Usual(Frozen):
    """One published figure, with what it is counted in."""

    effect: str
    unit: str
    says: str
    sources: Annotated[tuple[str, ...], Key(strict=False, min_length=1)]
    mark: Mark


class UsualCourse(Frozen):
    """The whole file."""

    id: str
    version: int
    schema_: str
    title: str
    status: str
    review: Review
    effects: Annotated[tuple[Usual, ...], Key(strict=False, min_length=1)]


@cache
def usual_course() -> UsualCourse:
    """Return the newest file; BadReference when it is not what it must be."""
    name = reference.newest(STEM)
    raw = dict(reference.read_yaml(name))
    raw["schema_"] = raw.pop("schema", "")
    try:
        return UsualCourse.model_validate(raw)
    except ValidationError as error:
        raise BadReference(reference.problems_of(error, place=name)) from error
