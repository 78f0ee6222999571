"""What rulebooks are shipped, in which versions, and the facts they share: one catalogue for all of them."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from pydantic import TypeAdapter, ValidationError

from ketacare.science import reference
from ketacare.science.errors import BadReference, Problem
from ketacare.science.rules.fields import Field

FOLDER = "rulebooks"


def names() -> tuple[str, ...]:
    """Return the names of the rulebooks that are shipped."""
    return tuple(
        sorted(
            {
                file.removeprefix(f"{FOLDER}/").split(".")[0]
                for file in reference.data_files()
                if file.startswith(FOLDER)
            }
        )
    )


def versions(name: str) -> tuple[int, ...]:
    """Return the versions of a shipped rulebook, oldest first; every one stays loadable for ever."""
    return tuple(reference.versions(f"{FOLDER}/{name}"))


@cache
def catalogue() -> Mapping[str, Field]:
    """Return every fact of every shipped rulebook by name: one catalogue for all of them.

    Raises:
        BadReference: a fact that two books declare with another type, unit, values or range.
    """
    found: dict[str, Field] = {}
    problems = []
    for name in names():
        file = reference.newest(f"{FOLDER}/{name}")
        for fact, field in declared(file).items():
            if not field.same_meaning(found.setdefault(fact, field)):
                problems.append(
                    Problem(place=f"{file}: fields.{fact}", says="another book declares this fact differently")
                )
    if problems:
        raise BadReference(problems)
    return MappingProxyType(found)


@cache
def declared(file: str) -> Mapping[str, Field]:
    """Return the facts that one file of a rulebook declares, parsed once for all who import them; raises BadReference."""
    try:
        found = TypeAdapter(dict[str, Field]).validate_python(reference.read_yaml(file).get("fields", {}))
        return MappingProxyType(found)
    except ValidationError as error:
        raise BadReference(reference.problems_of(error, place=f"{file}: fields")) from error
