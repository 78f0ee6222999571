"""What a patient reads and signs, parsed once from its data file into a frozen value."""

from datetime import timedelta
from decimal import Decimal
from functools import cache
from typing import Annotated, Literal, Self

from pydantic import Field as Key
from pydantic import ValidationError, model_validator

from ketacare.science import reference
from ketacare.science.errors import BadReference, Problem
from ketacare.science.reference import Frozen, Mark, Reference, Review, Source

FOLDER = "consent"
Names = Annotated[tuple[str, ...], Key(strict=False, min_length=1)]


class Question(Frozen):
    """One question about capacity that the prescriber answers from the talk."""

    id: str
    ask: str


class Capacity(Frozen):
    """How capacity for this decision is judged."""

    questions: tuple[Question, ...] = Key(strict=False, min_length=1)
    sources: Names


class Risk(Frozen):
    """A side effect and how many people have it."""

    effect: str
    how_often: str


class Section(Frozen):
    """One thing the patient must know, in plain words."""

    id: str
    title: str
    text: Names
    risks: tuple[Risk, ...] = Key(default=(), strict=False)
    sources: Names


class Confirmation(Frozen):
    """One sentence that the patient ticks."""

    id: str
    text: str


class Days(Frozen):
    """A number of days and where it comes from."""

    value: int
    mark: Mark


class Terms(Frozen):
    """How long a signature and a capacity assessment last."""

    signature_lasts_days: Days
    capacity_lasts_days: Days
    sources: Names


class DoseRange(Frozen):
    """The doses that the document tells about, mg per kg of dosing weight."""

    lowest: Decimal = Key(strict=False, gt=0)
    highest: Decimal = Key(strict=False)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.lowest > self.highest:
            raise ValueError("the lowest dose lies above the highest")
        return self


class DocumentShape(Frozen):
    """A consent document as its file states it."""

    id: str
    version: int
    schema_: Literal["ketacare.consent/1"] = Key(alias="schema")
    title: str
    language: str
    status: str
    review: Review
    drug: str
    route: str
    indications: dict[str, str]
    dose_mg_per_kg: DoseRange
    terms: Terms
    capacity: Capacity
    sections: tuple[Section, ...] = Key(strict=False, min_length=1)
    confirmations: tuple[Confirmation, ...] = Key(strict=False, min_length=1)


class Document(Frozen):
    """A consent document and which file it is."""

    reference: Reference
    stated: DocumentShape

    @property
    def signature_lasts(self) -> timedelta:
        return timedelta(days=self.stated.terms.signature_lasts_days.value)

    @property
    def capacity_lasts(self) -> timedelta:
        return timedelta(days=self.stated.terms.capacity_lasts_days.value)

    @property
    def origins(self) -> list[tuple[str, list[Source]]]:
        """Each section's title with what it rests on."""
        known = reference.sources()
        return [(one.title, [known[key] for key in one.sources]) for one in self.stated.sections]

    @property
    def question_ids(self) -> frozenset[str]:
        return frozenset(question.id for question in self.stated.capacity.questions)

    @property
    def confirmation_ids(self) -> frozenset[str]:
        return frozenset(one.id for one in self.stated.confirmations)


@cache
def documents() -> tuple[Document, ...]:
    """The newest version of every document that is shipped."""
    prefix = f"{FOLDER}/"
    stems = {file.rsplit(".", 2)[0] for file in reference.data_files() if file.startswith(prefix)}
    return tuple(parse(reference.newest(stem)) for stem in sorted(stems))


def parse(file: str) -> Document:
    """The document that a data file states, or BadReference with every problem."""
    try:
        stated = DocumentShape.model_validate(reference.read_yaml(file))
    except ValidationError as error:
        raise BadReference(reference.problems_of(error, place=file)) from error
    unknown = [key for key in cited(stated) if key not in reference.sources()]
    if unknown:
        raise BadReference([Problem(place=file, says=f"unknown source {key}") for key in unknown])
    which = Reference(id=stated.id, version=stated.version, sha256=reference.digest(file))
    return Document(reference=which, stated=stated)


def cited(stated: DocumentShape) -> list[str]:
    """Every source key that a document names."""
    groups = [stated.terms.sources, stated.capacity.sources, *(section.sources for section in stated.sections)]
    return [key for group in groups for key in group]


def document_for(*, indication: str, route: str | None = None) -> Document | None:
    """The document for an indication (and route); None when the clinic has none."""
    fitting = (
        one
        for one in documents()
        if indication in one.stated.indications and (route is None or one.stated.route == route)
    )
    return next(fitting, None)
