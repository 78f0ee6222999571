"""The scales we ship: read from the data files, checked as a whole, parsed once."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import ValidationError

from ketacare.science import reference
from ketacare.science.errors import BadReference, MissingInput, Problem
from ketacare.science.scales.consistency import inconsistencies
from ketacare.science.scales.definition import Instrument

FOLDER = "scales"


def parse(raw: Mapping[str, Any], *, place: str) -> Instrument:
    """Turn what a scale's file says into a frozen definition.

    Args:
        raw: the file's mapping, as `reference.read_yaml` returns it.
        place: what to call it in a problem, usually the file's name.

    Returns:
        The definition; lists are tuples, nothing in it can be changed.

    Raises:
        BadReference: unknown key, wrong type, missing value, or parts that do not fit each other, every problem at once.

    Source: own format, after the instruments catalogue (ketacare.instruments/1) whose free-text rules it spells out.
    """
    try:
        instrument = Instrument.model_validate(_frozen(raw))
    except ValidationError as error:
        raise BadReference(reference.problems_of(error, place=place)) from error
    if problems := [Problem(place=f"{place}: {where}", says=says) for where, says in inconsistencies(instrument)]:
        raise BadReference(problems)
    return instrument


def _frozen(raw: Any) -> Any:
    """The same data with every list a tuple, as the strict types want it."""
    if isinstance(raw, Mapping):
        return {key: _frozen(value) for key, value in raw.items()}
    return tuple(map(_frozen, raw)) if isinstance(raw, list) else raw


@cache
def shipped() -> tuple[str, ...]:
    """The ids of the scales we ship, sorted."""
    return tuple(
        sorted({file.split("/")[1].split(".")[0] for file in reference.data_files() if file.startswith(f"{FOLDER}/")})
    )


@cache
def load(instrument_id: str, version: int | None = None) -> Instrument:
    """Return a version of a scale, the newest unless one is named; MissingInput when it is not shipped."""
    if instrument_id not in shipped():
        raise MissingInput(f"the scale {instrument_id!r} is not shipped; there are: {', '.join(shipped())}")
    stem = f"{FOLDER}/{instrument_id}"
    file = reference.newest(stem) if version is None else f"{stem}.{version}.yaml"
    return parse(reference.read_yaml(file), place=file)


def cite(instrument: Instrument) -> reference.Reference:
    """Which released file a scale came from: what an answer set keeps beside its answers."""
    file = f"{FOLDER}/{instrument.id}.{instrument.version}.yaml"
    return reference.Reference(id=instrument.id, version=instrument.version, sha256=reference.digest(file))
