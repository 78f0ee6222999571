"""Reference data: the numbers and sources of ketacare, and the only file reading in science.

Every file is ``data/FOLDER/NAME.VERSION.yaml``. A released file never changes (``reference.lock`` keeps the digests); a correction
is the next version.
"""

import hashlib
from collections.abc import Hashable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from ketacare.science.errors import BadReference, Problem

DATA = Path(__file__).parent / "data"
LOCK = Path(__file__).parent / "reference.lock"
DEEPEST = 60  # no data file of ours is nested deeper than 10
MOST_PARTS = 1_000_000  # values of one file, its names written out; our largest has a few thousand
_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Mark = Literal["seen", "recalled", "default", "mixed"]


class Frozen(BaseModel):
    """Base of everything parsed from a data file: unknown keys and loose types are refused, nothing can be changed."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Source(Frozen):
    """Where a statement comes from, and whether its text was read (seen), remembered (recalled) or is our own (default)."""

    ref: str
    url: str | None
    mark: Mark
    scope: str


class Review(Frozen):
    """Whether a clinician has checked a file. Nobody is ever invented: `unreviewed` is honest."""

    status: Literal["unreviewed", "reviewed"]
    by: str | None = None
    on: str | None = None


class Reference(Frozen):
    """Which data file an answer rests on."""

    id: str
    version: int
    sha256: str


class _UniqueKeys(_Loader):  # type: ignore[misc,valid-type]  # the C loader where libyaml is there, else Python's
    """A YAML loader that refuses a mapping with the same key twice, of which YAML would keep the last."""


def _mapping(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[Hashable, Any]:
    loader.flatten_mapping(node)
    pairs = [(loader.construct_object(key, deep=True), key, value) for key, value in node.value]
    seen: set[Hashable] = set()
    for name, key, _ in pairs:
        if not isinstance(name, Hashable):
            raise yaml.MarkedYAMLError(problem="a key must be a plain value", problem_mark=key.start_mark)
        if name in seen:
            raise yaml.MarkedYAMLError(problem=f"key {name!r} is given twice", problem_mark=key.start_mark)
        seen.add(name)
    return {name: loader.construct_object(value, deep=True) for name, _, value in pairs}


_UniqueKeys.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def parse_yaml(text: str, *, place: str) -> Any:
    """Return what a YAML text says, or raise BadReference with the line.

    Args:
        text: the YAML text.
        place: what to call the text in a problem, usually a file name.

    Raises:
        BadReference: not YAML, a key given twice, or nested too deep.
    """
    try:
        _refuse_depth(text, place=place)
        _refuse_multiplied(text, place=place)
        return yaml.load(text, Loader=_UniqueKeys)  # noqa: S506  # derived from the safe loader
    except yaml.MarkedYAMLError as error:
        line = f" line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise BadReference([Problem(place=f"{place}{line}", says=str(error.problem or error))]) from error
    except BadReference:
        raise
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BadReference([Problem(place=place, says=f"not readable as YAML: {error}".splitlines()[0])]) from error


def _refuse_depth(text: str, *, place: str) -> None:
    """Refuse what is nested so deep that the parser itself, which recurses in C, would not survive it."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            line = event.start_mark.line + 1 if event.start_mark else 0
            raise BadReference([Problem(place=f"{place} line {line}", says=f"nested deeper than {DEEPEST}")])


def _refuse_multiplied(text: str, *, place: str) -> None:
    """Refuse what says little and means much: names that stand for lists of names that stand for lists of names."""
    parts, sizes, begun = 0, dict[str, int](), list[tuple[str | None, int]]()
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionEndEvent):
            anchor, before = begun.pop()
            sizes |= {anchor: parts - before} if anchor else {}
        elif isinstance(event, yaml.NodeEvent):
            is_alias = isinstance(event, yaml.AliasEvent)
            begun += [(event.anchor, parts)] if isinstance(event, yaml.CollectionStartEvent) else []
            parts += sizes.get(event.anchor or "", 1) if is_alias else 1
        if parts > MOST_PARTS:
            raise BadReference([Problem(place=place, says=f"means more than {MOST_PARTS} values")])


def path(relative: str) -> Path:
    """Return where a data file lies, or raise BadReference when there is none."""
    found = (DATA / relative).resolve()
    if not found.is_relative_to(DATA.resolve()) or not found.is_file():
        raise BadReference([Problem(place=relative, says="there is no such data file")])
    return found


@cache
def read_text(relative: str) -> str:
    """Return the text of a data file."""
    return path(relative).read_text(encoding="utf-8")


def read_yaml(relative: str) -> Any:
    """Return a fresh copy of what a data file says; parse it into frozen values before passing it on."""
    return parse_yaml(read_text(relative), place=relative)


def sha256(text: str) -> str:
    """Return the SHA-256 of a text, as hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def digest(relative: str) -> str:
    """Return the SHA-256 of a data file, as hexadecimal digits."""
    return sha256(read_text(relative))


def versions(stem: str) -> dict[int, str]:
    """Return every version of a data file, oldest first: ``rulebooks/alarms`` -> ``{1: "rulebooks/alarms.1.yaml"}``."""
    folder, _, name = stem.rpartition("/")
    found = {
        int(number): str(file.relative_to(DATA))
        for file in (DATA / folder).glob(f"{name}.*.yaml")
        if (number := file.name.removeprefix(f"{name}.").removesuffix(".yaml")).isdecimal()
    }
    if not found:
        raise BadReference([Problem(place=stem, says="there is no such data file")])
    return dict(sorted(found.items()))


def newest(stem: str) -> str:
    """Return the newest version of a data file: ``rulebooks/alarms`` -> ``rulebooks/alarms.1.yaml``."""
    return list(versions(stem).values())[-1]


def problems_of(error: ValidationError, *, place: str) -> list[Problem]:
    """Return pydantic's complaints as problems, each with its place."""
    return [
        Problem(place=": ".join(filter(None, [place, ".".join(map(str, one["loc"]))])), says=one["msg"])
        for one in error.errors(include_url=False, include_input=False)
    ]


@cache
def sources() -> Mapping[str, Source]:
    """Return every source by its key, from all ``sources*`` files."""
    found: dict[str, Source] = {}
    for file in sorted(DATA.glob("sources*.yaml")):
        try:
            given = TypeAdapter(dict[str, Source]).validate_python(read_yaml(file.name)["sources"])
        except ValidationError as error:
            raise BadReference(problems_of(error, place=file.name)) from error
        if twice := sorted(found.keys() & given.keys()):
            raise BadReference(
                [Problem(place=f"{file.name}: {key}", says="this source is given twice") for key in twice]
            )
        found |= given
    return MappingProxyType(found)


def data_files() -> list[str]:
    """Return every data file, as its path below ``data/``."""
    return sorted(str(file.relative_to(DATA)) for file in DATA.rglob("*.yaml"))


@cache
def _locked() -> Mapping[str, str]:
    """Return the digest with which each data file was released, by its path."""
    lines = (line.split() for line in LOCK.read_text(encoding="utf-8").splitlines())
    return {f"{stem}.{version}.yaml": digest for stem, version, digest in lines}


def refuse_if_changed(relative: str) -> None:
    """Raise BadReference when a released file is not the one that was released; a file the lock does not name is a draft."""
    released = _locked().get(relative)
    if released is not None and released != digest(relative):
        says = f"is not the file it was: its digest is {digest(relative)}, reference.lock names {released}"
        raise BadReference([Problem(place=relative, says=says)])


def lock_text() -> str:
    """Return what ``reference.lock`` must say: id, version and SHA-256 of every data file, one a line."""
    lines = [f"{stem} {version} {digest(file)}" for file in data_files() for stem, version in [_named(file)]]
    return "".join(f"{line}\n" for line in lines)


def _named(file: str) -> tuple[str, int]:
    stem, _, version = file.removesuffix(".yaml").rpartition(".")
    if not stem or not version.isdecimal():
        raise BadReference([Problem(place=file, says="a data file is named NAME.VERSION.yaml")])
    return stem, int(version)
