"""From paths to FHIR resources: single resources, bundles, NDJSON and folders, all files of one call as one unit."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ketacare.interop.element import Element
from ketacare.interop.errors import BadInput, NotUnderstood
from ketacare.interop.json_text import Json, JsonObject, parse
from ketacare.interop.release import sign_of_other_release
from ketacare.science.errors import Problem

# One bundle of a lifetime of care is a few megabytes; the setting KETACARE_IMPORT_MAX_MB moves this.
MAX_BYTES = 32 * 1000 * 1000
READ_SUFFIXES = {".json", ".ndjson", ".jsonl"}
BUNDLES = {"transaction", "collection", "searchset", "batch", "document", "message"}


@dataclass(frozen=True, kw_only=True)
class Located:
    """One resource and where it was found."""

    resource: Element
    file: str
    file_sha256: str
    full_url: str

    @property
    def kind(self) -> str:
        return self.resource.string("resourceType")

    @property
    def id(self) -> str:
        """The resource's id; one that is no text is none, and is complained about when the resource is mapped."""
        found = self.resource.value.get("id")
        return found if isinstance(found, str) else ""

    def place(self, pointer: str = "") -> str:
        return f"{self.file}: {pointer or self.resource.pointer or '/'}"


@dataclass(frozen=True, kw_only=True)
class Reading:
    """Everything found in the files of one call, and what was found that is not a resource."""

    resources: tuple[Located, ...]
    remarks: tuple[Problem, ...]


def read_unit(paths: Iterable[Path], *, max_bytes: int = MAX_BYTES) -> Reading:
    """Read every file, or raise BadInput with everything that is wrong with any of them."""
    remarks: list[Problem] = []
    resources: list[Located] = []
    problems: list[Problem] = []
    for path in _files(paths, remarks, problems):
        try:
            resources.extend(_resources(path, remarks, max_bytes=max_bytes))
        except BadInput as error:
            problems.extend(error.problems)
    if not problems and not resources:
        problems.append(Problem(place="", says="no FHIR resource was found in what was given"))
    if problems:
        raise BadInput(problems)
    return Reading(resources=tuple(resources), remarks=tuple(remarks))


def _files(paths: Iterable[Path], remarks: list[Problem], problems: list[Problem]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            inside = sorted(one for one in path.rglob("*") if one.is_file() and not one.name.startswith("."))
            for one in inside:
                if one.suffix.lower() in READ_SUFFIXES:
                    yield one
                else:
                    remarks.append(Problem(place=str(one), says="not read: neither .json nor .ndjson"))
        elif path.is_file():
            yield path
        else:
            problems.append(Problem(place=str(path), says="there is no such file"))


def _resources(path: Path, remarks: list[Problem], *, max_bytes: int) -> list[Located]:
    """The resources of one file; a file of another release is refused at its first sign."""
    raw = read_bytes(path, max_bytes=max_bytes)
    digest = hashlib.sha256(raw).hexdigest()
    found: list[Located] = []
    for place, pointer, value in _values(path, raw):
        if not isinstance(value, dict):
            raise BadInput([Problem(place=place, says="a FHIR resource is a JSON object")])
        one = Located(resource=Element(value, pointer), file=str(path), file_sha256=digest, full_url="")
        try:
            found.extend(_unpacked(one, remarks))
        except NotUnderstood as error:
            raise BadInput([Problem(place=one.place(error.pointer), says=error.says)]) from error
    return found


def read_bytes(path: Path, *, max_bytes: int) -> bytes:
    """Return the bytes of a file, or raise BadInput when it is too big (before reading it) or cannot be read."""
    try:
        size = path.stat().st_size
        if size > max_bytes:
            says = f"{size / 1e6:.1f} MB is more than the {max_bytes / 1e6:g} MB that one file may have"
            raise BadInput([Problem(place=str(path), says=says)])
        return path.read_bytes()
    except OSError as error:
        raise BadInput([Problem(place=str(path), says=f"cannot be read: {error.strerror}")]) from error


def _values(path: Path, raw: bytes) -> Iterator[tuple[str, str, Json]]:
    """The JSON values of a file: one, or one a line, each with its place and the pointer it starts from."""
    if path.suffix.lower() not in {".ndjson", ".jsonl"} and b"}\n{" not in raw and b"}\r\n{" not in raw:
        yield str(path), "", parse(raw, place=str(path))
        return
    for number, line in enumerate(raw.removeprefix(b"\xef\xbb\xbf").splitlines(), start=1):
        if line.strip():
            place = f"{path}: line {number}"
            yield place, f"#line={number}", parse(line, place=place)


def _unpacked(one: Located, remarks: list[Problem]) -> list[Located]:
    """A resource, or the resources of a bundle, in order."""
    if not one.kind:
        raise one.resource.refuse("resourceType", "is missing: this is not a FHIR resource")
    if sign := sign_of_other_release(one.resource):
        raise one.resource.refuse("", f"this is not FHIR R4: {sign}")
    if one.kind != "Bundle":
        return [one]
    if (kind := one.resource.string("type")) not in BUNDLES:
        raise one.resource.refuse("type", f"a bundle of type {kind or '(none)'} is not a set of records to take over")
    if any(link.string("relation") == "next" for link in one.resource.children("link")):
        remarks.append(Problem(place=one.place(), says="this bundle is one page of several; the next is not in it"))
    return [inner for entry in one.resource.children("entry") for inner in _entry(one, entry, remarks)]


def _entry(bundle: Located, entry: Element, remarks: list[Problem]) -> list[Located]:
    resource = entry.child("resource")
    if resource is None:
        remarks.append(Problem(place=bundle.place(entry.pointer), says="this entry has no resource"))
        return []
    url = entry.string("fullUrl")
    found = Located(resource=resource, file=bundle.file, file_sha256=bundle.file_sha256, full_url=url)
    return _unpacked(found, remarks)


def content(resource: JsonObject) -> JsonObject:
    """What of a resource is its content: without the server's bookkeeping and the generated narrative."""
    return {name: value for name, value in resource.items() if name not in {"meta", "text"}}
