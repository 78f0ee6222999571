"""What a patient answers by a link: each answer as it is given, and the whole scale with its last one."""

from datetime import datetime

from django.db import transaction

from ketacare.clinic import audit
from ketacare.clinic.actor import Actor, PatientLink
from ketacare.clinic.errors import ActionRefused
from ketacare.clinic.models import Patient
from ketacare.clinic.permissions import fetch, require
from ketacare.outcomes import actions as outcomes
from ketacare.outcomes.models import AnswerSet
from ketacare.portal import queries
from ketacare.portal.models import CheckInScale, Invitation
from ketacare.portal.queries import Door
from ketacare.portal.values import Given
from ketacare.science.checkins.questions import needs_somebody, next_item, shown_items
from ketacare.science.scales import library
from ketacare.science.scales.definition import Instrument


def link_of(patient: Patient) -> PatientLink:
    """The patient as the one who acts: whoever holds their link."""
    return PatientLink(user_id=patient.user_id, patient_id=patient.pk, name=str(patient))


@transaction.atomic
def answer_question(*, invitation_id: int, device: str, given: Given, by: Actor, at: datetime) -> CheckInScale:
    """Keep one answer; with the last one, or one that needs somebody the same day, the scale is recorded."""
    rows = Invitation.objects.select_for_update(of=("self",)).select_related("check_in__course")
    invitation = fetch(by, "outcome.answer", rows, pk=invitation_id)
    bind(invitation, device, at=at)
    scale = locked_scale(invitation, given, device, at=at)
    instrument = library.load(scale.instrument_id, scale.instrument_version)
    scale.answers, scale.last_answered_at = scale.answers | {given.item: value_of(instrument, given)}, at
    scale.save(update_fields=["answers", "last_answered_at"])
    audit.record(by=by, at=at, did="question answered by link", on=scale)
    if next_item(instrument, scale.answers) is None or needs_somebody(instrument, scale.answers):
        record(scale, instrument, by=by, at=at)
    return scale


def bind(invitation: Invitation, device: str, *, at: datetime) -> None:
    """The link belongs to the first device that answers with it."""
    if not invitation.device_digest:
        invitation.device_digest, invitation.bound_at = queries.digest(device), at
        invitation.save(update_fields=["device_digest", "bound_at"])


def locked_scale(invitation: Invitation, given: Given, device: str, *, at: datetime) -> CheckInScale:
    """The scale that is answered, locked; refused where the link does not open it, or it was asked in another version."""
    # Two links of one check-in lock two invitations: only who has the scales' lock may ask whether they are answered.
    own = CheckInScale.objects.select_for_update().filter(check_in=invitation.check_in_id).order_by("pk")
    locked = {row.pk: row for row in own}
    found = tuple(queries.scales().filter(check_in=invitation.check_in_id))
    door = queries.door_of(invitation, found, device, at=at)
    if door != Door.OPEN:
        raise ActionRefused(door, ["This link does not open these questions any more."])
    scale = next((one for one in found if one.instrument_id == given.scale and not one.is_answered), None)
    if scale is None or scale.instrument_version != given.version:
        raise ActionRefused(
            "another-version", ["These questions are not the ones that are asked now. Go on from here."]
        )
    return locked[scale.pk]


def value_of(instrument: Instrument, given: Given) -> int | str | None:
    """The answer as the scale records it; refused where the scale has no such question or no such answer."""
    item = next((one for one in instrument.items if one.id == given.item), None)
    if item is None:
        raise ActionRefused("no-such-question", ["There is no such question here. Go on from here."])
    if given.is_left_open:
        return None
    answers = {str(option.answer): option.answer for option in instrument.choices(item)}
    if given.answer not in answers:
        raise ActionRefused("no-such-answer", ["Choose one of the answers below. Nothing was changed."])
    return answers[given.answer]


def record(scale: CheckInScale, instrument: Instrument, *, by: Actor, at: datetime) -> AnswerSet:
    """Hand the answers to the outcomes, which score them and raise their alerts; what went out of sight is left out."""
    shown = {item.id for item in shown_items(instrument, scale.answers)}
    return outcomes.record_answers(
        course_id=scale.check_in.course_id,
        instrument_id=scale.instrument_id,
        version=scale.instrument_version,
        answers={name: value for name, value in scale.answers.items() if name in shown},
        how=AnswerSet.How.BY_LINK,
        answered_at=scale.last_answered_at,
        form_key=scale.form_key,
        by=by,
        at=at,
    )


@transaction.atomic
def record_unfinished(*, scale_id: int, by: Actor, at: datetime) -> AnswerSet:
    """Record what was begun and not finished when its check-in closed, as the patient's, at the time they gave it."""
    rows = CheckInScale.objects.select_for_update(of=("self",)).select_related("check_in__course__patient")
    scale = fetch(by, "checkin.run", rows, pk=scale_id)
    instrument = library.load(scale.instrument_id, scale.instrument_version)
    audit.record(by=by, at=at, did="unfinished answers recorded", on=scale)
    return record(scale, instrument, by=link_of(scale.check_in.course.patient), at=at)


@transaction.atomic
def stop_messages(*, invitation_id: int, by: Actor, at: datetime) -> None:
    """The patient wants no more messages; what is asked can still be answered at the clinic."""
    invitation = Invitation.objects.select_related("check_in__course__patient__contact_wishes").get(pk=invitation_id)
    require(by, "checkin.stop", invitation.check_in.course)
    wishes = invitation.check_in.course.patient.contact_wishes
    if wishes.opted_out_at is None:
        wishes.opted_out_at = at
        wishes.save(update_fields=["opted_out_at"])
        audit.record(by=by, at=at, did="messages stopped by the patient", on=wishes)
