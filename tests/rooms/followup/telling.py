"""Adverse events as somebody writes them down."""

from datetime import datetime
from uuid import uuid4

from ketacare.followup import actions
from ketacare.followup.models import SafetyCase
from ketacare.followup.values import Happened
from ketacare.infusion.models import Session
from ketacare.science.monitoring.adverse import adverse_events
from ketacare.science.monitoring.events import AdverseEvent
from tests.cast import Cast

NOTHING_SERIOUS = dict.fromkeys(adverse_events().seriousness.criteria, False)
IN_HOSPITAL = NOTHING_SERIOUS | {"hospitalisation_initial_or_prolonged": True}
UNSURE = NOTHING_SERIOUS | {"other_important_medical_event": None}


def said(**changes: object) -> AdverseEvent:
    """A mild nausea, asked about in full, with whatever a test changes about it."""
    told: dict[str, object] = {
        "term": "nausea",
        "grade": 1,
        "relatedness": "probable",
        "seriousness": NOTHING_SERIOUS,
        "drug_action": "not_changed",
        "outcome": "recovered",
    }
    return AdverseEvent(**(told | changes))


def in_session(cast: Cast, session: Session, at: datetime, *, role: str = "nurse", **changes: object) -> SafetyCase:
    """Written down from the cockpit."""
    happened = Happened(said=said(**changes), at=at)
    return actions.record_in_session(
        session_id=session.pk, happened=happened, form_key=uuid4(), by=cast.actor(role), at=at
    )


def afterwards(cast: Cast, at: datetime, *, role: str = "nurse", **changes: object) -> SafetyCase:
    """Told of at the telephone."""
    happened = Happened(said=said(**changes), at=at)
    return actions.record_afterwards(
        course_id=cast.ada_course, happened=happened, form_key=uuid4(), by=cast.actor(role), at=at
    )


def form(**changes: str) -> dict[str, str]:
    """The same nausea as the page sends it."""
    answers = {f"serious_{name}": "no" for name in NOTHING_SERIOUS}
    told = {
        "term": "nausea",
        "other": "",
        "grade": "1",
        "relatedness": "probable",
        "drug_action": "not_changed",
        "outcome": "recovered",
        "detail": "",
        "form_key": str(uuid4()),
    }
    return told | answers | changes
