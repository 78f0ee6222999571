"""Procedure -> a procedure of the record."""

from ketacare.interop.element import Element
from ketacare.interop.mapping.elements import Mapped, concepts, first_moment, group_of, joined, named_concept, when
from ketacare.science.facts.entries import EntryKind, RecordEntry, Standing

STANDING = {
    "completed": Standing.PAST,
    "stopped": Standing.PAST,
    "in-progress": Standing.PRESENT,
    "not-done": Standing.REFUTED,
    "entered-in-error": Standing.ERROR,
}


def from_fhir(resource: Element) -> Mapped:
    """Read a Procedure; one that is only prepared or on hold is unsure."""
    status = resource.string("status")
    ended = first_moment(resource, "performedPeriod.end", "performedDateTime")
    concept = named_concept(resource, "code")
    entry = RecordEntry(
        kind=EntryKind.PROCEDURE,
        codings=concept.codings,
        display=concept.display,
        standing=STANDING.get(status, Standing.UNSURE),
        status=status,
        **when(first_moment(resource, "performedDateTime", "performedPeriod")),
        ended_at=ended.at if ended else None,
        group=group_of(resource),
        pointer=resource.pointer,
        detail=joined(concepts(resource, "bodySite"), resource.string("performedString")),
    )
    return Mapped(entries=(entry,))
