"""The alarm machine at work on a session: which transitions have come due now, and which alarms a late entry tells of.

The writer of sessions and the rehearsal over recordings both ask here, so that what is measured on recordings is what runs at the chair.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from ketacare.science.facts.readings import RISE, SYSTOLIC, live_facts
from ketacare.science.monitoring.alarms import due_transitions, late_transitions
from ketacare.science.monitoring.events import Alarm
from ketacare.science.monitoring.parameters import LIVE
from ketacare.science.monitoring.policy import Verdicts, alarm_policy
from ketacare.science.monitoring.schedule import Schedule
from ketacare.science.monitoring.signals import in_time
from ketacare.science.monitoring.timeline import State
from ketacare.science.rules.book import Book
from ketacare.science.rules.fields import Fact
from ketacare.science.rules.policy import Policy


def due_alarms(
    state: State,
    facts: Mapping[str, Fact],
    *,
    at: datetime,
    book: Book,
    limits: Policy | None = None,
) -> tuple[Alarm, ...]:
    """Return the alarm transitions that have come due at a moment and are not stored yet.

    Args:
        state: the session with everything known of it.
        facts: its ``live_facts`` at the moment.
        at: the moment.
        book: the version of the alarm book.
        limits: the site's own limits; None: the book's.
    """
    verdicts = in_time(facts, state, at=at, book=book, limits=limits)
    return due_transitions(state.alarms, verdicts, policy=alarm_policy(book.version), at=at)


def late_alarms(
    state: State,
    schedule: Schedule,
    *,
    names: Collection[str],
    taken_at: datetime,
    at: datetime,
    book: Book,
    limits: Policy | None = None,
) -> tuple[Alarm, ...]:
    """Return the alarms that an entry raises whose values are no longer the present ones, marked late.

    Args:
        state: the session, the entry and everything newer in it.
        schedule: what its monitoring schedule asks for.
        names: the facts that the entry tells of, from ``late_names``.
        taken_at: when the entry happened.
        at: now.
        book: the version of the alarm book.
        limits: the site's own limits; None: the book's.
    """
    facts = live_facts(state, schedule, at=taken_at)
    verdicts = in_time(facts, state, at=taken_at, now=at, book=book, limits=limits)
    theirs = tuple(one for one in verdicts.fired if set(names) & set(one.causes))
    return late_transitions(state.alarms, Verdicts(fired=theirs), at=taken_at)


def late_names(names: Iterable[str], facts: Mapping[str, Fact], *, taken_at: datetime, book: Book) -> set[str]:
    """Return which of an entry's values are no longer the present ones: newer ones are known, or they are not fresh any more.

    Args:
        names: what the entry measured, by bare name.
        facts: the session's ``live_facts`` now.
        taken_at: when the entry happened.
        book: the version of the alarm book, which says what is judged at all.
    """
    judged = {LIVE + name for name in names} & book.fields.keys()
    late = {name for name in judged if name not in facts or facts[name].as_of != taken_at}
    return late | ({RISE} if LIVE + SYSTOLIC in late else set())
