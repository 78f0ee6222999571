"""What can become otherwise before treatment, and how: the parsed ``data/changes`` of a book."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field as Key
from pydantic import ValidationError

from ketacare.science import reference
from ketacare.science.errors import BadReference, Problem
from ketacare.science.reference import Frozen, Mark, Review
from ketacare.science.rules.book import Book, load
from ketacare.science.rules.shapes import Names
from ketacare.science.rules.whatif.wanted import Wanted

Kind = Literal["measure", "do", "assess", "treat", "change", "wait", "choose", "settle"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """How one fact can become otherwise, and what it may become."""

    kind: Kind
    may_become: Wanted


@dataclass(frozen=True, kw_only=True, slots=True)
class Changes:
    """What can change under a book, and the results that let a prescriber go on."""

    goals: tuple[str, ...]
    facts: Mapping[str, Change]
    says: Mapping[str, str]


class _KindShape(Frozen):
    says: str
    facts: dict[str, Literal["any"] | Annotated[tuple[bool | str | int, ...], Key(strict=False)]]


class _ChangesShape(Frozen):
    id: str
    version: int
    schema_: Literal["ketacare.changes/1"] = Key(alias="schema")
    title: str
    review: Review
    mark: Mark
    sources: Names
    goals: Names
    kinds: dict[Kind, _KindShape]


@cache
def changes(name: str) -> Changes:
    """Return what can change under a shipped book.

    Raises:
        BadReference: the file does not hang together.
    """
    file = reference.newest(f"changes/{name}")
    try:
        shape = _ChangesShape.model_validate(reference.read_yaml(file))
    except ValidationError as error:
        raise BadReference(reference.problems_of(error, place=file)) from error
    found = _changes(shape)
    if problems := problems_in(found, load(name)):
        raise BadReference([Problem(place=f"{file}: {one.place}", says=one.says) for one in problems])
    return found


def _changes(shape: _ChangesShape) -> Changes:
    return Changes(
        goals=shape.goals,
        says=MappingProxyType({kind: one.says for kind, one in shape.kinds.items()}),
        facts=MappingProxyType(
            {
                fact: Change(kind=kind, may_become=Wanted(among=None if values == "any" else tuple(values)))
                for kind, one in shape.kinds.items()
                for fact, values in one.facts.items()
            }
        ),
    )


def problems_in(found: Changes, book: Book) -> list[Problem]:
    """Return what does not fit the book: unknown facts, values they cannot have, results it cannot reach."""
    results = {row.then or row.otherwise for row in book.result}
    problems = [Problem(place=goal, says="is no result of the book") for goal in found.goals if goal not in results]
    for fact, change in found.facts.items():
        field = book.fields.get(fact)
        if field is None:
            problems.append(Problem(place=fact, says="is no fact of the book"))
            continue
        for value in change.may_become.among or ():
            if says := field.complaint(value):
                problems.append(Problem(place=fact, says=says))
    return problems
