"""Observation -> vitals and results: one entry for the value and one for each component."""

from decimal import Decimal
from typing import TypedDict

from ketacare.interop.element import Element
from ketacare.interop.errors import NotUnderstood
from ketacare.interop.mapping.elements import (
    Mapped,
    code_of,
    concept,
    first_moment,
    group_of,
    joined,
    named_concept,
    when,
)
from ketacare.science.facts.codes import LOINC, code_book
from ketacare.science.facts.entries import Coding, EntryKind, RecordEntry, Standing

STANDING = {
    "final": Standing.PRESENT,
    "amended": Standing.PRESENT,
    "corrected": Standing.PRESENT,
    "cancelled": Standing.REFUTED,
    "entered-in-error": Standing.ERROR,
}
BODY_POSITION = "http://hl7.org/fhir/StructureDefinition/observation-bodyPosition"
COMPARATORS = {"", "<", "<=", ">=", ">"}


class Value(TypedDict, total=False):
    """The keyword arguments of an entry that say what was found."""

    value: Decimal | None
    value_text: str
    value_codings: tuple[Coding, ...]
    comparator: str
    unit: str
    absent_reason: str


def from_fhir(resource: Element) -> Mapped:
    """Read an Observation. A component that cannot be read is remarked upon; the others stand."""
    remarks: list[NotUnderstood] = []
    entries: list[RecordEntry] = []
    components = resource.children("component")
    parts = components if components and not says_something(resource) else (resource, *components)
    for part in parts:
        try:
            entries.append(entry(resource, part))
        except NotUnderstood as error:
            if len(parts) == 1:
                raise
            remarks.append(error)
    if not entries:
        raise remarks[0]
    return Mapped(entries=tuple(entries), remarks=tuple(remarks))


def says_something(element: Element) -> bool:
    """Whether the element has a value of its own, or says why it has none."""
    return element.has("dataAbsentReason") or any(name.startswith("value") for name in element.value)


def entry(resource: Element, part: Element) -> RecordEntry:
    about = named_concept(part, "code")
    range_ = reference_range(part)
    status = resource.string("status")
    vital = "vital-signs" in categories(resource) or any(
        one.system == LOINC and one.code in code_book().vital_codes for one in about.codings
    )
    return RecordEntry(
        kind=EntryKind.VITAL if vital else EntryKind.RESULT,
        codings=about.codings,
        display=about.display,
        standing=STANDING.get(status, Standing.UNSURE),
        status=status,
        **when(first_moment(resource, "effectiveDateTime", "effectiveInstant", "effectivePeriod", "issued")),
        **value(part),
        reference_low=range_[0],
        reference_high=range_[1],
        position=body_position(resource),
        group=group_of(resource),
        pointer=part.pointer,
        detail=joined(concept(resource.child("method")).display, concept(resource.child("bodySite")).display),
    )


def categories(resource: Element) -> set[str]:
    return {one.code for category in resource.children("category") for one in concept(category).codings}


def value(part: Element) -> Value:
    """The value[x] of an Observation or component; a kind of value that cannot be told in words is refused."""
    names = [name for name in part.value if name.startswith("value")]
    if len(names) > 1:
        raise part.refuse(names[1], f"there are two values: {' and '.join(names)}")
    if not names:
        return Value(absent_reason=concept(part.child("dataAbsentReason")).display)
    name = names[0]
    if name == "valueQuantity":
        return quantity(part.child(name))
    if name == "valueInteger":
        return Value(value=part.decimal(name))
    if name == "valueCodeableConcept":
        answer = concept(part.child(name))
        return Value(value_text=answer.display, value_codings=answer.codings)
    if name in {"valueString", "valueDateTime", "valueTime"}:
        return Value(value_text=part.string(name)[:500])
    if name == "valueBoolean":
        return Value(value_text="yes" if part.boolean(name) else "no")
    return Value(value_text=compound(part, name))


def quantity(element: Element | None) -> Value:
    if element is None:
        return Value()
    comparator = element.string("comparator")
    if comparator not in COMPARATORS:
        raise element.refuse("comparator", f"{comparator!r} is not a comparator")
    unit = element.string("code") if element.string("system").endswith("unitsofmeasure.org") else ""
    return Value(value=element.decimal("value"), comparator=comparator, unit=unit or element.string("unit"))


def compound(part: Element, name: str) -> str:
    """A range, ratio or period in words."""
    ends = {"valueRange": ("low", "high", " to "), "valueRatio": ("numerator", "denominator", " / ")}
    element = part.child(name)
    if name not in ends or element is None:
        raise part.refuse(name, "this kind of value is not read")
    first, second, between = ends[name]
    return between.join(words(quantity(element.child(one))) for one in (first, second))


def words(given: Value) -> str:
    number = given.get("value")
    return "?" if number is None else f"{given.get('comparator', '')}{number} {given.get('unit', '')}".strip()


def reference_range(part: Element) -> tuple[Decimal | None, Decimal | None]:
    """The one normal range, where there is exactly one and it is in the unit of the value."""
    unit = quantity(part.child("valueQuantity")).get("unit") if part.has("valueQuantity") else None
    normal = [one for one in part.children("referenceRange") if code_of(one, "type") in {"", "normal"}]
    if len(normal) != 1 or normal[0].has("appliesTo") or normal[0].has("age"):
        return None, None
    low, high = (quantity(normal[0].child(name)) for name in ("low", "high"))
    same = all(one.get("unit", unit) in {unit, ""} for one in (low, high))
    return (low.get("value"), high.get("value")) if same else (None, None)


def body_position(resource: Element) -> str:
    """The code of the body position, from the extension or from a component that states it."""
    for one in resource.children("extension"):
        if one.string("url") == BODY_POSITION:
            return code_of(one, "valueCodeableConcept")
    for part in resource.children("component"):
        if concept(part.child("code")).codes & code_book().position_codes:
            return code_of(part, "valueCodeableConcept")
    return ""
