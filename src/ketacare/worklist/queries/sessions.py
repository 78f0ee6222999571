"""What the infusion room waits for: people to check in, gates to ask, drugs to start, rooms with an alarm."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from ketacare.clinic.actor import Actor
from ketacare.clinic.permissions import sites_where
from ketacare.infusion.models import Session
from ketacare.infusion.queries import sessions
from ketacare.science.monitoring.alarms import PATIENT_LEVELS
from ketacare.ui.words import clock
from ketacare.worklist.queries.work import AT_MOST, WorkItem


@dataclass(frozen=True, kw_only=True)
class Step:
    """What a session of one status waits for, who does it, and how soon."""

    what: str
    permission: str
    button: str
    urgency: int
    since: str  # the column that says since when


STEPS: dict[str, Step] = {
    "planned": Step(what="Check in", permission="infusion.check-in", button="Check in", urgency=1, since="planned_at"),
    "checked-in": Step(
        what="Go through the start gate",
        permission="infusion.attest",
        button="Open the gate",
        urgency=1,
        since="planned_at",
    ),
    "ready": Step(
        what="Start the treatment",
        permission="infusion.start",
        button="Open the session",
        urgency=1,
        since="planned_at",
    ),
    "treating": Step(
        what="Being treated",
        permission="infusion.record",
        button="Open the session",
        urgency=1,
        since="started_at",
    ),
    "paused": Step(
        what="Treatment paused",
        permission="infusion.record",
        button="Open the session",
        urgency=1,
        since="started_at",
    ),
    "recovering": Step(
        what="Recovering", permission="infusion.record", button="Open the session", urgency=1, since="ended_at"
    ),
}


def sessions_today(by: Actor, at: datetime) -> list[WorkItem]:
    """Sessions under way, and those planned for today or earlier that nobody has begun or called off."""
    here = {status: sites_where(by, step.permission) for status, step in STEPS.items()}
    rows = sessions().filter(status__in=STEPS, site__in=set().union(*here.values()))
    soon = rows.filter(planned_at__lt=at + timedelta(days=1)).order_by("planned_at", "pk")[:AT_MOST]
    return [
        item(session, STEPS[session.status])
        for session in soon
        if session.site_id in here[session.status] and is_due(session, at)
    ]


def is_due(session: Session, at: datetime) -> bool:
    """Whether the session's day at its site has come."""
    zone = ZoneInfo(session.site.time_zone)
    return session.planned_at.astimezone(zone).date() <= at.astimezone(zone).date()


def item(session: Session, step: Step) -> WorkItem:
    """One session as a thing to do; an alarm of the patient's comes before everything."""
    has_alarm = session.alarm_level in PATIENT_LEVELS
    where = f", chair {session.chair}" if session.chair else ""
    planned = clock(session.planned_at, session.site.time_zone)
    return WorkItem(
        what=f"Alarm, {session.alarm_level}" if has_alarm else step.what,
        patient_id=session.patient_id,
        person=str(session.patient),
        why=f"Session {session.number}, planned for {planned}{where}",
        since=getattr(session, step.since),
        page="infusion:session",
        of=(session.pk,),
        button=step.button,
        urgency=0 if has_alarm else step.urgency,
    )
