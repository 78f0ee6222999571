"""The esketamine programme: enrolments read there, and forms sent to it."""

from collections.abc import Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import transaction

from ketacare.clinic import audit
from ketacare.clinic.actor import Actor, user_id
from ketacare.clinic.errors import ActionRefused, Reason
from ketacare.infusion import rems
from ketacare.infusion.doing import allowed
from ketacare.infusion.models import RemsEnrolment, RemsSubmission


@transaction.atomic
def record_enrolment(*, session_id: int, enrolled_on: date, by: Actor, at: datetime) -> RemsEnrolment:
    """Write down that a session's patient is enrolled in the esketamine REMS, as it was read there."""
    session = allowed(session_id, "rems.submit", by)
    if rems.enrolment(session) is not None:
        raise ActionRefused("enrolled", ["The enrolment is on file already."])
    if enrolled_on > at.astimezone(ZoneInfo(session.site.time_zone)).date():
        raise ActionRefused("not-yet", [Reason(text="The day of the enrolment has not come.", who=rems.NURSE)])
    row = RemsEnrolment.objects.create(
        patient=session.patient,
        site=session.site,
        enrolled_on=enrolled_on,
        recorded_by_id=user_id(by),
        recorded_at=at,
    )
    audit.record(by=by, at=at, did="REMS enrolment recorded", on=row)
    return row


@transaction.atomic
def submit_rems_form(
    *, session_id: int, answers: Mapping[str, object], submitted_on: date, by: Actor, at: datetime
) -> RemsSubmission:
    """Record that the monitoring form of a session was sent, with everything it said."""
    session = allowed(session_id, "rems.submit", by)
    told = rems.told_by_session(session, at=at) | {name: answers.get(name) for name in rems.ASKED}
    today = at.astimezone(ZoneInfo(session.site.time_zone)).date()
    if reasons := list(rems.reasons_against_submission(session, told, on=submitted_on, today=today)):
        raise ActionRefused("form-not-submitted", reasons)
    row = RemsSubmission.objects.create(
        session=session, form=told, submitted_by_id=user_id(by), submitted_on=submitted_on, recorded_at=at
    )
    audit.record(by=by, at=at, did="REMS form submitted", on=row)
    return row
