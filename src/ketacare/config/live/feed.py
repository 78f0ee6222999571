"""What a stream says of sessions: the rows since its cursor, and the parts of the page that change with them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.handlers.asgi import ASGIRequest
from django.utils import timezone

from ketacare.clinic import audit
from ketacare.clinic.actor import Actor
from ketacare.clinic.idle import is_idle
from ketacare.clinic.permissions import may
from ketacare.config.live.who import Refused, person
from ketacare.infusion import fragments
from ketacare.infusion.cockpit import rate_steps
from ketacare.infusion.models import Session, SessionEvent
from ketacare.infusion.states import current, event_of
from ketacare.science.monitoring.events import Dose, Event, Reading

MOST_ROWS = 500  # in one message; a long gap is caught up with in several
VIEW = "infusion.view"


@dataclass(frozen=True, kw_only=True)
class Viewing:
    """One open stream: who looks, and on which page."""

    request: ASGIRequest
    by: Actor
    sessions: tuple[int, ...]
    page: str


@dataclass(frozen=True, kw_only=True)
class Change:
    """What happened in one session, up to a row."""

    session: int
    seq: int
    rows: tuple[dict[str, Any], ...]
    html: Mapping[str, str]

    def as_json(self) -> dict[str, Any]:
        return {"session": self.session, "seq": self.seq, "rows": self.rows, "html": self.html}


def open_for(request: ASGIRequest, ids: list[int], page: str) -> Viewing:
    """Let somebody look at these sessions, all or none; the opening is one audit event that names the patients."""
    by = person(request)
    if is_idle(request.session, at=timezone.now()):
        raise Refused(401, "Locked: give your password again.")
    sessions = sessions_of(ids)
    if len(sessions) != len(set(ids)) or not all(may(by, VIEW, one) for one in sessions):
        raise Refused(404, "No such session, or not yours to see.")
    patients = {one.patient_id for one in sessions}
    audit.record(by=by, at=timezone.now(), did="opened a live stream", patients=patients, details={"sessions": ids})
    return Viewing(request=request, by=by, sessions=tuple(ids), page=page)


def sessions_of(ids: list[int]) -> list[Session]:
    return list(Session.objects.filter(pk__in=ids).select_related("course", "patient", "site"))


def may_go_on(viewing: Viewing) -> bool:
    """Whether the same person is still logged in and may still see every session of the stream."""
    try:
        by = person(viewing.request)
    except Refused:
        return False
    return by.key == viewing.by.key and all(may(by, VIEW, one) for one in sessions_of(list(viewing.sessions)))


def since(viewing: Viewing, cursors: Mapping[int, int]) -> Iterator[Change]:
    """The changes of every session after its cursor, none twice, none left out."""
    for session in sessions_of(list(cursors)):
        if session.last_seq > cursors[session.pk]:
            rows = session.events.filter(seq__gt=cursors[session.pk]).order_by("seq")[:MOST_ROWS]
            yield change(viewing, session, list(rows))


def change(viewing: Viewing, session: Session, rows: list[SessionEvent]) -> Change:
    events = [event_of(row) for row in rows]
    html = fragments.changed(session, events, page=viewing.page, by=viewing.by, at=timezone.now())
    rates = dict(rate_steps(current(session)))
    told = tuple(row_of(event, rates.get(event.at)) for event in events)
    return Change(session=session.pk, seq=rows[-1].seq, rows=told, html=html)


def row_of(event: Event, rate: Decimal | None) -> dict[str, Any]:
    """What a page's curves need of one event: its values, or the rate that runs from it on."""
    row: dict[str, Any] = {"seq": event.seq, "kind": event.kind, "at": event.at, "supersedes": event.supersedes}
    match event.payload:
        case Reading(values=values):
            row["values"] = dict(values)
        case Dose() if rate is not None:
            row["rate"] = float(rate)
    return row
