"""The call of the next day: every patient who went home is called, until somebody was reached."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from ketacare.followup.models import NextDayCall
from ketacare.infusion.home_sheet import CALL
from ketacare.infusion.models import Session, SessionEvent
from ketacare.science.monitoring import protocol
from ketacare.science.monitoring.events import Check, StatusChange

DISCHARGED = "discharged"


@dataclass(frozen=True, kw_only=True)
class CallDue:
    """A call that is still to be made."""

    session: Session
    left_at: datetime
    due_at: datetime
    booked: str  # who calls, and when, as it was agreed before the patient left
    tries: int

    def is_overdue(self, at: datetime) -> bool:
        return at > self.due_at


def call_due(session: Session) -> CallDue | None:
    """The call of a session; None where the patient has not gone home, or was reached."""
    return next(iter(calls_of(Session.objects.filter(pk=session.pk))), None)


def calls_due(sites: Collection[int], *, limit: int) -> list[CallDue]:
    """The calls that are to be made at these sites, the longest waiting first."""
    return calls_of(Session.objects.filter(site__in=sites).order_by("ended_at", "pk"), limit=limit)


def calls_of(sessions: QuerySet[Session], *, limit: int = 1) -> list[CallDue]:
    """The calls that are to be made after these sessions: two queries, however many there are."""
    reached = NextDayCall.objects.filter(session=OuterRef("pk"), reached=True)
    rows = sessions.filter(~Exists(reached), status=DISCHARGED).annotate(tries=Count("next_day_calls"))
    found = list(rows.select_related("patient", "course", "site")[:limit])
    told = said_of(found)
    hours = timedelta(hours=protocol.load().recovery.follow_up_contact_h)
    due = []
    for one in found:
        left, booked = told[one.pk, StatusChange.kind], told.get((one.pk, Check.kind))
        note = booked.payload["note"] if booked and booked.payload["value"] is True else ""
        due.append(CallDue(session=one, left_at=left.at, due_at=left.at + hours, booked=note, tries=one.tries))
    return due


def said_of(sessions: Collection[Session]) -> dict[tuple[int, str], SessionEvent]:
    """When each of these patients left, and what was booked for them: the last word of each in its timeline."""
    corrected = SessionEvent.objects.filter(session=OuterRef("session"), supersedes=OuterRef("seq"))
    wanted = Q(kind=StatusChange.kind, payload__to=DISCHARGED) | Q(kind=Check.kind, payload__item=CALL)
    rows = SessionEvent.objects.filter(wanted, ~Exists(corrected), session__in=sessions).order_by("seq")
    return {(row.session_id, row.kind): row for row in rows}
