"""The questions that a clinician answers for a rulebook, in the order they are asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from pydantic import Field as Key
from pydantic import ValidationError

from ketacare.science import reference
from ketacare.science.errors import BadReference, Problem
from ketacare.science.reference import Frozen, Review
from ketacare.science.rules.book import load
from ketacare.science.rules.clearances import PREFIX
from ketacare.science.rules.fields import Field


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """One fact as it is asked: its short label, and the field that says what an answer may be."""

    fact: str
    label: str
    field: Field


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """Questions that are asked together."""

    id: str
    title: str
    questions: tuple[Question, ...]


class _SectionShape(Frozen):
    id: str
    title: str
    questions: dict[str, str]


class _QuestionsShape(Frozen):
    id: str
    version: int
    schema_: Literal["ketacare.questions/1"] = Key(alias="schema")
    review: Review
    sections: list[_SectionShape]


@cache
def sections(book_name: str) -> tuple[Section, ...]:
    """Return the sections of a rulebook's questionnaire.

    Raises:
        BadReference: a question without a fact, a fact asked twice, or a fact that a person supplies and nobody asks.
    """
    file = reference.newest(f"questions/{book_name}")
    try:
        shape = _QuestionsShape.model_validate(reference.read_yaml(file))
    except ValidationError as error:
        raise BadReference(reference.problems_of(error, place=file)) from error
    fields = load(book_name).fields
    asked = [fact for section in shape.sections for fact in section.questions]
    problems = [Problem(place=f"{file}: {fact}", says="is no fact of the book") for fact in asked if fact not in fields]
    problems += [Problem(place=f"{file}: {fact}", says="is asked twice") for fact in asked if asked.count(fact) > 1]
    problems += [Problem(place=f"{file}: {fact}", says="nobody asks it") for fact in to_ask(fields) - set(asked)]
    if problems:
        raise BadReference(problems)
    return tuple(_section(one, fields) for one in shape.sections)


def _section(shape: _SectionShape, fields: Mapping[str, Field]) -> Section:
    questions = (Question(fact=fact, label=label, field=fields[fact]) for fact, label in shape.questions.items())
    return Section(id=shape.id, title=shape.title, questions=tuple(questions))


def to_ask(fields: Mapping[str, Field]) -> set[str]:
    """Return the facts that a person or a laboratory supplies: not those derived, cleared or set by the site."""
    return {
        name
        for name, field in fields.items()
        if field.supplied_by not in {"derived", "site"} and not name.startswith(PREFIX)
    }
