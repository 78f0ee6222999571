"""A signature as it is handed in, and everything that can be wrong with it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from ketacare.clinic.actor import Actor, user_id
from ketacare.clinic.errors import Reason
from ketacare.clinic.models import Course, User
from ketacare.consent.document import Document
from ketacare.consent.models import CapacityAssessment, Consent
from ketacare.consent.queries import PATIENT, PRESCRIBER

SECOND = "a second member of staff"
READY = frozenset(
    {
        Course.Status.ELIGIBLE,
        Course.Status.CONSENTED,
        Course.Status.PLANNED,
        Course.Status.IN_INDUCTION,
        Course.Status.IN_MAINTENANCE,
    }
)


@dataclass(frozen=True, kw_only=True)
class Signature:
    """What the patient signed, how, and who saw it."""

    document_sha256: str  # of the document that was shown
    name: str
    method: str
    confirmed: frozenset[str]
    witness: User | None = None
    dose_to_mg_per_kg: Decimal | None = None  # None: as high as the document tells about

    def highest_dose(self, document: Document) -> Decimal:
        """The highest dose agreed to, mg per kg."""
        return document.stated.dose_mg_per_kg.highest if self.dose_to_mg_per_kg is None else self.dose_to_mg_per_kg

    def obstacles(
        self, *, course: Course, document: Document, capacity: CapacityAssessment | None, by: Actor, at: datetime
    ) -> list[Reason]:
        """Every reason why this signature does not make a consent."""
        return [
            *course_reasons(course, capacity, document, at),
            *signature_reasons(course, document, self),
            *witness_reasons(course, self, by),
            *dose_reasons(document, self.highest_dose(document)),
        ]


def course_reasons(
    course: Course, capacity: CapacityAssessment | None, document: Document, at: datetime
) -> Iterator[Reason]:
    """Why this course cannot be consented to now."""
    if course.status not in READY:
        label = course.get_status_display().lower()
        yield Reason(text=f"The course is {label}; consent comes after a decision that it may go on.", who=PRESCRIBER)
    if capacity is None:
        yield Reason(text="Nobody has judged the patient's capacity to decide.", who=PRESCRIBER)
    elif not capacity.has_capacity:
        yield Reason(text="The last judgement says that the patient cannot decide about this.", who=PRESCRIBER)
    elif capacity.consents.exists():
        yield Reason(text="This signature stands already; a new one needs a new talk and judgement.", who=PRESCRIBER)
    elif at - capacity.assessed_at > document.capacity_lasts:
        yield Reason(text="The judgement of capacity is too old; it is made again for this decision.", who=PRESCRIBER)


def signature_reasons(course: Course, document: Document, signature: Signature) -> Iterator[Reason]:
    """What is wrong with the signature itself."""
    if signature.document_sha256 != document.reference.sha256:
        yield Reason(text="The document has changed since it was shown; read the new one first.", who=PATIENT)
    if missing := document.confirmation_ids - signature.confirmed:
        yield Reason(text=f"{len(missing)} of the sentences to confirm are not ticked.", who=PATIENT)
    if signature.confirmed - document.confirmation_ids:
        yield Reason(text="A sentence was ticked that this document does not have.", who=PATIENT)
    if signature.method not in Consent.Method.values:
        yield Reason(text="A consent is typed on screen or signed on paper.", who=PATIENT)
    if plain(signature.name) != plain(str(course.patient)):
        yield Reason(text="The name signed is not the patient's name as it is recorded.", who=PATIENT)


def witness_reasons(course: Course, signature: Signature, by: Actor) -> Iterator[Reason]:
    """What is wrong with the witness."""
    witness = signature.witness
    if signature.method == Consent.Method.ON_PAPER and witness is None:
        yield Reason(text="A signature on paper needs a witness from the staff.", who=SECOND)
    if witness is not None and witness.pk == user_id(by):
        yield Reason(text="The witness is another person than the one who records.", who=SECOND)
    if witness is not None and not witness.memberships.filter(site=course.site).exists():
        yield Reason(text="The witness does not work at this site.", who=SECOND)


def dose_reasons(document: Document, highest: Decimal) -> Iterator[Reason]:
    """Whether the highest dose agreed to lies inside what the document tells about."""
    told = document.stated.dose_mg_per_kg
    if not told.lowest <= highest <= told.highest:
        span = f"{told.lowest} to {told.highest} mg/kg"
        yield Reason(text=f"The document tells about {span}; the highest dose agreed to lies inside that.", who=PATIENT)


def plain(name: str) -> str:
    """A name without regard to case and spaces."""
    return " ".join(name.split()).casefold()
