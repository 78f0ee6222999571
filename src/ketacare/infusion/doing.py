"""What every act of this room begins with: lock, permission, and the refusals they share."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, TypeVar

from ketacare.clinic.actor import Actor
from ketacare.clinic.errors import ActionRefused, Reason
from ketacare.clinic.permissions import require
from ketacare.consent.queries import taken_back_at
from ketacare.infusion.models import OCCUPYING, Session
from ketacare.infusion.queries import locked, state_of
from ketacare.infusion.timeline import Entry
from ketacare.science.monitoring.events import AnyPayload, BadEvent, Payload, build
from ketacare.ui.words import local

P = TypeVar("P", bound=Payload)
HERE = frozenset(OCCUPYING)
AFTER_START = frozenset({"treating", "paused", "recovering", "discharged", "transferred"})
RECORDABLE = HERE | AFTER_START  # late entries come after the end too


def allowed(session_id: int, permission: str, by: Actor, *, at: datetime | None = None) -> Session:
    """The session, locked, for somebody who may; a missing one gets the same answer as a forbidden one."""
    session = locked(session_id, permission)
    require(by, permission, session, at=at)
    return session


def entry(payload: AnyPayload, at: datetime, *, supersedes: int | None = None) -> Entry:
    """A payload at its time."""
    return Entry(payload=payload, at=at, supersedes=supersedes)


def made(payload_class: type[P], **fields: Any) -> P:
    """A payload made from plain values, or a refusal with every problem."""
    try:
        payload: P = build(payload_class, fields)
    except BadEvent as error:
        raise ActionRefused("bad-entry", [Reason(text=str(problem)) for problem in error.problems]) from error
    return payload


def require_status(session: Session, among: Collection[str]) -> None:
    """Refuse what does not fit the session's status."""
    if session.status not in among:
        raise ActionRefused("session-status", [f"The session is {session.status}: this is not possible now."])


def require_reason(reason: str) -> None:
    """Refuse what needs a reason and has none."""
    if not reason.strip():
        raise ActionRefused("no-reason", ["Say why."])


def require_quiet(session: Session) -> None:
    """Refuse to go on with the drug while a red or black alarm is on."""
    loud = [one for one in state_of(session).alarms.active if one.level in ("black", "red")]
    if loud:
        reasons = [
            Reason(text="A red or black alarm is on.", rule=one.rule, who="the clinician in charge") for one in loud
        ]
        raise ActionRefused("alarm-on", reasons)


def require_consent(session: Session, *, at: datetime) -> None:
    """Refuse to give or go on with the drug once the patient has taken consent back; stopping is never refused."""
    if (since := taken_back_at(session.course, at)) is not None:
        when = f"{local(since, session.site.time_zone):%H:%M}"
        text = f"The patient took their consent back at {when}: no more of the drug is given. Stop it; go on watching."
        raise ActionRefused("consent-taken-back", [Reason(text=text, who="the patient, by a new consent")])
