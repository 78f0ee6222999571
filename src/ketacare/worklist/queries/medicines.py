"""Visits of today for which nobody has gone through the medicines."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import OuterRef, Subquery

from ketacare.clinic.actor import Actor
from ketacare.clinic.permissions import sites_where
from ketacare.infusion.queries import sessions
from ketacare.record.models import Reconciliation
from ketacare.worklist.queries.sessions import is_due
from ketacare.worklist.queries.work import AT_MOST, WorkItem

BEFORE_THE_DRUG = ("checked-in", "ready")


def medicines_to_go_through(by: Actor, at: datetime) -> list[WorkItem]:
    """Patients who are here for a session and whose list of medicines was not gone through today."""
    last = Reconciliation.objects.filter(patient=OuterRef("patient"), at__lte=at).order_by("-at", "-pk")
    rows = sessions().filter(status__in=BEFORE_THE_DRUG, site__in=sites_where(by, "record.reconcile"))
    rows = rows.filter(planned_at__lt=at + timedelta(days=1)).annotate(reconciled_at=Subquery(last.values("at")[:1]))
    return [
        WorkItem(
            what="Go through the medicines",
            patient_id=one.patient_id,
            person=str(one.patient),
            why=f"Here for session {one.number}; " + said(one.reconciled_at, one.site.time_zone),
            since=one.planned_at,
            page="record:reconcile",
            of=(one.patient_id,),
            button="Go through the list",
            urgency=1,
        )
        for one in rows.order_by("planned_at", "pk")[:AT_MOST]
        if is_due(one, at) and not is_of_today(one.reconciled_at, one.site.time_zone, at)
    ]


def is_of_today(last: datetime | None, zone: str, at: datetime) -> bool:
    """Whether the list was gone through today, at the site."""
    there = ZoneInfo(zone)
    return last is not None and last.astimezone(there).date() == at.astimezone(there).date()


def said(last: datetime | None, zone: str) -> str:
    """When the list was last gone through, in words."""
    return f"last on {last.astimezone(ZoneInfo(zone)):%d %b %Y}" if last else "never done here"
