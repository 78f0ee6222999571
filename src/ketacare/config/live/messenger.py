"""Turns the clock of the check-ins and sends what is due, in a thread of its own: no alarm waits for a mail server.

Idempotent, and two may run at once: every step is written down under a lock before it is done.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from threading import Event

from django.db import close_old_connections, connection
from django.utils import timezone

from ketacare.clinic.actor import System
from ketacare.portal import running

FIRST_S, EVERY_S = 5, 60  # what is asked and written is told in hours; a turn looks at every course under way
CLOCK = System(name="messenger")
log = logging.getLogger(__name__)


def run(stop: Event) -> None:
    """Do what is due, again and again, until told to stop."""
    wait_s = FIRST_S
    while not stop.wait(wait_s):
        close_old_connections()
        turn(at=timezone.now())
        wait_s = EVERY_S
    connection.close()


def turn(*, at: datetime) -> None:
    """One turn. A job that fails is logged and tried again at the next turn; it never stops the others."""
    for job in JOBS:
        try:
            job(at)
        except Exception:
            log.exception("the messenger's job %s failed", job.__name__)


def ask_courses(at: datetime) -> None:
    running.ask_courses(by=CLOCK, at=at)


def record_unfinished(at: datetime) -> None:
    running.record_unfinished(by=CLOCK, at=at)


def send(at: datetime) -> None:
    running.send_due(by=CLOCK, at=at)


JOBS: tuple[Callable[[datetime], None], ...] = (ask_courses, record_unfinished, send)
