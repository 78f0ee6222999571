"""What an import brings, as frozen values: people, their resources, and everything that was not understood."""

from dataclasses import dataclass
from datetime import date

from ketacare.science.errors import Problem
from ketacare.science.facts.entries import RecordEntry


@dataclass(frozen=True, kw_only=True, slots=True)
class ResourceSource:
    """Where a resource comes from. ``key`` names it for good; ``sha256`` is of its content alone."""

    key: str
    resource_type: str
    resource_id: str
    file: str
    file_sha256: str
    pointer: str
    sha256: str
    body: str  # the resource itself; empty for a person, whose numbers are kept only as hashes


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportedResource:
    """One resource of one person and the entries it says."""

    source: ResourceSource
    person: str  # key of the ImportedPerson
    entries: tuple[RecordEntry, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Identifier:
    """A number that another system knows a person by."""

    system: str
    value: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportedPerson:
    """A person as a source describes them."""

    source: ResourceSource
    identifiers: tuple[Identifier, ...]
    given_name: str
    family_name: str
    born_on: date
    sex_at_birth: str  # female, male or unknown
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class NotUnderstoodResource:
    """A resource that was not taken over: its type, its place and why."""

    resource_type: str
    problem: Problem


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportUnit:
    """All files of one call."""

    people: tuple[ImportedPerson, ...]
    resources: tuple[ImportedResource, ...]
    supporting: int  # resources that only others refer to and that were used through them
    not_understood: tuple[NotUnderstoodResource, ...]
    remarks: tuple[Problem, ...]  # what was left aside inside resources that were taken over


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportResult:
    """What an import did, counted in resources."""

    created: int
    updated: int
    unchanged: int
    supporting: int
    not_understood: tuple[NotUnderstoodResource, ...]
    remarks: tuple[Problem, ...]
    patients: tuple[int, ...]
