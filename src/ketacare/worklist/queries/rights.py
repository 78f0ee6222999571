"""What patients asked about their records and nobody has decided."""

from datetime import date, datetime, timedelta

from ketacare.clinic.actor import Actor
from ketacare.clinic.permissions import sites_where
from ketacare.evaluation.queries import today_there
from ketacare.rights.queries import requests_open
from ketacare.worklist.queries.work import AT_MOST, WorkItem

SOON = timedelta(days=7)


def requests_to_decide(by: Actor, at: datetime) -> list[WorkItem]:
    """Requests about records, the nearest date first."""
    return [
        WorkItem(
            what="Decide a request about a record",
            patient_id=one.patient_id,
            person=str(one.patient),
            why=f"{one.get_kind_display()}: to be decided by {one.due_on:%-d %b %Y}",
            since=one.made_at,
            page="rights:request",
            of=(one.pk,),
            button="Open the request",
            urgency=urgency(one.due_on, today=today_there(one.site, at)),
        )
        for one in requests_open(sites_where(by, "rights.decide"))[:AT_MOST]
    ]


def urgency(due_on: date, *, today: date) -> int:
    """How pressing a date is, on the day at the site."""
    return 0 if due_on < today else 1 if due_on <= today + SOON else 2
