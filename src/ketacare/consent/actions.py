"""Everything that writes in this room."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from ketacare.clinic import actions as clinic
from ketacare.clinic import audit
from ketacare.clinic.actor import Actor, System, user_id
from ketacare.clinic.errors import ActionRefused, Reason
from ketacare.clinic.models import Course
from ketacare.clinic.permissions import fetch, may
from ketacare.consent.document import Document
from ketacare.consent.models import CapacityAssessment, Consent, ConsentWithdrawal
from ketacare.consent.queries import document_of, latest_capacity
from ketacare.consent.signature import Signature


@transaction.atomic
def record_capacity(
    *, course_id: int, answers: Mapping[str, bool], by: Actor, at: datetime, note: str = ""
) -> CapacityAssessment:
    """Write down what a prescriber judged about the patient's capacity to decide; one "no" means none."""
    course = locked(course_id, "consent.assess", by)
    document = document_of(course)
    if missing := sorted(document.question_ids ^ answers.keys()):
        raise ActionRefused("unanswered", [Reason(text=f"Answer each question once: {', '.join(missing)}.")])
    assessment = CapacityAssessment.objects.create(
        course=course,
        answers=dict(answers),
        has_capacity=all(answers.values()),
        note=note.strip(),
        assessed_by_id=user_id(by),
        assessed_at=at,
    )
    audit.record(by=by, at=at, did="capacity assessed", on=assessment)
    return assessment


@transaction.atomic
def sign_consent(*, course_id: int, signature: Signature, by: Actor, at: datetime) -> Consent:
    """Keep the patient's signature under the document that was shown, or refuse with every reason."""
    course = locked(course_id, "consent.sign", by)
    document = document_of(course)
    capacity = latest_capacity(course, at)
    if reasons := signature.obstacles(course=course, document=document, capacity=capacity, by=by, at=at):
        raise ActionRefused("consent-incomplete", reasons)
    consent = Consent.objects.create(
        **terms_of(course, document),
        capacity=capacity,
        dose_to_mg_per_kg=signature.highest_dose(document),
        confirmed=sorted(signature.confirmed),
        method=signature.method,
        signed_name=" ".join(signature.name.split()),
        signed_at=at,
        expires_at=at + document.signature_lasts,
        witness=signature.witness,
        recorded_by_id=user_id(by),
    )
    audit.record(by=by, at=at, did="consent signed", on=consent)
    if course.status == Course.Status.ELIGIBLE:
        mover = by if may(by, "course.move", course) else System(name="consent")
        clinic.move_course(course_id=course.pk, to=Course.Status.CONSENTED, by=mover, at=at)
    return consent


@transaction.atomic
def withdraw_consent(*, course_id: int, by: Actor, at: datetime, reason: str = "") -> list[ConsentWithdrawal]:
    """Take back every consent of the course at once; no reason is owed and nothing stands in the way."""
    course = locked(course_id, "consent.withdraw", by)
    standing = course.consents.filter(withdrawal__isnull=True)
    withdrawn = [
        ConsentWithdrawal.objects.create(
            consent=consent, course=course, reason=reason.strip(), recorded_by_id=user_id(by), withdrawn_at=at
        )
        for consent in standing.order_by("pk")
    ]
    if not withdrawn:
        raise ActionRefused("nothing-to-withdraw", ["There is no consent that has not been taken back already."])
    audit.record(by=by, at=at, did="consent withdrawn", on=course, details={"consents": [one.pk for one in withdrawn]})
    return withdrawn


def locked(course_id: int, permission: str, by: Actor) -> Course:
    """The course, locked until the transaction ends, for an actor who holds the permission."""
    return fetch(by, permission, Course.objects.select_for_update(), pk=course_id)


def terms_of(course: Course, document: Document) -> dict[str, object]:
    """What the patient agrees to, copied from the document so that the row stands alone."""
    maintenance = course.status == Course.Status.IN_MAINTENANCE
    return {
        "course": course,
        "document_id": document.reference.id,
        "document_version": document.reference.version,
        "document_sha256": document.reference.sha256,
        "language": document.stated.language,
        "drug": document.stated.drug,
        "route": document.stated.route,
        "indication": course.indication,
        "phase": Consent.Phase.MAINTENANCE if maintenance else Consent.Phase.INDUCTION,
        "dose_from_mg_per_kg": document.stated.dose_mg_per_kg.lowest,
    }
