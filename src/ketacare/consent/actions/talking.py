"""The talk about consent, and what shows that it was understood."""

from datetime import datetime

from django.db import transaction

from ketacare.clinic import audit
from ketacare.clinic.actor import Actor, user_id
from ketacare.clinic.errors import ActionRefused, Reason
from ketacare.consent.models import ConsentTalk, TeachBackAnswer
from ketacare.consent.queries import latest_talk, locked
from ketacare.consent.shapes import Text
from ketacare.consent.signature import TALKER
from ketacare.consent.talk import Talk


@transaction.atomic
def record_talk(*, course_id: int, talk: Talk, by: Actor, at: datetime) -> ConsentTalk:
    """Write down who explained, through which interpreter, and what the patient asked."""
    course = locked(course_id, "consent.explain", by)
    if reasons := talk.obstacles(course):
        raise ActionRefused("talk-incomplete", reasons)
    held = ConsentTalk.objects.create(
        course=course,
        explained_by=talk.explained_by,
        interpreter=talk.interpreter,
        interpreter_name=talk.interpreter_name.strip(),
        interpreter_language=talk.interpreter_language.strip(),
        questions=talk.questions.strip(),
        recorded_by_id=user_id(by),
        held_at=at,
    )
    audit.record(by=by, at=at, did="consent talked through", on=held)
    return held


@transaction.atomic
def answer_question(
    *, course_id: int, text: Text, question: str, choice: str, by: Actor, at: datetime
) -> TeachBackAnswer:
    """Keep one try at one question about a text, right or wrong."""
    course = locked(course_id, "consent.answer", by)
    talk = latest_talk(course, at)
    if talk is None or at - talk.held_at > text.capacity_lasts:
        raise ActionRefused("no-talk", [Reason(text="The questions come after the talk; hold it first.", who=TALKER)])
    asked = next((one for one in text.stated.teach_back if one.id == question), None)
    if asked is None or choice not in {one.id for one in asked.choices}:
        raise ActionRefused(
            "no-such-answer", [Reason(text="The text has no such question or answer. Load the page again.")]
        )
    answer = TeachBackAnswer.objects.create(
        talk=talk,
        course=course,
        document_id=text.reference.id,
        document_version=text.reference.version,
        document_sha256=text.reference.sha256,
        question=question,
        choice=choice,
        is_right=choice == asked.right,
        recorded_by_id=user_id(by),
        answered_at=at,
    )
    audit.record(by=by, at=at, did="consent question answered", on=answer)
    return answer
