"""Whether a patient is to be written to about a check-in now, and if not, why."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from ketacare.portal import asking, queries
from ketacare.portal.models import CheckIn, ContactWishes, Message
from ketacare.science.checkins import plan as plans
from ketacare.science.checkins.schedule import loud_at, message_times

NOT_ARRANGED = "Nobody has kept how the patient wants to be reached."
OPTED_OUT = "The patient wants no messages."
NO_MAIL = "This service cannot send e-mail: no mail server is set."
NO_TEXTS = "This service cannot send text messages: no sender is set."
ANSWERED = "Everything is answered."
QUIET = "It opens and closes within the patient's quiet hours."
CLOSED = "It is closed."
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class Due:
    """The number of the message that is to be sent now; None and why, or None and when the next one is."""

    number: int | None
    silence: str
    next_at: datetime | None


def cannot_reach(wishes: ContactWishes | None) -> str:
    """Why nothing can be sent to somebody at all; empty where it can."""
    if wishes is None:
        return NOT_ARRANGED
    if wishes.opted_out_at is not None:
        return OPTED_OUT
    if wishes.channel == ContactWishes.Channel.EMAIL:
        return "" if settings.CAN_SEND_EMAIL else NO_MAIL
    return "" if settings.TEXT_SENDER else NO_TEXTS


def due(row: CheckIn, *, at: datetime) -> Due:
    """What is to be sent about a check-in, from ``queries.check_ins``; the newest reminder alone, where several are due."""
    reason = CLOSED if at >= row.closes_at or row.called_off_at else ANSWERED if queries.is_answered(row) else ""
    reason = reason or cannot_reach(asking.kept_wishes(row.course))
    times = times_of(row)
    if reason or not times:
        return Due(number=None, silence=reason or QUIET, next_at=None)
    sent = {message.number: message for message in row.messages.all()}
    passed = [number for number, moment in enumerate(times) if moment <= at]
    number = max([*passed, *sent], default=None)
    next_at = next((moment for moment in times if moment > at), None)
    if number is None or not is_wanted(sent.get(number), at=at) or loud_at(at, asking.wishes_of(row.course)) > at:
        return Due(number=None, silence="", next_at=next_at)
    return Due(number=number, silence="", next_at=next_at)


def times_of(row: CheckIn) -> tuple[datetime, ...]:
    """When the patient is written to about a check-in, by the plan it was kept with and their wishes as they are now."""
    point = plans.load(row.plan_version).point(row.point_id)
    return message_times(point, asking.wishes_of(row.course), opens_at=row.opens_at, closes_at=row.closes_at)


def is_wanted(message: Message | None, *, at: datetime) -> bool:
    """Whether this message is still to be sent: it never was begun, or failed and its next try has come."""
    if message is None:
        return True
    is_to_be_tried = message.status in (Message.Status.WAITING, Message.Status.FAILED)
    return is_to_be_tried and message.next_try_at is not None and message.next_try_at <= at


def next_try(tries: int, *, at: datetime) -> datetime:
    """When a message that failed so many times is tried again."""
    waits = plans.load().messages.retry_after_min
    return at + waits[min(tries, len(waits)) - 1] * MINUTE
