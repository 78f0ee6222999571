"""E-mail to whoever an alert names: nothing in it but that an alert needs them. Sent beside the clock, which never waits for a mail server."""

import logging
from datetime import datetime
from threading import Lock, Thread

from django.core.mail import send_mail
from django.db import connection
from django.utils import timezone

from ketacare.clinic.actor import System
from ketacare.outcomes.actions import claim_notice, settle_notice
from ketacare.outcomes.looking_after import mail_is_set_up, notices_to_send

SUBJECT = "An alert needs you"
BODY = "An alert needs you. Log in to ketacare and open it under Today.\n"
TELLER = System(name="teller")
log = logging.getLogger(__name__)
_sending = Lock()


def begin(*, at: datetime) -> Thread | None:
    """Send what waits in a thread of its own; None when nothing does, or one is at it."""
    if not mail_is_set_up() or _sending.locked() or not notices_to_send(at=at):
        return None
    thread = Thread(target=_send_apart, name="ketacare-teller", daemon=True)
    thread.start()
    return thread


def send_due(*, at: datetime) -> int:
    """Send the notices that wait. Each is claimed, sent, and then known to be sent: a crash in between sends it once more, never not at all."""
    sent = 0
    for notice_id in notices_to_send(at=at):
        notice = claim_notice(notice_id=notice_id, by=TELLER, at=at)
        if notice is None:
            continue
        try:
            send_mail(SUBJECT, BODY, None, [notice.person.email])
        except Exception:
            log.exception("notice %s could not be sent; it is tried again", notice_id)
            continue
        settle_notice(notice_id=notice_id, by=TELLER, at=at)
        sent += 1
    return sent


def _send_apart() -> None:
    with _sending:
        try:
            send_due(at=timezone.now())
        except Exception:
            log.exception("the notices of alerts could not be sent")
        finally:
            connection.close()
