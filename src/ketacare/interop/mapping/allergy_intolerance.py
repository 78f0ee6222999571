"""AllergyIntolerance -> an allergy of the record; "no known allergy" is an explicit negative."""

from ketacare.interop.element import Element
from ketacare.interop.mapping.condition import standing
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
from ketacare.science.facts.codes import code_book
from ketacare.science.facts.entries import EntryKind, RecordEntry, Standing


def from_fhir(resource: Element) -> Mapped:
    """Read an AllergyIntolerance with its reactions and its weight."""
    clinical, verification = code_of(resource, "clinicalStatus"), code_of(resource, "verificationStatus")
    concept = named_concept(resource, "code")
    stands = standing(clinical, verification, abated=False)
    if stands is Standing.PRESENT and concept.codes & code_book().no_known_allergy:
        stands = Standing.REFUTED
    entry = RecordEntry(
        kind=EntryKind.ALLERGY,
        codings=concept.codings,
        display=concept.display,
        standing=stands,
        status=joined(clinical, verification),
        **when(first_moment(resource, "onsetDateTime", "onsetPeriod", "recordedDate")),
        group=group_of(resource),
        pointer=resource.pointer,
        detail=joined(criticality(resource), *(reaction(one) for one in resource.children("reaction"))),
    )
    return Mapped(entries=(entry,))


def criticality(resource: Element) -> str:
    given = resource.string("criticality")
    return f"criticality {given}" if given else ""


def reaction(element: Element) -> str:
    severity = element.string("severity")
    return concepts(element, "manifestation") + (f" ({severity})" if severity else "")
