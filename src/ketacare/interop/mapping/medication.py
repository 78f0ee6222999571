"""MedicationRequest and MedicationStatement -> a medicine of the record."""

from collections.abc import Callable

from ketacare.interop.element import Element
from ketacare.interop.mapping.elements import Concept, Mapped, first_moment, group_of, joined, named_concept, when
from ketacare.science.facts.entries import EntryKind, RecordEntry, Standing

# The standing of a medicine: is the person taking it?
REQUEST = {
    "active": Standing.PRESENT,
    "completed": Standing.PAST,
    "stopped": Standing.PAST,
    "cancelled": Standing.REFUTED,
    "entered-in-error": Standing.ERROR,
}
STATEMENT = {
    "active": Standing.PRESENT,
    "completed": Standing.PAST,
    "stopped": Standing.PAST,
    "not-taken": Standing.REFUTED,
    "entered-in-error": Standing.ERROR,
}
REQUESTED = {"order", "original-order", "reflex-order", "filler-order", "instance-order"}

Follow = Callable[[Element], Element]


def request_from_fhir(resource: Element, follow: Follow) -> Mapped:
    """Read a MedicationRequest; a plan or proposal, a draft or one on hold is unsure, "do not give" is refuted."""
    status, intent = resource.string("status"), resource.string("intent")
    stands = REQUEST.get(status, Standing.UNSURE)
    if stands is Standing.PRESENT and intent not in REQUESTED:
        stands = Standing.UNSURE
    forbidden = bool(resource.boolean("doNotPerform"))
    if forbidden and stands is not Standing.ERROR:
        stands = Standing.REFUTED
    words = joined(status, intent, "do not give" if forbidden else "")
    return entry(resource, follow, stands, words, ("authoredOn",), "dosageInstruction")


def statement_from_fhir(resource: Element, follow: Follow) -> Mapped:
    """Read a MedicationStatement: what somebody says is taken."""
    status = resource.string("status")
    dates = ("effectiveDateTime", "effectivePeriod", "dateAsserted")
    return entry(resource, follow, STATEMENT.get(status, Standing.UNSURE), status, dates, "dosage")


def entry(
    resource: Element, follow: Follow, stands: Standing, status: str, dates: tuple[str, ...], dosage: str
) -> Mapped:
    medicine = drug(resource, follow)
    ended = first_moment(resource, "effectivePeriod.end")
    found = RecordEntry(
        kind=EntryKind.MEDICINE,
        codings=medicine.codings,
        display=medicine.display,
        standing=stands,
        status=status,
        **when(first_moment(resource, *dates)),
        ended_at=ended.at if ended else None,
        group=group_of(resource),
        pointer=resource.pointer,
        detail=joined(*(dose(one) for one in resource.children(dosage))),
    )
    return Mapped(entries=(found,))


def drug(resource: Element, follow: Follow) -> Concept:
    """The medicine, coded in place or in the Medication that is referred to."""
    reference = resource.child("medicationReference")
    if reference is not None:
        return named_concept(follow(reference), "code")
    return named_concept(resource, "medicationCodeableConcept")


def dose(dosage: Element) -> str:
    """The dose in the source's words, or its numbers side by side; how often, and whether only as needed."""
    quantities = (one.child("doseQuantity") for one in dosage.children("doseAndRate"))
    numbers = (f"{one.decimal('value')} {one.string('unit')}".strip() for one in quantities if one is not None)
    needed = dosage.boolean("asNeededBoolean") or dosage.has("asNeededCodeableConcept")
    return joined(dosage.string("text") or joined(*numbers), how_often(dosage), "as needed" if needed else "")


def how_often(dosage: Element) -> str:
    """The timing as numbers: "2 times per 1 d"; nothing where it is not told so."""
    timing = dosage.child("timing")
    repeat = timing.child("repeat") if timing else None
    if repeat is None or any(repeat.has(name) for name in ("frequencyMax", "periodMax")):
        return ""
    frequency, period = repeat.decimal("frequency"), repeat.decimal("period")
    if period is None:
        return ""
    return f"{frequency or 1} times per {period} {repeat.string('periodUnit')}"
