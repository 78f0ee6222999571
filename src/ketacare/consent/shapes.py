"""What a patient reads and signs, parsed once from its data file into a frozen value."""

from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import Field as Key
from pydantic import ValidationError, model_validator

from ketacare.science import reference
from ketacare.science.errors import BadReference, Problem
from ketacare.science.reference import Frozen, Mark, Reference, Review, Source

FOLDER = "consent"
TREATMENT = "treatment"
Names = Annotated[tuple[str, ...], Key(strict=False, min_length=1)]
Separate = Literal["off_label", "telehealth", "touch", "recording", "registry", "data_sharing"]


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


class Choice(Frozen):
    """One answer that a patient can give to a question that shows whether the text was understood."""

    id: str
    text: str


class TeachBack(Frozen):
    """One question that shows whether the text was understood, and how it is explained again after a wrong answer."""

    id: str
    ask: str
    choices: tuple[Choice, ...] = Key(strict=False, min_length=2)
    right: str
    again: str

    @model_validator(mode="after")
    def _one_is_right(self) -> Self:
        names = [choice.id for choice in self.choices]
        if names.count(self.right) != 1 or len(set(names)) < len(names):
            raise ValueError(f"the right answer {self.right} must be one of the choices, each named once")
        return self


class Confirmation(Frozen):
    """One sentence that the patient ticks."""

    id: str
    text: str


class Days(Frozen):
    """A number of days and where it comes from."""

    value: int
    mark: Mark


class Terms(Frozen):
    """How long a signature, and a talk with its judgement of capacity, last."""

    signature_lasts_days: Days
    capacity_lasts_days: Days
    sources: Names


class Changes(Frozen):
    """What a version says that the one before it did not, for those who signed that one."""

    risk: bool  # a risk is new or has changed
    says: Names


class DoseRange(Frozen):
    """The doses that the document tells about, mg per kg of dosing weight."""

    lowest: Decimal = Key(strict=False, gt=0)
    highest: Decimal = Key(strict=False)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.lowest > self.highest:
            raise ValueError("the lowest dose lies above the highest")
        return self


class TextShape(Frozen):
    """What every text that is read and signed states in its file."""

    id: str
    version: int
    schema_: Literal["ketacare.consent/1"] = Key(alias="schema")
    title: str
    language: Literal["en", "es"]
    status: str
    review: Review
    changes: Changes | None = None
    terms: Terms
    sections: tuple[Section, ...] = Key(strict=False, min_length=1)
    teach_back: tuple[TeachBack, ...] = Key(strict=False, min_length=1)
    confirmations: tuple[Confirmation, ...] = Key(strict=False, min_length=1)

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        for group in (self.sections, self.teach_back, self.confirmations):
            names = [one.id for one in group]
            if twice := sorted({name for name in names if names.count(name) > 1}):
                raise ValueError(f"named twice: {', '.join(twice)}")
        return self

    @model_validator(mode="after")
    def _later_versions_say_what_is_new(self) -> Self:
        if (self.version > 1) != (self.changes is not None):
            raise ValueError("every version but the first says what has changed")
        return self


class DocumentShape(TextShape):
    """A consent to treatment as its file states it."""

    kind: Literal["treatment"]
    drug: str
    route: str
    indications: dict[str, str]
    dose_mg_per_kg: DoseRange
    capacity: Capacity


class SeparateShape(TextShape):
    """A consent beside the one to treatment, as its file states it."""

    kind: Separate
    needed: Literal["off-label", "never"]  # when treatment waits for it


class Text(Frozen):
    """A text that is read and signed, and which file it is."""

    reference: Reference
    stated: TextShape

    @property
    def kind(self) -> str:
        return TREATMENT

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
    def confirmation_ids(self) -> frozenset[str]:
        return frozenset(one.id for one in self.stated.confirmations)


class Document(Text):
    """The text of a consent to treatment."""

    stated: DocumentShape

    @property
    def question_ids(self) -> frozenset[str]:
        return frozenset(question.id for question in self.stated.capacity.questions)


class SeparateText(Text):
    """The text of a consent beside the one to treatment."""

    stated: SeparateShape

    @property
    def kind(self) -> str:
        return self.stated.kind


def parse(file: str) -> Document | SeparateText:
    """The text that a data file states, or BadReference with every problem."""
    return parsed(reference.read_text(file), place=file)


def parsed(content: str, *, place: str) -> Document | SeparateText:
    """The text that a file's content states, or BadReference with every problem."""
    said: Any = reference.parse_yaml(content, place=place)
    of_treatment = isinstance(said, dict) and said.get("kind") == TREATMENT
    shape: type[DocumentShape | SeparateShape] = DocumentShape if of_treatment else SeparateShape
    try:
        stated = shape.model_validate(said)
    except ValidationError as error:
        raise BadReference(reference.problems_of(error, place=place)) from error
    unknown = [key for key in cited(stated) if key not in reference.sources()]
    if unknown:
        raise BadReference([Problem(place=place, says=f"unknown source {key}") for key in unknown])
    which = Reference(id=stated.id, version=stated.version, sha256=reference.sha256(content))
    if isinstance(stated, DocumentShape):
        return Document(reference=which, stated=stated)
    return SeparateText(reference=which, stated=stated)


def cited(stated: DocumentShape | SeparateShape) -> list[str]:
    """Every source key that a text names."""
    groups = [stated.terms.sources, *(section.sources for section in stated.sections)]
    if isinstance(stated, DocumentShape):
        groups.append(stated.capacity.sources)
    return [key for group in groups for key in group]
