"""The wording of scales that we ship apart from their structure, for sites that may show it."""

from collections.abc import Mapping
from functools import cache
from typing import Literal

from pydantic import Field, ValidationError

from ketacare.science import reference
from ketacare.science.errors import BadReference, Problem
from ketacare.science.reference import Frozen, Mark, Reference, Review
from ketacare.science.scales.definition import Instrument, Item, Option, Range

FOLDER = "wording"


class Wording(Frozen):
    """The texts of one version of one scale. Without `options` the scale's own answers stand."""

    id: str
    version: int
    schema_: Literal["ketacare.wording/1"] = Field(alias="schema")
    scale: str
    scale_version: int
    review: Review
    needs: Literal["registration", "non_commercial"]
    licence: str
    note: str
    mark: Mark
    sources: list[str]
    stem: str | None = None
    items: Mapping[str, str]
    options: Mapping[str, Mapping[int, str]] = {}


@cache
def packs() -> tuple[str, ...]:
    """The ids of the scales whose wording lies apart; none where whoever passed the software on left it out."""
    files = (file for file in reference.data_files() if file.startswith(f"{FOLDER}/"))
    return tuple(sorted({file.split("/")[1].split(".")[0] for file in files}))


@cache
def load(scale: str, version: int) -> Wording:
    """Return one version of a scale's wording, or raise BadReference."""
    file = f"{FOLDER}/{scale}.{version}.yaml"
    try:
        return Wording.model_validate(reference.read_yaml(file))
    except ValidationError as error:
        raise BadReference(reference.problems_of(error, place=file)) from error


def versions(scale: str) -> tuple[int, ...]:
    """Return the versions of a scale's wording that are shipped, oldest first."""
    return tuple(reference.versions(f"{FOLDER}/{scale}")) if scale in packs() else ()


@cache
def newest(scale: str, scale_version: int) -> Wording | None:
    """Return the newest wording of this version of a scale; None where none is shipped."""
    found = [load(scale, version) for version in versions(scale)]
    return next((one for one in reversed(found) if one.scale_version == scale_version), None)


def cite(wording: Wording) -> Reference:
    """Which file a wording came from: what an answer set keeps beside its answers."""
    file = f"{FOLDER}/{wording.id}.{wording.version}.yaml"
    return Reference(id=wording.id, version=wording.version, sha256=reference.digest(file))


def worded(instrument: Instrument, wording: Wording) -> Instrument:
    """Return the scale with its texts; scores, alerts and everything else as they were.

    Args:
        instrument: the scale as structure.
        wording: its texts.

    Returns:
        The same version of the scale, each question with its text, each answer with its words.

    Raises:
        BadReference: the wording is of another scale or version, or names other questions or answers.
    """
    if (wording.scale, wording.scale_version) != (instrument.id, instrument.version):
        says = f"is the wording of {wording.scale} {wording.scale_version}, not of {instrument.id} {instrument.version}"
        raise BadReference([Problem(place=wording.id, says=says)])
    if set(wording.items) != {item.id for item in instrument.items}:
        raise BadReference([Problem(place=wording.id, says="does not word exactly the questions of the scale")])
    options = {name: _options(wording, name, given) for name, given in instrument.options.items()}
    items = tuple(_item(item, wording.items[item.id]) for item in instrument.items)
    return instrument.model_copy(update={"items": items, "options": options, "stem": wording.stem or instrument.stem})


def _item(item: Item, text: str) -> Item:
    return item.model_copy(update={"text": text})


def _options(wording: Wording, name: str, given: tuple[Option, ...] | Range) -> tuple[Option, ...] | Range:
    words = wording.options.get(name)
    if words is None or isinstance(given, Range):
        return given
    if set(words) != {option.value for option in given}:
        raise BadReference(
            [Problem(place=f"{wording.id}: {name}", says="does not word exactly the answers of the scale")]
        )
    return tuple(option.model_copy(update={"label": words[option.value]}) for option in given)
