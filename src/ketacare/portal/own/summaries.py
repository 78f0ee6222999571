"""What the clinic signed of each session, and what was written of preparation and integration for everybody in care to read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from ketacare.clinic.models import Course
from ketacare.infusion.models import Session, SessionEvent
from ketacare.portal.own import sayings
from ketacare.record.models import Treatment
from ketacare.science.monitoring.events import Signature
from ketacare.therapy.models import TherapySession
from ketacare.therapy.queries import sessions as talks_of

SIGNED_FOR = frozenset({"discharge", "transfer", "report"})


@dataclass(frozen=True, kw_only=True)
class Summary:
    """One treatment session. Without a signature only that it was."""

    session: Session
    route: str
    given_mg: Decimal | None
    minutes: int | None
    signed_by: tuple[str, ...]
    signed_at: datetime | None

    @property
    def is_signed(self) -> bool:
        return self.signed_at is not None


@dataclass(frozen=True, kw_only=True)
class Summaries:
    """The page."""

    sessions: tuple[Summary, ...]
    talks: tuple[TherapySession, ...]


def summaries(courses: Sequence[Course]) -> Summaries:
    """Every session that was begun and every talk that stands, the newest first."""
    rows = Session.objects.filter(course__in=courses, started_at__isnull=False).select_related("site")
    rows = list(rows.order_by("-started_at", "-pk"))
    treatments = {(one.course_id, one.number): one for one in Treatment.objects.filter(course__in=courses)}
    signatures = signatures_of(rows)
    talks = [one for course in courses for one in talks_of(course) if not hasattr(one, "superseded_by")]
    return Summaries(
        sessions=tuple(
            summary(one, treatments.get((one.course_id, one.number)), signatures.get(one.pk, [])) for one in rows
        ),
        talks=tuple(talks),
    )


def signatures_of(rows: Sequence[Session]) -> dict[int, list[SessionEvent]]:
    """Who signed that a session is over and its report right; a signature that was corrected away does not count."""
    events = SessionEvent.objects.filter(session__in=rows, kind=Signature.kind).order_by("seq")
    corrected = set(
        SessionEvent.objects.filter(session__in=rows, supersedes__isnull=False).values_list("session", "supersedes")
    )
    found: dict[int, list[SessionEvent]] = {}
    for one in events:
        if one.payload.get("meaning") in SIGNED_FOR and (one.session_id, one.seq) not in corrected:
            found.setdefault(one.session_id, []).append(one)
    return found


def summary(session: Session, treatment: Treatment | None, signed: Sequence[SessionEvent]) -> Summary:
    """One session as its patient reads it."""
    lasted = session.ended_at - session.started_at if session.ended_at and session.started_at else None
    return Summary(
        session=session,
        route=str(sayings.ROUTES.get(session.route, session.route)),
        given_mg=treatment.given_mg if treatment and signed else None,
        minutes=round(lasted.total_seconds() / 60) if lasted else None,
        signed_by=tuple(dict.fromkeys(one.by_name for one in signed)),
        signed_at=signed[-1].at if signed else None,
    )
