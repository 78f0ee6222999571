"""What payers commonly ask for before they pay for esketamine."""

from functools import cache
from typing import Annotated, Literal

from pydantic import Field as Key
from pydantic import ValidationError

from ketacare.science import reference
from ketacare.science.errors import BadReference, Problem
from ketacare.science.reference import Frozen, Mark, Review

FILE = "billing/prior_authorisation"
Names = Annotated[tuple[str, ...], Key(strict=False, min_length=1)]


class Wanted(Frozen):
    """One thing that is asked for; ``known`` names what the record is asked, without it a person looks it up."""

    id: str
    says: str
    known: str | None
    sources: Names
    mark: Mark
    note: str = ""


class Checklist(Frozen):
    """The whole list."""

    id: str
    version: int
    schema_: Literal["ketacare.prior_authorisation/1"] = Key(alias="schema")
    title: str
    status: str
    review: Review
    sources: Names
    route: str
    items: Annotated[tuple[Wanted, ...], Key(strict=False, min_length=1)]


@cache
def checklist() -> Checklist:
    """Return what is asked for.

    Raises:
        BadReference: the file is not what it must be; every problem at once.
    """
    place = reference.newest(FILE)
    try:
        found = Checklist.model_validate(reference.read_yaml(place))
    except ValidationError as error:
        raise BadReference(reference.problems_of(error, place=place)) from error
    named = {*found.sources, *(key for item in found.items for key in item.sources)}
    if unknown := sorted(named - reference.sources().keys()):
        raise BadReference([Problem(place=place, says=f"no such source: {', '.join(unknown)}")])
    return found
