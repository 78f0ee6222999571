"""Giving, refusing and taking back what stands beside the treatment, each on its own."""

from datetime import datetime

from django.db import transaction

from ketacare.clinic import audit
from ketacare.clinic.actor import Actor, user_id
from ketacare.clinic.errors import ActionRefused, Reason
from ketacare.clinic.models import Course
from ketacare.consent.actions.signing import keep_text
from ketacare.consent.document import separate_for
from ketacare.consent.models import SeparateConsent
from ketacare.consent.queries import PATIENT, latest_capacity, latest_talk, locked, separate_shown
from ketacare.consent.separate import GIVEN, REFUSED, WITHDRAWN, newest_said
from ketacare.consent.shapes import SeparateText
from ketacare.consent.signature import Moment, Signature, separate_obstacles, signed_in


@transaction.atomic
def give_separate(*, course_id: int, kind: str, signature: Signature, by: Actor, at: datetime) -> SeparateConsent:
    """Keep the patient's yes to one thing beside the treatment, or refuse with every reason."""
    course = locked(course_id, "consent.sign", by)
    text = separate_shown(known_text(kind), signature.document_sha256)
    talk = latest_talk(course, at)
    moment = Moment(course=course, text=text, talk=talk, capacity=latest_capacity(course, at), at=at)
    if reasons := separate_obstacles(moment, signature, by):
        raise ActionRefused("consent-incomplete", reasons)
    keep_text(text)
    given = SeparateConsent.objects.create(
        **terms_of(course, text),
        said=GIVEN,
        confirmed=sorted(signature.confirmed),
        method=signature.method,
        signed_name=signature.signed_name(course),
        strokes=signature.strokes,
        signed_in=signed_in(by),
        talk=talk,
        witness=signature.witness,
        recorded_by_id=user_id(by),
        said_at=at,
        expires_at=at + text.signature_lasts,
    )
    audit.record(by=by, at=at, did="separate consent given", on=given, details={"kind": kind})
    return given


@transaction.atomic
def refuse_separate(*, course_id: int, kind: str, document_sha256: str, by: Actor, at: datetime) -> SeparateConsent:
    """Keep the patient's no; nothing is asked for it."""
    course = locked(course_id, "consent.withdraw", by)
    said = newest_said(course, at).get(kind)
    if said is not None and said.said == GIVEN:
        raise ActionRefused("given-before", [Reason(text="This was given before: take it back instead.", who=PATIENT)])
    text = separate_shown(known_text(kind), document_sha256)
    refused = SeparateConsent.objects.create(
        **terms_of(course, text), said=REFUSED, signed_in=signed_in(by), recorded_by_id=user_id(by), said_at=at
    )
    audit.record(by=by, at=at, did="separate consent refused", on=refused, details={"kind": kind})
    return refused


@transaction.atomic
def withdraw_separate(*, course_id: int, kind: str, by: Actor, at: datetime) -> SeparateConsent:
    """Take back one separate consent at once; every other stays as it is."""
    course = locked(course_id, "consent.withdraw", by)
    said = newest_said(course, at).get(kind)
    if said is None or said.said != GIVEN:
        raise ActionRefused("nothing-to-withdraw", ["There is no consent of this kind to take back."])
    withdrawn = SeparateConsent.objects.create(
        course=said.course,
        kind=kind,
        document_id=said.document_id,
        document_version=said.document_version,
        document_sha256=said.document_sha256,
        language=said.language,
        said=WITHDRAWN,
        signed_in=signed_in(by),
        recorded_by_id=user_id(by),
        said_at=at,
    )
    audit.record(by=by, at=at, did="separate consent withdrawn", on=withdrawn, details={"kind": kind})
    return withdrawn


def known_text(kind: str) -> SeparateText:
    """The text of a kind, or a refusal."""
    try:
        return separate_for(kind)
    except LookupError as error:
        raise ActionRefused(
            "no-document", [Reason(text="There is no such consent.", who="an administrator")]
        ) from error


def terms_of(course: Course, text: SeparateText) -> dict[str, object]:
    """Which text was answered, copied so that the row stands alone."""
    return {
        "course": course,
        "kind": text.kind,
        "document_id": text.reference.id,
        "document_version": text.reference.version,
        "document_sha256": text.reference.sha256,
        "language": text.stated.language,
    }
