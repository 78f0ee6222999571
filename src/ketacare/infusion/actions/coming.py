"""From the day's list to the start of the drug."""

from collections.abc import Mapping
from datetime import datetime

from django.db import IntegrityError, transaction

from ketacare.clinic import actions as clinic
from ketacare.clinic import audit
from ketacare.clinic.actor import Actor, user_id
from ketacare.clinic.decisions import columns_of
from ketacare.clinic.errors import ActionRefused, Reason
from ketacare.clinic.models import Course, DecisionRecord, Device
from ketacare.clinic.permissions import require
from ketacare.infusion.doing import HERE, allowed, entry, made, require_reason, require_status
from ketacare.infusion.gate import Readiness, readiness
from ketacare.infusion.models import CALLED_OFF, Pairing, Session
from ketacare.infusion.outside import additions_today, first_dose, live_order
from ketacare.infusion.timeline import append
from ketacare.planning.actions import use_order
from ketacare.planning.values import VialCheck
from ketacare.science.monitoring.events import Check, Signature, StatusChange
from ketacare.science.monitoring.parameters import Value


@transaction.atomic
def plan_session(
    *,
    course: Course,
    number: int,
    planned_at: datetime,
    route: str,
    by: Actor,
    at: datetime,
    schedule: str = "",
) -> Session:
    """Put a session of a course on the day's list."""
    require(by, "infusion.plan", course)
    Course.objects.select_for_update(of=("self",), no_key=True).get(
        pk=course.pk
    )  # two who plan at once: one after the other
    if course.treatment_sessions.filter(number=number).exclude(status__in=CALLED_OFF).exists():
        raise ActionRefused("number-taken", [f"Session {number} of this course is planned already."])
    session = Session.objects.create(
        course=course,
        patient=course.patient,
        site=course.site,
        number=number,
        planned_at=planned_at,
        route=route,
        schedule=schedule or route,
    )
    clinic.ask_for_safety(Course.objects.filter(pk=course.pk), at=at)
    audit.record(by=by, at=at, did="session planned", on=session)
    return session


@transaction.atomic
def move_session(*, session_id: int, planned_at: datetime, by: Actor, at: datetime) -> Session:
    """A session that is still only planned takes place at another time."""
    session = allowed(session_id, "infusion.plan", by)
    require_status(session, {"planned"})
    before, session.planned_at = session.planned_at, planned_at
    session.save(update_fields=["planned_at"])
    clinic.ask_for_safety(Course.objects.filter(pk=session.course_id), at=at)
    details = {"from": before.isoformat(), "to": planned_at.isoformat()}
    audit.record(by=by, at=at, did="session moved", on=session, details=details)
    return session


@transaction.atomic
def check_in(*, session_id: int, chair: str, by: Actor, at: datetime, device: Device | None = None) -> Session:
    """The patient is here and sits down: a chair and a monitor are theirs until the session is over."""
    session = allowed(session_id, "infusion.check-in", by)
    session.chair, session.device = chair.strip(), device
    session.schedule_additions = additions_today(session, at=at)
    try:
        with transaction.atomic():
            session.save(update_fields=["chair", "device", "schedule_additions"])
            append(session, entry(StatusChange(to="checked-in"), at), by=by, at=at)
            if device is not None:
                Pairing.objects.create(device=device, session=session, paired_at=at, paired_by=by.key)
    except IntegrityError as error:
        raise ActionRefused("not-free", ["The patient, the chair or the monitor is in another session."]) from error
    audit.record(by=by, at=at, did="patient checked in", on=session)
    return session


@transaction.atomic
def attest_gate_item(
    *, session_id: int, item: str, value: Value | None, by: Actor, at: datetime, note: str = ""
) -> Session:
    """A named person answers one item of the start gate or of the way home; None is "not sure" and stays unknown."""
    return attest_items(session_id=session_id, answers={item: (value, note)}, by=by, at=at)


@transaction.atomic
def attest_items(
    *, session_id: int, answers: Mapping[str, tuple[Value | None, str]], by: Actor, at: datetime
) -> Session:
    """A named person answers several items at once, each with a note or none."""
    session = allowed(session_id, "infusion.attest", by)
    require_status(session, HERE)
    checks = [made(Check, item=item, value=value, note=note) for item, (value, note) in answers.items()]
    append(session, *(entry(check, at) for check in checks), by=by, at=at)
    audit.record(by=by, at=at, did="items attested", on=session, details={"items": sorted(answers)})
    return session


@transaction.atomic
def override_gate_finding(
    *, session_id: int, rule: str, reason_code: str, reason: str, by: Actor, at: datetime
) -> Session:
    """Go on against one finding of the gate, for this session only, as far as its rule allows it."""
    session = allowed(session_id, "infusion.override", by, at=at)
    standing = next((one for one in readiness(session, at=at).findings if one.finding.rule.id == rule), None)
    if standing is None or not standing.may_be_overridden:
        raise ActionRefused("no-override", [Reason(text="Only the fact itself can change this finding.", rule=rule)])
    if standing.finding.override == "second_prescriber":
        require(by, "infusion.override-as-prescriber", session)
    if by.key in {event.by for event in standing.overrides}:
        raise ActionRefused("same-person", [Reason(text="The second signature is another person's.", rule=rule)])
    signed = made(Signature, meaning="gate-override", subject=rule, reason_code=reason_code, reason=reason)
    append(session, entry(signed, at), by=by, at=at)
    audit.record(by=by, at=at, did="finding overridden", on=session, details={"rule": rule})
    return session


@transaction.atomic
def mark_ready(*, session_id: int, by: Actor, at: datetime) -> Session:
    """The preparation is done: what is left is the start itself."""
    session = allowed(session_id, "infusion.attest", by)
    append(session, entry(StatusChange(to="ready"), at), by=by, at=at)
    audit.record(by=by, at=at, did="session made ready", on=session)
    return session


@transaction.atomic
def start_treatment(*, session_id: int, vial: VialCheck, by: Actor, at: datetime) -> Session:
    """Start the drug, or raise ActionRefused with every finding that forbids it."""
    session = allowed(session_id, "infusion.start", by, at=at)
    require_status(session, {"ready"})
    gate = readiness(session, at=at)
    if not gate.is_clear:
        raise ActionRefused("not-ready", gate.reasons)
    order = live_order(session)
    if order is None:
        raise ActionRefused("no-order", ["There is no signed order for this session."])
    order = use_order(order_id=order.pk, vial=vial, by=by, at=at)
    keep_decision(session, gate, by=by, at=at)
    append(session, entry(StatusChange(to="treating"), at), entry(first_dose(order), at), by=by, at=at)
    if session.course.status == Course.Status.PLANNED:
        clinic.move_course(course_id=session.course_id, to=Course.Status.IN_INDUCTION, by=by, at=at)
    audit.record(by=by, at=at, did="treatment started", on=session)
    return session


@transaction.atomic
def cancel(*, session_id: int, reason: str, by: Actor, at: datetime) -> Session:
    """The session will not take place."""
    session = allowed(session_id, "infusion.call-off", by)
    require_reason(reason)
    append(session, entry(StatusChange(to="cancelled", reason=reason.strip()), at), by=by, at=at)
    audit.record(by=by, at=at, did="session cancelled", on=session)
    return session


@transaction.atomic
def mark_missed(*, session_id: int, by: Actor, at: datetime, reason: str = "") -> Session:
    """The patient did not come, or left before the drug."""
    session = allowed(session_id, "infusion.call-off", by)
    append(session, entry(StatusChange(to="missed", reason=reason.strip()), at), by=by, at=at)
    audit.record(by=by, at=at, did="session missed", on=session)
    return session


def keep_decision(session: Session, gate: Readiness, *, by: Actor, at: datetime) -> None:
    """Keep what the gate looked at, what it found, and who went on."""
    DecisionRecord.objects.create(
        course=session.course,
        **columns_of(gate.evaluation),
        decided="started",
        details={"session": session.pk, "overrides": [event.seq for one in gate.findings for event in one.overrides]},
        decided_by_id=user_id(by),
        decided_at=at,
    )
