"""Signing for treatment, and taking it back."""

from datetime import datetime

from django.db import transaction

from ketacare.clinic import actions as clinic
from ketacare.clinic import audit
from ketacare.clinic.actor import Actor, System, user_id
from ketacare.clinic.errors import ActionRefused
from ketacare.clinic.models import Course
from ketacare.clinic.permissions import may
from ketacare.consent.models import Consent, ConsentWithdrawal, DocumentText
from ketacare.consent.queries import document_shown, latest_capacity, latest_talk, locked
from ketacare.consent.shapes import FOLDER, Document, Text
from ketacare.consent.signature import Moment, Signature, signed_in, treatment_obstacles
from ketacare.science import reference


@transaction.atomic
def sign_consent(*, course_id: int, signature: Signature, by: Actor, at: datetime) -> Consent:
    """Keep the patient's signature under the document that was shown, or refuse with every reason."""
    course = locked(course_id, "consent.sign", by)
    document = document_shown(course, signature.document_sha256)
    capacity, talk = latest_capacity(course, at), latest_talk(course, at)
    moment = Moment(course=course, text=document, talk=talk, capacity=capacity, at=at)
    if reasons := treatment_obstacles(moment, document, signature, by):
        raise ActionRefused("consent-incomplete", reasons)
    keep_text(document)
    consent = Consent.objects.create(
        **terms_of(course, document),
        capacity=capacity,
        talk=talk,
        dose_to_mg_per_kg=signature.highest_dose(document),
        confirmed=sorted(signature.confirmed),
        method=signature.method,
        signed_name=signature.signed_name(course),
        strokes=signature.strokes,
        signed_in=signed_in(by),
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


def keep_text(text: Text) -> None:
    """Keep the content of the file that is signed, once for each digest."""
    file = next(
        one
        for one in reference.data_files()
        if one.startswith(FOLDER) and reference.digest(one) == text.reference.sha256
    )
    DocumentText.objects.get_or_create(sha256=text.reference.sha256, defaults={"content": reference.read_text(file)})


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
