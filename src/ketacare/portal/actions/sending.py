"""Messages and links: written down before anything leaves, and again after."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from ketacare.clinic import audit
from ketacare.clinic.actor import Actor
from ketacare.clinic.permissions import fetch, require
from ketacare.portal import queries
from ketacare.portal.due import due, next_try
from ketacare.portal.models import CheckIn, Invitation, Message, Trouble
from ketacare.science.checkins import plan as plans

S = Message.Status


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """A message that is written down as begun and may now leave. The token is nowhere else."""

    message_id: int
    channel: str
    to: str
    token: str
    closes_at: datetime
    time_zone: str
    is_reminder: bool
    language: str


@transaction.atomic
def begin_message(*, check_in_id: int, by: Actor, at: datetime) -> Outgoing | None:
    """Write down the message that is due about a check-in, with a link of its own; None where none is, or another has begun it."""
    fetch(by, "checkin.run", CheckIn.objects.select_for_update(of=("self",)), pk=check_in_id)
    row = queries.check_ins().get(pk=check_in_id)
    number = due(row, at=at).number
    if number is None:
        return None
    wishes = row.course.patient.contact_wishes
    message = row.messages.filter(number=number).first() or Message(check_in=row, number=number, tries=0)
    message.channel, message.status, message.begun_at = wishes.channel, S.SENDING, at
    message.tries, message.ended_at, message.next_try_at, message.error = message.tries + 1, None, None, ""
    message.save()
    message.invitations.filter(withdrawn_at__isnull=True).update(withdrawn_at=at)
    token = secrets.token_urlsafe()
    Invitation.objects.create(check_in=row, message=message, token_digest=queries.digest(token), made_at=at)
    audit.record(by=by, at=at, did="message begun", on=message)
    return Outgoing(
        message_id=message.pk,
        channel=wishes.channel,
        to=wishes.email if wishes.channel == "email" else wishes.phone,
        token=token,
        closes_at=row.closes_at,
        time_zone=wishes.time_zone,
        is_reminder=row.messages.exclude(pk=message.pk).exists(),
        language=row.course.patient.language,
    )


@transaction.atomic
def end_message(*, message_id: int, error: str, by: Actor, at: datetime) -> Message:
    """Write down that a message left, or the kind of error that kept it; tried again while its check-in is open."""
    message = fetch(by, "checkin.run", Message.objects.select_for_update(of=("self",)), pk=message_id)
    if message.status != S.SENDING:
        return message
    message.status, message.ended_at, message.error = S.FAILED if error else S.SENT, at, error
    message.next_try_at = next_try(message.tries, at=at) if error else None
    message.save(update_fields=["status", "ended_at", "error", "next_try_at"])
    audit.record(by=by, at=at, did="message failed" if error else "message sent", on=message)
    if error and message.tries >= len(plans.load().messages.retry_after_min):
        tell(message.check_in_id, Trouble.Kind.NOT_SENT, at=at)
    return message


@transaction.atomic
def mark_unsure(*, message_id: int, by: Actor, at: datetime) -> Message:
    """A message that was begun and never ended may have left: it is not sent again, and somebody is told."""
    message = fetch(by, "checkin.run", Message.objects.select_for_update(of=("self",)), pk=message_id)
    if message.status == S.SENDING:
        message.status = S.UNSURE
        message.save(update_fields=["status"])
        audit.record(by=by, at=at, did="message unsure", on=message)
        tell(message.check_in_id, Trouble.Kind.UNSURE, at=at)
    return message


@transaction.atomic
def note_other_device(*, invitation_id: int, by: Actor, at: datetime) -> None:
    """A link was opened on a device that is not the one it belongs to: somebody is told, once until they have seen it."""
    row = Invitation.objects.select_related("check_in__course").get(pk=invitation_id)
    require(by, "checkin.run", row.check_in.course)
    if tell(row.check_in_id, Trouble.Kind.OTHER_DEVICE, at=at):
        audit.record(by=by, at=at, did="link refused on another device", on=row)


def tell(check_in_id: int, kind: str, *, at: datetime) -> bool:
    """Put something on the list of those who look after check-ins; whether it was not there yet."""
    _, is_new = Trouble.objects.get_or_create(
        check_in_id=check_in_id, kind=kind, seen_at=None, defaults={"told_at": at}
    )
    return is_new
