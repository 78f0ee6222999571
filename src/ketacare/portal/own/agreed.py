"""Everything a patient has signed, by the title it had, the newest first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from ketacare.clinic.models import Course
from ketacare.consent.models import Consent, SeparateConsent
from ketacare.consent.queries import text_signed


@dataclass(frozen=True, kw_only=True)
class Agreed:
    """One signature: under which text, when, whether it was taken back, and the page that shows it."""

    title: str
    language: str  # of the text
    signed_at: datetime
    is_taken_back: bool
    page: str
    course_id: int
    pk: int


def agreed(courses: Iterable[Course]) -> list[Agreed]:
    """What the patient of these courses has signed."""
    treatment = Consent.objects.filter(course__in=courses).select_related("withdrawal").order_by("pk")
    said = list(SeparateConsent.objects.filter(course__in=courses).order_by("pk"))
    taken = {(row.course_id, row.kind): row.pk for row in said if row.said == SeparateConsent.Said.WITHDRAWN}
    found = [of_row(row, "consent:signed", row.signed_at, is_back=hasattr(row, "withdrawal")) for row in treatment]
    found += [
        of_row(row, "consent:separate-signed", row.said_at, is_back=taken.get((row.course_id, row.kind), 0) > row.pk)
        for row in said
        if row.said == SeparateConsent.Said.GIVEN
    ]
    return sorted(found, key=lambda one: one.signed_at, reverse=True)


def of_row(row: Consent | SeparateConsent, page: str, at: datetime, *, is_back: bool) -> Agreed:
    """One signature as it is listed."""
    text = text_signed(row.document_sha256).stated
    return Agreed(
        title=text.title,
        language=text.language,
        signed_at=at,
        is_taken_back=is_back,
        page=page,
        course_id=row.course_id,
        pk=row.pk,
    )
