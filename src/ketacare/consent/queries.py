"""Whether a consent is in force, and why not."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import QuerySet

from ketacare.clinic.errors import ActionRefused, Reason
from ketacare.clinic.models import Course, User
from ketacare.consent.document import FOLDER, Document, document_for, parse
from ketacare.consent.models import CapacityAssessment, Consent, ConsentWithdrawal
from ketacare.evaluation.queries import newest_answers

PRESCRIBER = "a prescriber"
ROUTE = "plan.route"  # the question of the evaluation that asks how the drug is to be given
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


def document_of(course: Course) -> Document:
    """The document for the course's indication and route, or a refusal."""
    document = document_wanted(course)
    if document is None:
        missing = Reason(text="There is no consent document for this indication.", who="an administrator")
        raise ActionRefused("no-document", [missing])
    return document


def document_wanted(course: Course) -> Document | None:
    """The document for how the evaluation proposes to give the drug; without one of its own, the one for the indication."""
    asked = next((one.value for one in newest_answers(course) if one.fact == ROUTE), None)
    own = document_for(indication=course.indication, route=asked) if isinstance(asked, str) else None
    return own or document_for(indication=course.indication)


def document_signed(consent: Consent) -> Document:
    """The document as it was when it was signed; raises LookupError should its file have changed since."""
    document = parse(f"{FOLDER}/{consent.document_id}.{consent.document_version}.yaml")
    if document.reference.sha256 != consent.document_sha256:
        raise LookupError(
            f"the file of {consent.document_id} {consent.document_version} is not the one that was signed"
        )
    return document


def possible_witnesses(course: Course, *, but: int | None) -> QuerySet[User]:
    """The staff of the course's site other than the one who records."""
    return (
        User.objects.filter(memberships__site=course.site, is_active=True).exclude(pk=but).distinct().order_by("name")
    )


def consents(course: Course) -> QuerySet[Consent]:
    """Every consent of a course, newest first."""
    rows = course.consents.select_related("course", "witness", "recorded_by", "capacity__assessed_by", "withdrawal")
    return rows.order_by("-signed_at", "-pk")


def latest_capacity(course: Course, at: datetime) -> CapacityAssessment | None:
    """The last judgement of the patient's capacity."""
    rows = course.capacity_assessments.filter(assessed_at__lte=at).select_related("assessed_by")
    return rows.order_by("-assessed_at", "-pk").first()


@dataclass(frozen=True, kw_only=True)
class ConsentPage:
    """Everything the consent page of a course shows."""

    status: ConsentStatus
    capacity: CapacityAssessment | None
    document: Document | None
    history: tuple[Consent, ...]

    @property
    def may_be_withdrawn(self) -> bool:
        return any(not hasattr(consent, "withdrawal") for consent in self.history)


def consent_page(course: Course, at: datetime) -> ConsentPage:
    """The consent page of a course at a moment."""
    return ConsentPage(
        status=consent_status(course, at),
        capacity=latest_capacity(course, at),
        document=document_wanted(course),
        history=tuple(consents(course)),
    )
