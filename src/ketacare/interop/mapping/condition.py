"""Condition -> a condition of the record."""

from ketacare.interop.element import Element
from ketacare.interop.mapping.elements import (
    Mapped,
    code_of,
    concepts,
    first_moment,
    group_of,
    joined,
    named_concept,
    when,
)
from ketacare.science.facts.entries import EntryKind, RecordEntry, Standing

# What the verification says outweighs what the clinical status says.
VERIFICATION = {
    "refuted": Standing.REFUTED,
    "entered-in-error": Standing.ERROR,
    "unconfirmed": Standing.UNSURE,
    "provisional": Standing.UNSURE,
    "differential": Standing.UNSURE,
}
CLINICAL = {
    "active": Standing.PRESENT,
    "recurrence": Standing.PRESENT,
    "relapse": Standing.PRESENT,
    "inactive": Standing.PAST,
    "remission": Standing.PAST,
    "resolved": Standing.PAST,
}


def from_fhir(resource: Element) -> Mapped:
    """Read a Condition; one without a clinical status is unsure, one that has abated is past."""
    clinical, verification = code_of(resource, "clinicalStatus"), code_of(resource, "verificationStatus")
    ended = first_moment(resource, "abatementDateTime", "abatementPeriod.end", "abatementPeriod")
    concept = named_concept(resource, "code")
    entry = RecordEntry(
        kind=EntryKind.CONDITION,
        codings=concept.codings,
        display=concept.display,
        standing=standing(clinical, verification, abated=ended is not None),
        status=joined(clinical, verification),
        **when(first_moment(resource, "onsetDateTime", "onsetPeriod", "recordedDate")),
        ended_at=ended.at if ended else None,
        group=group_of(resource),
        pointer=resource.pointer,
        detail=joined(concepts(resource, "category"), concepts(resource, "bodySite"), resource.string("onsetString")),
    )
    return Mapped(entries=(entry,))


def standing(clinical: str, verification: str, *, abated: bool) -> Standing:
    """What the two statuses together say about now."""
    if verification in VERIFICATION:
        return VERIFICATION[verification]
    return CLINICAL.get(clinical, Standing.PAST if abated else Standing.UNSURE)
