"""Whether a consent is in force, and why not; what a patient has to read, and has signed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import QuerySet

from ketacare.clinic.actor import Actor
from ketacare.clinic.errors import ActionRefused, Reason
from ketacare.clinic.indications import indication_name
from ketacare.clinic.models import Course, Patient, User
from ketacare.clinic.permissions import PERMISSIONS, fetch
from ketacare.clinic.routes import route_name
from ketacare.consent.document import document_for, documents, is_same, language_of, newest, separate_texts
from ketacare.consent.models import (
    CapacityAssessment,
    Consent,
    ConsentTalk,
    ConsentWithdrawal,
    DocumentText,
    SeparateConsent,
)
from ketacare.consent.separate import (
    OFF_LABEL,
    WITHDRAWN,
    SeparateState,
    newest_said,
    off_label_missing,
    registry_consent,
    separate_states,
)
from ketacare.consent.shapes import TREATMENT, Document, SeparateText, Text, parsed
from ketacare.evaluation.queries import newest_answers
from ketacare.science import reference

__all__ = ["registry_consent"]
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
        return ConsentStatus(consent=None, reasons=(never_signed(route, signed.first()),))
    return ConsentStatus(consent=consent, reasons=tuple(reasons_against(consent, dose_mg_per_kg=dose_mg_per_kg, at=at)))


def never_signed(route: str | None, other: Consent | None) -> Reason:
    """Why there is no consent at all, or none for this route."""
    if route is None or other is None:
        return Reason(text="The patient has not signed a consent.", who=PATIENT)
    says = f"The way it is given has changed: the patient signed for {other.route_name}, not for {route_name(route)}."
    return Reason(text=says, who=PATIENT)


def reasons_against(consent: Consent, *, dose_mg_per_kg: Decimal | None, at: datetime) -> Iterator[Reason]:
    """Why a signed consent does not hold at a moment, each with what has changed; nothing when it does."""
    course = consent.course
    if ConsentWithdrawal.objects.filter(consent=consent, withdrawn_at__lte=at).exists():
        yield Reason(text="The patient took the consent back.", who=PATIENT)
    if consent.expires_at <= at:
        yield Reason(text=f"The consent ran out on {consent.expires_at:%Y-%m-%d}.", who=PATIENT)
    if consent.indication != course.indication:
        says = f"The consent is for {consent.indication_name}, and the course is now for {indication_name(course.indication)}."
        yield Reason(text=says, who=PATIENT)
    if is_outside(consent, dose_mg_per_kg):
        span = f"{consent.dose_from_mg_per_kg.normalize():f} to {consent.dose_to_mg_per_kg.normalize():f} mg/kg"
        yield Reason(text=f"The dose lies outside the {span} that the patient agreed to.", who=PATIENT)
    if course.status == Course.Status.IN_MAINTENANCE and consent.phase != Consent.Phase.MAINTENANCE:
        yield Reason(text="Maintenance has begun since: the patient decides anew.", who=PATIENT)
    yield from reasons_of_text(consent)
    yield from reasons_since(consent, at)
    if off_label_missing(course, consent.route, at):
        says = "The use is off-label, and the patient has not agreed to that on its own page."
        yield Reason(text=says, who=PATIENT)


def reasons_of_text(consent: Consent) -> Iterator[Reason]:
    """Why the text that was signed is not the one that is read now."""
    now = newest(consent.document_id)
    if now is None or now.stated.version <= consent.document_version or now.stated.changes is None:
        return
    changes = now.stated.changes
    what = "A risk is new or has changed" if changes.risk else "The text has changed"
    says = f"{what}: version {consent.document_version} was signed, version {now.stated.version} is read now."
    yield Reason(text=" ".join([says, *changes.says]), who=PATIENT)


def reasons_since(consent: Consent, at: datetime) -> Iterator[Reason]:
    """What has happened since the signature that asks for a new one."""
    for asked in consent.course.asked_again.filter(asked_at__gte=consent.signed_at, asked_at__lte=at).order_by("pk"):
        says = f"{asked.get_why_display()} since the signature, {asked.asked_at:%Y-%m-%d}: {asked.says}"
        yield Reason(text=says, who=PATIENT)
    lost = consent.course.capacity_assessments.filter(
        has_capacity=False, assessed_at__gte=consent.signed_at, assessed_at__lte=at
    )
    if lost.exists():
        yield Reason(text="The patient has lost the capacity to decide since they signed.", who=PRESCRIBER)


def taken_back_at(course: Course, at: datetime) -> datetime | None:
    """Since when the patient has taken back what the treatment rests on, and not signed again; None while they have not."""
    signed = (
        course.consents.filter(signed_at__lte=at).select_related("withdrawal").order_by("-signed_at", "-pk").first()
    )
    back = getattr(signed, "withdrawal", None)
    if back is not None and back.withdrawn_at <= at:
        return back.withdrawn_at
    said = newest_said(course, at).get(OFF_LABEL) if signed is not None else None
    return said.said_at if said is not None and said.said == WITHDRAWN else None


def is_outside(consent: Consent, dose_mg_per_kg: Decimal | None) -> bool:
    """Whether a dose lies outside what the patient agreed to; a dose nobody named does not."""
    if dose_mg_per_kg is None:
        return False
    return not consent.dose_from_mg_per_kg <= dose_mg_per_kg <= consent.dose_to_mg_per_kg


def document_of(course: Course, language: str | None = None) -> Document:
    """The document for the course's indication and route, in a language or the patient's own; or a refusal."""
    document = document_wanted(course, language)
    if document is None:
        missing = Reason(text="There is no consent document for this indication.", who="an administrator")
        raise ActionRefused("no-document", [missing])
    return document


def document_wanted(course: Course, language: str | None = None) -> Document | None:
    """The document for how the evaluation proposes to give the drug; without one of its own, the one for the indication."""
    spoken = language or language_of(course.patient)
    asked = next((one.value for one in newest_answers(course) if one.fact == ROUTE), None)
    own = document_for(indication=course.indication, route=asked, language=spoken) if isinstance(asked, str) else None
    return own or document_for(indication=course.indication, language=spoken)


def document_shown(course: Course, sha256: str) -> Document:
    """The document that was shown under this digest, in whichever language; else the one to be shown now."""
    wanted = document_of(course)
    same = (one for one in documents() if one.reference.sha256 == sha256 and is_same(one, wanted))
    return next(same, wanted)


def separate_shown(wanted: SeparateText, sha256: str) -> SeparateText:
    """The separate text that was shown under this digest, in whichever language; else the one to be shown now."""
    same = (one for one in separate_texts() if one.reference.sha256 == sha256 and is_same(one, wanted))
    return next(same, wanted)


def text_shown(course: Course, wanted: Text, sha256: str) -> Text:
    """The text that was shown under this digest, in whichever language; else the one to be shown now."""
    return separate_shown(wanted, sha256) if isinstance(wanted, SeparateText) else document_shown(course, sha256)


def text_signed(sha256: str) -> Text:
    """A text as it was when it was signed; raises LookupError when what was kept is not what was signed."""
    kept = DocumentText.objects.filter(sha256=sha256).first()
    if kept is None or reference.sha256(kept.content) != sha256:
        raise LookupError(f"the text {sha256} that was signed is not kept as it was")
    return parsed(kept.content, place=sha256)


def latest_talk(course: Course, at: datetime) -> ConsentTalk | None:
    """The newest talk about consent up to a moment."""
    return (
        course.consent_talks.filter(held_at__lte=at).select_related("explained_by").order_by("-held_at", "-pk").first()
    )


def locked(course_id: int, permission: str, by: Actor, *, at: datetime | None = None) -> Course:
    """The course, locked until the transaction ends, for an actor who holds the permission."""
    return fetch(by, permission, Course.objects.select_for_update(), at=at, pk=course_id)


def possible_witnesses(course: Course, *, but: int | None) -> QuerySet[User]:
    """The staff of the course's site other than the one who records."""
    return (
        User.objects.filter(memberships__site=course.site, is_active=True).exclude(pk=but).distinct().order_by("name")
    )


def explainers(course: Course) -> QuerySet[User]:
    """The people of the course's site who may talk consent through with a patient."""
    roles = PERMISSIONS["consent.explain"]
    here = User.objects.filter(memberships__site=course.site, memberships__role__in=roles, is_active=True)
    return here.distinct().order_by("name")


def consents(course: Course) -> QuerySet[Consent]:
    """Every consent of a course, newest first."""
    rows = course.consents.select_related(
        "course__patient",
        "course__site",
        "witness",
        "recorded_by",
        "capacity__assessed_by",
        "talk__explained_by",
        "withdrawal",
    )
    return rows.order_by("-signed_at", "-pk")


def separate_given(course: Course) -> QuerySet[SeparateConsent]:
    """Every separate consent that the patient of a course has signed."""
    rows = SeparateConsent.objects.filter(course__patient=course.patient, said=SeparateConsent.Said.GIVEN)
    return rows.select_related("course__patient", "course__site")


def latest_capacity(course: Course, at: datetime) -> CapacityAssessment | None:
    """The last judgement of the patient's capacity."""
    rows = course.capacity_assessments.filter(assessed_at__lte=at).select_related("assessed_by")
    return rows.order_by("-assessed_at", "-pk").first()


@dataclass(frozen=True, kw_only=True)
class PatientDocument:
    """One consent as its patient sees it: what it is, whether it holds, and where it is read."""

    course_id: int
    kind: str  # treatment, or the kind of a separate consent
    title: str  # in the patient's language
    state: str  # in-force | waits (for the other that treatment needs) | not-in-force | refused | withdrawn | not-asked
    is_needed: bool  # treatment waits for it
    signed_at: datetime | None
    page: str  # the name of its address; its arguments are course_id, and kind for a separate consent
    # the names of the addresses of the text as it was signed and of its paper, and which row (pk); None: nothing signed
    signed: tuple[str, int] | None
    paper: tuple[str, int] | None


def documents_of(patient: Patient, at: datetime) -> list[PatientDocument]:
    """Every consent that a patient may read, give or take back, course by course."""
    courses = patient.courses.select_related("patient", "site").order_by("-opened_at", "-pk")
    return [one for course in courses for one in documents_of_course(course, at)]


def documents_of_course(course: Course, at: datetime, *, language: str | None = None) -> list[PatientDocument]:
    """The consent to treatment of a course, and those beside it, by their titles in a language or the patient's own."""
    document = document_wanted(course, language)
    if document is None:
        return []
    status = consent_status(course, at)
    consent = status.consent
    treatment = PatientDocument(
        course_id=course.pk,
        kind=TREATMENT,
        title=document.stated.title,
        state=state_of(status, at),
        is_needed=True,
        signed_at=consent.signed_at if consent else None,
        page="consent:sign",
        signed=("consent:signed", consent.pk) if consent else None,
        paper=("consent:paper", consent.pk) if consent else None,
    )
    separate = separate_states(course, at, route=document.stated.route, language=language)
    return [treatment, *(separate_of(course, one) for one in separate)]


def state_of(status: ConsentStatus, at: datetime) -> str:
    """How a consent to treatment stands, as a word for programs."""
    if status.consent is None:
        return "not-asked"
    if hasattr(status.consent, "withdrawal"):
        return "withdrawn"
    if status.in_force:
        return "in-force"
    consent = status.consent
    waits = len(status.reasons) == 1 and off_label_missing(consent.course, consent.route, at)
    return "waits" if waits else "not-in-force"


def separate_of(course: Course, state: SeparateState) -> PatientDocument:
    """One separate consent as its patient sees it."""
    said = state.said
    return PatientDocument(
        course_id=course.pk,
        kind=state.kind,
        title=state.text.stated.title,
        state=state.word,
        is_needed=state.is_needed,
        signed_at=said.said_at if said is not None and state.is_given else None,
        page="consent:separate",
        signed=("consent:separate-signed", said.pk) if said is not None and state.is_given else None,
        paper=("consent:separate-paper", said.pk) if said is not None and state.is_given else None,
    )
