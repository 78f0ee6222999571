"""What data files say about how doses are given: nasal devices, and the bounds that catch a mistaken unit."""

from functools import cache
from typing import Annotated

from pydantic import Field as Key
from pydantic import ValidationError

from ketacare.science import reference
from ketacare.science.errors import BadReference
from ketacare.science.reference import Frozen, Mark, Review

_DEVICE_FORM = "devices"


class Bound(Frozen):
    """One number with where it comes from."""

    value: Annotated[float, Key(gt=0)]
    mark: Mark
    basis: str
    sources: Annotated[tuple[str, ...], Key(strict=False, min_length=1)]


class Giving(Frozen):
    """What ``pharmacology/giving`` says."""

    id: str
    version: int
    schema_: str = Key(alias="schema")
    title: str
    review: Review
    session_gap_min: Bound
    longest_infusion_min: Bound
    longest_course_min: Bound
    longest_after_min: Bound
    adult_from_years: Bound
    slowest_mg_per_kg_h: Bound
    heaviest_kg: Bound
    oldest_years: Bound


class Device(Frozen):
    """One nasal esketamine device: its content and the rest that the label asks for before the next."""

    mg: float
    apart_min: float


@cache
def giving() -> Giving:
    """Return the newest release of ``pharmacology/giving``, parsed once."""
    file = reference.newest("pharmacology/giving")
    reference.refuse_if_changed(file)
    try:
        return Giving.model_validate(reference.read_yaml(file))
    except ValidationError as error:
        raise BadReference(reference.problems_of(error, place=file)) from error


@cache
def device() -> Device:
    """Return the nasal device that the dosing protocol describes."""
    routes = reference.read_yaml(reference.newest("protocols/dosing"))["routes"].values()
    said = next(route for route in routes if route["form"] == _DEVICE_FORM)
    return Device(mg=float(said["device_mg"]), apart_min=float(said["apart_min"]))
