"""The turn of the check-ins' clock: keep what opened, record what was left unfinished, send what is due."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from ketacare.clinic.actor import Actor
from ketacare.portal import actions, due, letters, queries
from ketacare.science.checkins import plan as plans

log = logging.getLogger(__name__)


def ask_courses(*, by: Actor, at: datetime) -> None:
    """Keep what opened, closed or was called off, course by course; one that fails keeps no other from it."""
    for course_id in queries.courses_with_changes(at=at):
        alone("course", course_id, lambda number: actions.ask_course(course_id=number, by=by, at=at))


def record_unfinished(*, by: Actor, at: datetime) -> None:
    """Record what was begun and not finished when its check-in closed."""
    for scale_id in queries.left_unfinished(at=at):
        alone("scale", scale_id, lambda number: actions.record_unfinished(scale_id=number, by=by, at=at))


def send_due(*, by: Actor, at: datetime) -> None:
    """Mark what was begun and never ended, then send what is due, one message after the other."""
    unsure_after = timedelta(minutes=plans.load().messages.unsure_after_min)
    for message_id in queries.without_an_end(before=at - unsure_after):
        actions.mark_unsure(message_id=message_id, by=by, at=at)
    for row in queries.open_now(at=at):
        if due.due(row, at=at).number is not None:
            alone("check-in", row.pk, lambda number: send_one(number, by=by, at=at))


def send_one(check_in_id: int, *, by: Actor, at: datetime) -> None:
    """Write the message down, send it, write down how that went. Killed in between, it is never sent a second time."""
    outgoing = actions.begin_message(check_in_id=check_in_id, by=by, at=at)
    if outgoing is None:
        return
    try:
        letters.send(outgoing)
    except OSError as error:  # a mail server's own errors are OSErrors; their words may name the patient
        log.error("message %s was not sent: %s", outgoing.message_id, type(error).__name__)
        failed = type(error).__name__
    else:
        failed = ""
    actions.end_message(message_id=outgoing.message_id, error=failed, by=by, at=at)


def alone(what: str, number: int, do: Callable[[int], object]) -> None:
    """Do one thing; where it fails say so and go on."""
    try:
        do(number)
    except Exception:
        log.exception("the check-ins of %s %s could not be turned", what, number)
