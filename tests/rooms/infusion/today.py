"""Ada's session on the real clock: for tests with a server of their own, whose clock nobody can set."""

from datetime import datetime, timedelta

from django.utils import timezone

from ketacare.clinic.models import Device
from ketacare.infusion import actions
from ketacare.infusion.door import Batch, Row
from ketacare.infusion.models import Session
from ketacare.planning import actions as planning
from ketacare.planning.values import PlanInput
from ketacare.stewardship import actions as stewardship
from ketacare.stewardship import queries as stewardship_queries
from ketacare.stewardship.values import Chair
from tests.cast import Cast
from tests.rooms import steps
from tests.rooms.infusion.treatment import ANSWERS, QUIET, vial


def planned(cast: Cast, *, at: datetime | None = None) -> Session:
    """Everything signed an hour ago, the session on today's list."""
    now = at or timezone.now()
    before = now - timedelta(hours=1)
    steps.eligible(cast, at=before)
    steps.capable(cast, at=before)
    steps.sign(cast, at=before)
    steps.weigh(cast, "70", at=before)
    plan = PlanInput(template_id="TPL-TRD-IV", setting="supervised_clinic", first_on=now.date())
    planning.draft_plan(course_id=cast.ada_course, plan=plan, by=cast.actor("prescriber"), at=before)
    order = steps.draft(cast, at=before)
    planning.sign_order(order_id=order.pk, by=cast.actor("prescriber"), at=before)
    return actions.plan_session(
        course=cast.course("ada"), number=1, planned_at=now, route="iv_ketamine", by=cast.actor("nurse"), at=before
    )


def checked_in(cast: Cast, *, device: Device | None = None, chair: str = "Room 1") -> Session:
    session = planned(cast)
    return actions.check_in(
        session_id=session.pk, chair=chair, device=device, by=cast.actor("nurse"), at=ago(minutes=30)
    )


def ready(cast: Cast, *, device: Device | None = None, chair: str = "Room 1") -> Session:
    """Everything asked and measured."""
    session, nurse = checked_in(cast, device=device, chair=chair), cast.actor("nurse")
    given = {item: (value, "") for item, value in ANSWERS.items()}
    actions.attest_items(session_id=session.pk, answers=given, by=nurse, at=timezone.now())
    for minutes in (10, 0):
        values = QUIET | {"temp_c": 36.7}
        batch = Batch(rows=[Row(at=ago(minutes=minutes), values=values)], source="person")
        actions.record_readings(session_id=session.pk, batch=batch, by=nurse, at=timezone.now())
    seen = {"moaas": 5, "dissociation": 0, "end_organ_symptom": False}
    actions.chart_observation(session_id=session.pk, values=seen, by=nurse, at=timezone.now())
    return actions.mark_ready(session_id=session.pk, by=nurse, at=timezone.now())


def started(cast: Cast, *, device: Device | None = None, chair: str = "Room 1") -> Session:
    """The drug has just been started."""
    session = ready(cast, device=device, chair=chair)
    by = cast.actor("nurse")
    return actions.start_treatment(session_id=session.pk, vial=vial(cast), by=by, at=timezone.now())


def ago(*, minutes: float) -> datetime:
    return timezone.now() - timedelta(minutes=minutes)


def in_a_chair(cast: Cast, *, noted: bool = False) -> Session:
    """A session that has been checked in without a plan: enough for a page to be about somebody."""
    at, nurse = timezone.now(), cast.actor("nurse")
    course = cast.course("ada")
    session = course.treatment_sessions.first() or actions.plan_session(
        course=course, number=1, planned_at=at, route="iv_ketamine", by=nurse, at=at
    )
    if session.status == "planned":
        actions.check_in(session_id=session.pk, chair=f"Room {cast.ada}", by=nurse, at=at)
    if noted:
        actions.add_note(session_id=session.pk, text="Arrived with her sister.", by=nurse, at=at)
    return session


def started_with_drug(cast: Cast) -> Session:
    """The drug has been running for a while, drawn from a vial that was issued to the chair."""
    session, nurse = ready(cast), cast.actor("nurse")
    box = stewardship_queries.vault(cast.here)[0].container
    chair = Chair(course_id=cast.ada_course, number=session.number)
    now = timezone.now()
    stewardship.issue(site_id=cast.here, chair=chair, container_ids=[box.pk], by=nurse, at=now)
    return actions.start_treatment(session_id=session.pk, vial=vial(cast), by=nurse, at=now)


def stopped(cast: Cast, session: Session) -> Session:
    """The drug was stopped early."""
    by = cast.actor("nurse")
    return actions.stop_treatment(session_id=session.pk, reason="Wishes to stop", by=by, at=timezone.now())
