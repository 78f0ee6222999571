"""What the staff arrange: how a patient is reached, a new link, and that they have seen what went wrong."""

from datetime import datetime

from django.db import transaction

from ketacare.clinic import audit
from ketacare.clinic.actions import set_language
from ketacare.clinic.actor import Actor, user_id
from ketacare.clinic.errors import ActionRefused
from ketacare.clinic.models import Course
from ketacare.clinic.permissions import fetch
from ketacare.portal import due, queries
from ketacare.portal.models import CheckIn, ContactWishes, Message, Trouble
from ketacare.portal.values import WishesInput
from ketacare.science.checkins.local import zone_of
from ketacare.science.errors import ScienceError


@transaction.atomic
def keep_wishes(*, course_id: int, wishes: WishesInput, by: Actor, at: datetime) -> ContactWishes:
    """Keep how and when the patient wants to be written to; the messages still to come follow it."""
    course = fetch(by, "checkin.arrange", Course.objects.select_for_update(of=("self",)), pk=course_id)
    refuse_impossible(wishes)
    before = ContactWishes.objects.filter(patient=course.patient_id).first()
    opted_out_at = (before and before.opted_out_at) or at
    row, _ = ContactWishes.objects.update_or_create(
        patient_id=course.patient_id,
        defaults={
            "channel": wishes.channel,
            "email": wishes.email,
            "phone": wishes.phone,
            "time_zone": wishes.time_zone,
            "hour": wishes.hour,
            "quiet_from_h": wishes.quiet_from_h,
            "quiet_until_h": wishes.quiet_until_h,
            "opted_out_at": opted_out_at if wishes.is_opted_out else None,
            "kept_by_id": user_id(by),
            "kept_at": at,
        },
    )
    set_language(patient_id=course.patient_id, language=wishes.language, by=by, at=at)
    audit.record(by=by, at=at, did="contact wishes kept", on=row, details={"channel": wishes.channel})
    return row


def refuse_impossible(wishes: WishesInput) -> None:
    """Every reason why nobody could be written to like that."""
    reasons = []
    if not (wishes.email if wishes.channel == ContactWishes.Channel.EMAIL else wishes.phone):
        reasons.append("Say where the messages are to go.")
    try:
        zone_of(wishes.time_zone)
    except ScienceError:
        reasons.append("There is no such time zone.")
    if within(wishes.hour, wishes.quiet_from_h, wishes.quiet_until_h):
        reasons.append("The hour to write at lies in the quiet hours.")
    if reasons:
        raise ActionRefused("wishes", reasons)


def within(hour: int, begins: int, ends: int) -> bool:
    """Whether an hour lies in a stretch of hours that may go past midnight."""
    return begins <= hour < ends if begins <= ends else hour >= begins or hour < ends


@transaction.atomic
def send_again(*, check_in_id: int, by: Actor, at: datetime) -> Message:
    """Have another message sent about a check-in, with a link of its own: for a lost one, or another device."""
    row = fetch(by, "checkin.arrange", CheckIn.objects.select_for_update(of=("self",)), pk=check_in_id)
    row = queries.check_ins().get(pk=row.pk)
    reason = due.due(row, at=at).silence
    if reason:
        raise ActionRefused("not-sent", [reason])
    number = max((message.number for message in row.messages.all()), default=-1) + 1
    passed = [place for place, moment in enumerate(due.times_of(row)) if moment <= at]
    message = Message.objects.create(
        check_in=row,
        number=max([number, *passed]),
        channel=row.course.patient.contact_wishes.channel,
        status=Message.Status.WAITING,
        tries=0,
        begun_at=at,
        next_try_at=at,
    )
    audit.record(by=by, at=at, did="message asked for", on=message)
    return message


@transaction.atomic
def mark_seen(*, trouble_id: int, by: Actor, at: datetime) -> Trouble:
    """Somebody has seen what went wrong with a check-in."""
    rows = Trouble.objects.select_for_update(of=("self",)).select_related("check_in")
    trouble = fetch(by, "checkin.arrange", rows, pk=trouble_id)
    if trouble.seen_at is None:
        trouble.seen_at, trouble.seen_by_id = at, user_id(by)
        trouble.save(update_fields=["seen_at", "seen_by"])
        audit.record(by=by, at=at, did="check-in trouble seen", on=trouble)
    return trouble
