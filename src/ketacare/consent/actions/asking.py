"""Whether the patient can decide, and what makes a consent that was signed not enough any more."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from ketacare.clinic import audit
from ketacare.clinic.actor import Actor, user_id
from ketacare.clinic.errors import ActionRefused, Reason
from ketacare.consent.models import AskedAgain, CapacityAssessment
from ketacare.consent.queries import document_of, locked


@transaction.atomic
def record_capacity(
    *, course_id: int, answers: Mapping[str, bool], by: Actor, at: datetime, note: str = ""
) -> CapacityAssessment:
    """Write down what a prescriber judged about the patient's capacity to decide; one "no" means none."""
    course = locked(course_id, "consent.assess", by, at=at)
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
def ask_again(*, course_id: int, why: str, says: str, by: Actor, at: datetime) -> AskedAgain:
    """From now on no consent signed before holds: something has happened that the patient must decide about anew."""
    course = locked(course_id, "consent.ask-again", by)
    if why not in AskedAgain.Why.values or not says.strip():
        raise ActionRefused("no-reason", [Reason(text="Say what has changed, so that the patient can be told.")])
    asked = AskedAgain.objects.create(course=course, why=why, says=says.strip(), asked_by_id=user_id(by), asked_at=at)
    audit.record(by=by, at=at, did="consent asked again", on=asked, details={"why": why})
    return asked
