"""Turns the clock: alarms that silence raises, and the sealing of the audit. Idempotent; two may run at once."""

import logging
from collections.abc import Callable
from datetime import datetime
from threading import Event

from django.db import close_old_connections, connection
from django.utils import timezone

from ketacare.clinic import seals
from ketacare.clinic.actor import System
from ketacare.infusion import actions, queries

EVERY_S = 1
CLOCK = System(name="watch")
log = logging.getLogger(__name__)


def watch(stop: Event) -> None:
    """Do what time makes due, every second, until told to stop."""
    while not stop.wait(EVERY_S):
        close_old_connections()
        turn(at=timezone.now())
    connection.close()


def turn(*, at: datetime) -> None:
    """One turn. A job that fails is logged and tried again at the next turn; it never stops the others."""
    for job in JOBS:
        try:
            job(at)
        except Exception:
            log.exception("the watcher's job %s failed", job.__name__)


def seal_audit(at: datetime) -> None:
    seals.seal_pending(at=at)


def tick_sessions(at: datetime) -> None:
    """Let time raise what silence raises. One session that fails keeps no other from its alarms."""
    for session in queries.watched():
        try:
            actions.tick(session_id=session.pk, by=CLOCK, at=at)
        except Exception:
            log.exception("the clock of session %s could not be turned", session.pk)


JOBS: tuple[Callable[[datetime], None], ...] = (tick_sessions, seal_audit)
