"""The observation sheet: the scales that are charted beside the chair, one press a value, with the words of their levels."""

from functools import cache
from typing import Annotated, Literal

from pydantic import Field as Key
from pydantic import ValidationError

from ketacare.science import reference
from ketacare.science.errors import BadReference, Problem
from ketacare.science.monitoring.parameters import measured
from ketacare.science.reference import Frozen, Mark, Review

Names = Annotated[tuple[str, ...], Key(strict=False)]
FILE = "protocols/bedside"


class Level(Frozen):
    """One value of a scale, with its word where it has one."""

    value: bool | int
    says: str = ""


class Scale(Frozen):
    """What is looked at or asked, and every value it may have, in the order of the sheet."""

    parameter: str
    title: str
    asks: str = ""
    levels: Annotated[tuple[Level, ...], Key(strict=False, min_length=2)]

    def word(self, value: object) -> str:
        """Return the word of a value; empty where it has none."""
        return next((one.says for one in self.levels if one.value == value), "")


class Sheet(Frozen):
    """The whole file."""

    id: str
    version: int
    schema_: Literal["ketacare.bedside/1"] = Key(alias="schema")
    title: str
    status: str
    review: Review
    sources: Names
    mark: Mark
    scales: Annotated[tuple[Scale, ...], Key(strict=False)]

    def scale(self, parameter: str) -> Scale | None:
        """Return the scale of a parameter, or None where the sheet has none."""
        return next((one for one in self.scales if one.parameter == parameter), None)


@cache
def sheet() -> Sheet:
    """Return the newest observation sheet.

    Raises:
        BadReference: everything that is wrong with it, also a value that no session may chart.
    """
    file = reference.newest(FILE)
    try:
        found = Sheet.model_validate(reference.read_yaml(file))
    except ValidationError as error:
        raise BadReference(reference.problems_of(error, place=file)) from error
    if problems := _problems(found):
        raise BadReference(problems)
    return found


def _problems(found: Sheet) -> list[Problem]:
    known = measured("observation")
    unknown = [
        Problem(place=one.parameter, says="nothing that is observed")
        for one in found.scales
        if one.parameter not in known
    ]
    return unknown + [
        Problem(place=f"{one.parameter} {level.value}", says=complaint)
        for one in found.scales
        if one.parameter in known
        for level in one.levels
        if (complaint := known[one.parameter].complaint(level.value))
    ]
