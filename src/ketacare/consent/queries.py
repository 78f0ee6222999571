"""Whether a consent is in force, and why not."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import QuerySet

from ketacare.clinic.errors import Reason
from ketacare.clinic.models import Course
from ketacare.consent.models import CapacityAssessment, Consent, ConsentWithdrawal

PRESCRIBER = "a prescriber"
PATIENT = "the patient, with a prescriber"


@dataclass(frozen=True, kw_only=True)
class ConsentStatus:
    """The newest consent of a course and every reason why it does not hold."""

    consent: Consent | None
    reasons: tuple[Reason, ...]

    @property
    def in_force(self) -> bool:
        return self.consent is not None and not self.reasons


def consent_in_force(
    course: Course, *, route: str, dose_mg_per_kg: Decimal | None = None, at: datetime
) -> Consent | None:
    """The consent that covers this route and dose at this moment; None when there is none."""
    status = consent_status(course, at, route=route, dose_mg_per_kg=dose_mg_per_kg)
    return status.consent if status.in_force else None


def consent_status(
    course: Course, at: datetime, *, route: str | None = None, dose_mg_per_kg: Decimal | None = None
) -> ConsentStatus:
    """The newest consent (for a route, if one is named) with every reason why it does not hold at this moment."""
    signed = consents(course).filter(signed_at__lte=at)
    consent = signed.filter(route=route).first() if route else signed.first()
    if consent is None:
        other = f" for {route}" if route and signed.exists() else ""
        missing = Reason(text=f"The patient has not signed a consent{other}.", who=PATIENT)
        return ConsentStatus(consent=None, reasons=(missing,))
    return ConsentStatus(consent=consent, reasons=tuple(reasons_against(consent, dose_mg_per_kg=dose_mg_per_kg, at=at)))


def reasons_against(consent: Consent, *, dose_mg_per_kg: Decimal | None, at: datetime) -> Iterator[Reason]:
    """Why a signed consent does not hold at a moment; nothing when it does."""
    if ConsentWithdrawal.objects.filter(consent=consent, withdrawn_at__lte=at).exists():
        yield Reason(text="The patient took the consent back.", who=PATIENT)
    if consent.expires_at <= at:
        yield Reason(text=f"The consent ran out on {consent.expires_at:%Y-%m-%d}.", who=PATIENT)
    if consent.indication != consent.course.indication:
        yield Reason(text=f"The consent is for {consent.indication}, not for this course's indication.", who=PATIENT)
    if is_outside(consent, dose_mg_per_kg):
        span = f"{consent.dose_from_mg_per_kg.normalize():f} to {consent.dose_to_mg_per_kg.normalize():f} mg/kg"
        yield Reason(text=f"The dose lies outside the {span} that the patient agreed to.", who=PATIENT)
    if consent.course.status == Course.Status.IN_MAINTENANCE and consent.phase != Consent.Phase.MAINTENANCE:
        yield Reason(text="Maintenance has begun since: the patient decides anew.", who=PATIENT)
    lost = consent.course.capacity_assessments.filter(
        has_capacity=False, assessed_at__gte=consent.signed_at, assessed_at__lte=at
    )
    if lost.exists():
        yield Reason(text="The patient has lost the capacity to decide since they signed.", who=PRESCRIBER)


def is_outside(consent: Consent, dose_mg_per_kg: Decimal | None) -> bool:
    """Whether a dose lies outside what the patient agreed to; a dose nobody named does not."""
    if dose_mg_per_kg is None:
        return False
    return not consent.dose_from_mg_per_kg <= dose_mg_per_kg <= consent.dose_to_mg_per_kg


def consents(course: Course) -> QuerySet[Consent]:
    """Every consent of a course, newest first."""
    rows = course.consents.select_related("course", "witness", "recorded_by", "capacity__assessed_by", "withdrawal")
    return rows.order_by("-signed_at", "-pk")


def latest_capacity(course: Course, at: datetime) -> CapacityAssessment | None:
    """The last judgement of the patient's capacity."""
    rows = course.capacity_assessments.filter(assessed_at__lte=at).select_related("assessed_by")
    return rows.order_by("-assessed_at", "-pk").first()
