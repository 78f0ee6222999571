"""Ada with a session on the list or behind her, and what she is asked about it; by actions alone."""

from datetime import datetime, timedelta

from django.core import mail
from django.test import Client

from ketacare.clinic.actor import System
from ketacare.infusion.models import Session
from ketacare.portal import actions, queries, running
from ketacare.portal.models import CheckIn
from ketacare.portal.values import WishesInput
from tests.cast import Cast
from tests.rooms import steps
from tests.rooms.infusion import treatment

CLOCK = System(name="messenger")
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
MAIL = WishesInput(
    channel="email",
    email="ada@patients.example",
    phone="",
    time_zone="Europe/Berlin",
    hour=10,
    quiet_from_h=21,
    quiet_until_h=8,
    language="en",
    is_opted_out=False,
)


def arranged(cast: Cast, wishes: WishesInput = MAIL, *, at: datetime = steps.SIGNED) -> None:
    """Ada said how she wants to be reached."""
    actions.keep_wishes(course_id=cast.ada_course, wishes=wishes, by=cast.actor("nurse"), at=at)


def booked(cast: Cast) -> Session:
    """Her first session is on the list, and the clock of the course has begun."""
    session = treatment.planned(cast)
    running.ask_courses(by=CLOCK, at=steps.SIGNED)
    return session


def treated(cast: Cast) -> Session:
    """Her first session has been given, and the clock of the course begins now."""
    session = treatment.recovering(cast)
    actions.ask_course(course_id=cast.ada_course, by=CLOCK, at=treatment.START + HOUR)
    return Session.objects.get(pk=session.pk)


def turn(at: datetime) -> None:
    """One turn of the messenger."""
    running.ask_courses(by=CLOCK, at=at)
    running.record_unfinished(by=CLOCK, at=at)
    running.send_due(by=CLOCK, at=at)


def check_in(point: str) -> CheckIn:
    """The newest check-in of a point."""
    return queries.check_ins().filter(point_id=point).order_by("-pk")[0]


def link() -> str:
    """The path of the link in the newest mail."""
    (line,) = [one for one in mail.outbox[-1].body.splitlines() if one.startswith("http")]
    return "/" + line.split("/", 3)[3]


def phone() -> Client:
    """A device that has opened nothing yet."""
    return Client()


def tap(device: Client, path: str, tapped: object, **changes: object):
    """Tap one answer of the question that the page shows now."""
    shown = device.get(path).context["question"]
    sent = {
        "scale": shown.scale.instrument_id,
        "version": shown.scale.instrument_version,
        "item": shown.item.id,
        "answer": tapped,
    }
    return device.post(path, sent | changes)
