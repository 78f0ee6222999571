"""What patients wrote and nobody has answered."""

from datetime import datetime

from ketacare.clinic.actor import Actor, user_id
from ketacare.clinic.permissions import sites_where
from ketacare.portal.models import Thread
from ketacare.portal.own.talking import threads_waiting
from ketacare.worklist.queries.rooms import whose
from ketacare.worklist.queries.work import AT_MOST, WorkItem


def messages_waiting(by: Actor, at: datetime) -> list[WorkItem]:
    """Messages without an answer: those that nobody has taken, and the reader's own; danger and what is overdue are everybody's."""
    rows = threads_waiting(sites_where(by, "message.answer"))[:AT_MOST]
    return [item(one, by, at=at) for one in rows if is_for(one, by, at=at)]


def is_for(thread: Thread, by: Actor, *, at: datetime) -> bool:
    """Whether a thread waits for this reader."""
    is_pressing = thread.names_danger or thread.answer_by <= at
    return is_pressing or thread.owner_id in (None, user_id(by))


def item(thread: Thread, by: Actor, *, at: datetime) -> WorkItem:
    """One thread as work."""
    is_overdue = thread.answer_by <= at
    reasons = [
        "names words of danger" if thread.names_danger else "",
        "overdue" if is_overdue else "",
        f"taken by {thread.owner.name}" if thread.owner else "nobody has taken it",
    ]
    return WorkItem(
        what="Call the patient now" if thread.names_danger else "Answer a message",
        patient_id=thread.patient_id,
        person=str(thread.patient),
        why=", ".join(filter(None, reasons)).capitalize(),
        since=thread.waits_since,
        page="portal:thread",
        of=(thread.pk,),
        button="Open the message",
        urgency=0 if thread.names_danger else 1 if is_overdue else 2,
        owner=whose(thread.owner, thread.owner_id, by),
        take="portal:thread-take" if thread.owner is None else "",
    )
