"""Turns the clock: alarms that silence raises, alerts that nobody answers, the sealing of the audit, courses to be judged again,
long-term safety. Idempotent; two may run at once.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from functools import partial
from threading import Event

from django.db import close_old_connections, connection
from django.utils import timezone

from ketacare.clinic import seals
from ketacare.clinic.actions import postpone_screening
from ketacare.clinic.actor import System
from ketacare.clinic.writing import Write, directly
from ketacare.config.live import saving, telling
from ketacare.evaluation import screenings
from ketacare.evaluation.actions import screen_course
from ketacare.followup.safety import queries as safety
from ketacare.followup.safety.actions import postpone_watch, watch_course
from ketacare.frontdesk import guarding
from ketacare.infusion import actions, queries
from ketacare.outcomes.actions import climb_alert
from ketacare.outcomes.looking_after import alerts_to_climb

EVERY_S = 1
SESSIONS_AT_ONCE = 10  # so that readings never wait long behind the clock
COURSES_A_TURN = 5  # so that a turn stays short and no alarm waits for it
CLOCK = System(name="watch")
log = logging.getLogger(__name__)


def watch(stop: Event, *, write: Write = directly) -> None:
    """Do what time makes due, every second, until told to stop. ``write``: through the process's one writer, where it has one."""
    wait_s = 0  # the first turn proves at once that something can be saved
    while not stop.wait(wait_s):
        close_old_connections()
        turn(at=timezone.now(), write=write)
        wait_s = EVERY_S
    connection.close()


def turn(*, at: datetime, write: Write = directly) -> None:
    """One turn. A job that fails is logged and tried again at the next turn; it never stops the others."""
    for job in JOBS:
        try:
            job(at, write)
        except Exception:
            log.exception("the watcher's job %s failed", job.__name__)


def prove_saving(at: datetime, write: Write) -> None:
    saving.probe(at)


def seal_audit(at: datetime, write: Write) -> None:
    if seals.is_due(at=at):
        seals.seal_pending(at=at, write=write)


def tick_sessions(at: datetime, write: Write) -> None:
    """Let time raise what silence raises, a few sessions in one commit. One that fails keeps no other from its alarms."""
    waiting = queries.to_turn(at=at)
    for first in range(0, len(waiting), SESSIONS_AT_ONCE):
        some = waiting[first : first + SESSIONS_AT_ONCE]
        try:
            write(partial(actions.tick_together, session_ids=some, by=CLOCK, at=at))
        except Exception:
            log.exception("the clocks of %d sessions could not be turned together and are turned one by one", len(some))
            tick_one_by_one(some, at=at, write=write)


def tick_one_by_one(sessions: list[int], *, at: datetime, write: Write) -> None:
    for session_id in sessions:
        try:
            write(partial(actions.tick, session_id=session_id, by=CLOCK, at=at))
        except Exception:
            log.exception("the clock of session %s could not be turned", session_id)


def apart(write: Write) -> Write:
    """What locks a course, as a writer of it: in one transaction with sessions it could wait for a bedside act that waits for it, and
    both for ever. SQLite has one lock for everything, and there the writer takes it most smoothly."""
    return write if connection.vendor == "sqlite" else directly


def screen_courses(at: datetime, write: Write) -> None:
    """Judge the courses that something has changed, and once a day all others: a few a turn, so that alarms never wait."""
    write = apart(write)
    for course in screenings.courses_to_screen(at=at, at_most=COURSES_A_TURN):
        try:
            write(partial(screen_course, course_id=course, by=CLOCK, at=at))
        except Exception:
            log.exception("course %s could not be screened", course)
            write(partial(postpone_screening, course_id=course, by=CLOCK, at=at))


def climb_alerts(at: datetime, write: Write) -> None:
    """Call the next person about each alert that nobody answers; one that fails keeps no other from it."""
    for alert in alerts_to_climb(at=at):
        try:
            write(partial(climb_alert, alert_id=alert, by=CLOCK, at=at))
        except Exception:
            log.exception("alert %s could not go on", alert)


def tell_people(at: datetime, write: Write) -> None:
    telling.begin(at=at)


def watch_safety(at: datetime, write: Write) -> None:
    """Work out the long-term safety of the courses that something has changed, a few a turn."""
    write = apart(write)
    for course in safety.courses_to_watch(at=at, at_most=COURSES_A_TURN):
        try:
            write(partial(watch_course, course_id=course, by=CLOCK, at=at))
        except Exception:
            log.exception("the long-term safety of course %s could not be worked out", course)
            write(partial(postpone_watch, course_id=course, by=CLOCK, at=at))


def forget_senders(at: datetime, write: Write) -> None:
    """Remove the hashed addresses of public forms once their hour is over, also where nobody sends any more."""
    if guarding.has_old(at=at):
        write(partial(guarding.forget, at=at))


JOBS: tuple[Callable[[datetime, Write], None], ...] = (
    prove_saving,
    tick_sessions,
    climb_alerts,
    tell_people,
    seal_audit,
    forget_senders,
    screen_courses,
    watch_safety,
)
