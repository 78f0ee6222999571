"""A patient taken along the pathway, by actions alone: what a test of a later room starts from."""

from datetime import datetime, timedelta

from ketacare.clinic import actions as clinic
from ketacare.clinic.actor import Actor
from ketacare.clinic.models import Course
from ketacare.consent import actions as consent
from ketacare.consent.document import document_for
from ketacare.consent.models import CapacityAssessment, Consent
from ketacare.consent.signature import Signature
from tests.cast import NOW, Cast

SIGNED = NOW + timedelta(hours=1)


def eligible(cast: Cast, *, at: datetime = NOW) -> Course:
    """Ada's course, evaluated and judged eligible."""
    by = cast.actor("prescriber")
    clinic.move_course(course_id=cast.ada_course, to="in-evaluation", by=by, at=at)
    return clinic.move_course(course_id=cast.ada_course, to="eligible", by=by, at=at)


def capable(cast: Cast, *, at: datetime = NOW, **answers: bool) -> CapacityAssessment:
    """A prescriber's judgement of Ada's capacity: able, unless an answer says otherwise."""
    document = document_for(indication="mdd_trd")
    given = dict.fromkeys(document.question_ids, True) | answers
    return consent.record_capacity(course_id=cast.ada_course, answers=given, by=cast.actor("prescriber"), at=at)


def sign(
    cast: Cast, *, at: datetime = SIGNED, by: Actor | None = None, course_id: int | None = None, **changes: object
) -> Consent:
    """Ada's signature on screen, with whatever a test changes about it."""
    document = document_for(indication="mdd_trd")
    signature = {
        "document_sha256": document.reference.sha256,
        "name": "Ada Lindqvist",
        "method": "on-screen",
        "confirmed": document.confirmation_ids,
    }
    return consent.sign_consent(
        course_id=cast.ada_course if course_id is None else course_id,
        signature=Signature(**(signature | changes)),
        by=by or cast.actor("nurse"),
        at=at,
    )


def consented(cast: Cast) -> Consent:
    """Ada, eligible, able to decide, and signed."""
    eligible(cast)
    capable(cast)
    return sign(cast)
