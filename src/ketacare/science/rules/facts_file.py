"""A file of one patient's facts, as the command line reads it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from pydantic import Field as Key
from pydantic import ValidationError

from ketacare.science import reference
from ketacare.science.errors import BadReference, Problem
from ketacare.science.reference import Frozen
from ketacare.science.rules.book import Book
from ketacare.science.rules.cases import with_clearances
from ketacare.science.rules.clearances import Clearance, ClearanceShape


class _File(Frozen):
    facts: dict[str, Any]
    clearances: Annotated[tuple[ClearanceShape, ...], Key(strict=False)] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class PatientFacts:
    """What a facts file says."""

    facts: Mapping[str, Any]
    clearances: tuple[Clearance, ...]


def read_facts(text: str, *, place: str, book: Book, on: date) -> PatientFacts:
    """Return the facts and clearance records of a file.

    The file is a mapping of fact names to plain values or to ``{value, unit, as_of, source, complete}``, or to a list of these where
    several sources say something; or ``{facts: {...}, clearances: [...]}`` where clearances are full records. The short-hand of the case
    files is understood too.

    Raises:
        BadReference: not YAML, not of that shape, or a record of a clearance that nobody knows.
    """
    return facts_of(reference.parse_yaml(text, place=place), place=place, book=book, on=on)


def facts_of(tree: object, *, place: str, book: Book, on: date) -> PatientFacts:
    """Return the facts and clearance records that a parsed file states; raises BadReference as ``read_facts``."""
    if not isinstance(tree, dict) or not all(isinstance(key, str) for key in tree):
        raise BadReference([Problem(place=place, says="must be a mapping of fact names to values")])
    try:
        file = _File.model_validate(tree if isinstance(tree.get("facts"), dict) else {"facts": tree})
    except ValidationError as error:
        raise BadReference(reference.problems_of(error, place=place)) from error
    unknown = [one.clearance for one in file.clearances if one.clearance not in book.fields]
    if unknown:
        raise BadReference([Problem(place=f"{place}: clearances", says=f"unknown clearance {one}") for one in unknown])
    facts, records = with_clearances(book, file.facts, on=on)
    return PatientFacts(facts=facts, clearances=records + tuple(one.record() for one in file.clearances))
