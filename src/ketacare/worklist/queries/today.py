"""What needs me now? Every room is asked once; the answer is one list."""

from datetime import datetime

from ketacare.clinic.actor import Actor
from ketacare.worklist.queries.checkins import troubles_open
from ketacare.worklist.queries.fading import responses_lost, sessions_to_book
from ketacare.worklist.queries.medicines import medicines_to_go_through
from ketacare.worklist.queries.rooms import (
    alerts_late,
    alerts_open,
    changes_waiting,
    decisions_waiting,
    discrepancies_open,
    forms_waiting,
    orders_waiting,
    reviews_waiting,
)
from ketacare.worklist.queries.safety import (
    calls_to_make,
    checks_pressing,
    events_to_report,
    events_without_case,
    findings_to_answer,
)
from ketacare.worklist.queries.sessions import sessions_today
from ketacare.worklist.queries.waiting import accesses_to_review, courses_waiting, holds_in_place, rulebooks_to_approve
from ketacare.worklist.queries.work import Source, WorkItem
from ketacare.worklist.rail import may_see

SOURCES: tuple[Source, ...] = (
    sessions_today,
    medicines_to_go_through,
    discrepancies_open,
    alerts_open,
    alerts_late,
    events_to_report,
    events_without_case,
    calls_to_make,
    findings_to_answer,
    checks_pressing,
    changes_waiting,
    decisions_waiting,
    orders_waiting,
    reviews_waiting,
    responses_lost,
    sessions_to_book,
    forms_waiting,
    troubles_open,
    courses_waiting,
    holds_in_place,
    accesses_to_review,
    rulebooks_to_approve,
)


def work(by: Actor, *, at: datetime) -> list[WorkItem]:
    """What waits for this person: the urgent first, then the longest waiting."""
    found = [item for source in SOURCES for item in source(by, at) if may_see(by, item.page)]
    return sorted(found, key=lambda item: (item.urgency, item.since))
