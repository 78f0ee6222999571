"""The data types that every FHIR resource is made of, read into our values."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TypedDict

from ketacare.interop.element import Element, Moment
from ketacare.interop.errors import NotUnderstood
from ketacare.science.errors import Problem
from ketacare.science.facts.entries import Coding, RecordEntry

MAX_TEXT = 500


@dataclass(frozen=True, kw_only=True)
class Mapped:
    """The entries of one resource, and what of it was left aside."""

    entries: tuple[RecordEntry, ...]
    remarks: tuple[NotUnderstood, ...] = field(default=())


@dataclass(frozen=True, kw_only=True)
class Concept:
    """A CodeableConcept: its codes and the words to show."""

    codings: tuple[Coding, ...]
    display: str

    @property
    def codes(self) -> frozenset[str]:
        return frozenset(one.code for one in self.codings)


class When(TypedDict):
    """The keyword arguments of an entry that say when."""

    as_of: datetime | None
    as_of_given: str


def concept(element: Element | None) -> Concept:
    """Read a CodeableConcept; an absent one is empty."""
    if element is None:
        return Concept(codings=(), display="")
    codings = tuple(
        Coding(system=one.string("system"), code=one.string("code"), display=one.string("display")[:MAX_TEXT])
        for one in element.children("coding")
        if one.string("code")
    )
    words = element.string("text") or next((one.display or one.code for one in codings), "")
    return Concept(codings=codings, display=words[:MAX_TEXT])


def named_concept(resource: Element, name: str) -> Concept:
    """Read a CodeableConcept that must say something."""
    found = concept(resource.child(name))
    if not found.display:
        raise resource.refuse(name, "is missing: it is not said what this is about")
    return found


def concepts(resource: Element, name: str) -> str:
    """The words of a list of CodeableConcepts, joined."""
    return ", ".join(filter(None, (concept(one).display for one in resource.children(name))))


def code_of(resource: Element, name: str) -> str:
    """The first code of a CodeableConcept that holds a status."""
    return next(iter(one.code for one in concept(resource.child(name)).codings), "")


def when(moment: Moment | None) -> When:
    """The time of an entry."""
    return When(as_of=moment.at, as_of_given=moment.given) if moment else When(as_of=None, as_of_given="")


def first_moment(resource: Element, *names: str) -> Moment | None:
    """The first date that is there; ``xPeriod`` counts by its start, ``xPeriod.end`` by its end."""
    for name in names:
        outer, _, part = name.partition(".")
        if outer.endswith("Period"):
            period = resource.child(outer)
            found = period.moment(part or "start") if period else None
        else:
            found = resource.moment(name)
        if found:
            return found
    return None


def joined(*words: str) -> str:
    """Words of the source side by side, cut to what a column holds."""
    return " · ".join(filter(None, words))[:MAX_TEXT]


def group_of(resource: Element) -> str:
    """What names the resource among its entries."""
    return f"{resource.string('resourceType')}/{resource.string('id') or resource.pointer}"


def refuse_modifiers(resource: Element) -> None:
    """Refuse what changes the meaning in a way we do not know; FHIR forbids reading on."""
    if resource.has("implicitRules"):
        raise resource.refuse("implicitRules", "the resource follows rules that ketacare does not know")
    for one in resource.walk():
        if "contained" not in one.pointer.removeprefix(resource.pointer) and one.has("modifierExtension"):
            raise one.refuse("modifierExtension", "changes the meaning in a way that ketacare does not know")


def remark(place: str, found: NotUnderstood) -> Problem:
    """What was left aside, as a line for a person."""
    return Problem(place=f"{place}: {found.pointer}", says=found.says)
