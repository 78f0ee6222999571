"""While the drug is given: rate, pause, stop, end."""

from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction

from ketacare.clinic import audit
from ketacare.clinic.actor import Actor
from ketacare.clinic.errors import ActionRefused, Reason
from ketacare.infusion.doing import (
    AFTER_START,
    allowed,
    entry,
    made,
    require_quiet,
    require_reason,
    require_status,
)
from ketacare.infusion.models import Session
from ketacare.infusion.outside import each_mg, live_order, route_of
from ketacare.infusion.queries import given_mg, is_complete, ordered_mg_per_h, remaining_mg, state_of
from ketacare.infusion.timeline import append
from ketacare.science.monitoring.events import Dose, StatusChange
from ketacare.science.monitoring.timeline import dose_steps

NEW_ORDER = "a prescriber, by a new order"


@transaction.atomic
def change_rate(
    *, session_id: int, rate_mg_per_h: Decimal, by: Actor, at: datetime, happened_at: datetime | None = None
) -> Session:
    """The pump runs at another rate; never at more than the order's."""
    session = allowed(session_id, "infusion.dose", by)
    require_status(session, {"treating"})
    dose = made(Dose, step="rate", rate_mg_per_h=str(rate_mg_per_h))
    if rate_mg_per_h > ordered_mg_per_h(session):
        raise ActionRefused("above-order", [Reason(text="The order allows no faster rate.", who=NEW_ORDER)])
    append(session, entry(dose, happened_at or at), by=by, at=at)
    audit.record(by=by, at=at, did="rate changed", on=session)
    return session


@transaction.atomic
def give_bolus(
    *, session_id: int, dose_mg: Decimal, by: Actor, at: datetime, happened_at: datetime | None = None
) -> Session:
    """Give an amount at once; all that is given never exceeds the order."""
    session = allowed(session_id, "infusion.dose", by)
    require_status(session, {"treating"})
    dose = made(Dose, step="bolus", dose_mg=str(dose_mg))
    if dose_mg > remaining_mg(session, at=at):
        raise ActionRefused("above-order", [Reason(text="The order allows no more.", who=NEW_ORDER)])
    append(session, entry(dose, happened_at or at), by=by, at=at)
    audit.record(by=by, at=at, did="bolus given", on=session)
    return session


@transaction.atomic
def give_device(*, session_id: int, by: Actor, at: datetime) -> Session:
    """Give the next device of a nasal spray: after the rest that its label asks for, and only while no red or black alarm is on."""
    session = allowed(session_id, "infusion.dose", by)
    require_status(session, {"treating"})
    require_quiet(session)
    order = live_order(session)
    holds = None if order is None else each_mg(order)
    if holds is None or holds > remaining_mg(session, at=at):
        raise ActionRefused("above-order", [Reason(text="The order allows no further device.", who=NEW_ORDER)])
    require_rest(session, at=at)
    append(session, entry(Dose(step="bolus", dose_mg=holds), at), by=by, at=at)
    audit.record(by=by, at=at, did="device given", on=session)
    return session


def require_rest(session: Session, *, at: datetime) -> None:
    """Refuse a device before the rest after the last one is over."""
    rest = timedelta(minutes=route_of(session).apart_min or 0)
    last = max(step.at for step in dose_steps(state_of(session)))
    if at < last + rest:
        text = f"The rest between two devices is {rest // timedelta(minutes=1)} min."
        raise ActionRefused("too-soon", [Reason(text=text, who="the infusion nurse")])


@transaction.atomic
def record_line_loss(
    *, session_id: int, dose_mg: Decimal, by: Actor, at: datetime, happened_at: datetime | None = None
) -> Session:
    """Some of the drug never reached the patient: it leaked, or stayed in the line."""
    session = allowed(session_id, "infusion.dose", by)
    require_status(session, AFTER_START)
    if dose_mg > given_mg(state_of(session), until=at):
        raise ActionRefused("more-than-given", ["More cannot be lost than was given."])
    append(session, entry(made(Dose, step="line-loss", dose_mg=str(dose_mg)), happened_at or at), by=by, at=at)
    audit.record(by=by, at=at, did="line loss recorded", on=session)
    return session


@transaction.atomic
def pause(*, session_id: int, by: Actor, at: datetime, reason: str = "") -> Session:
    """Stop the drug for now."""
    session = allowed(session_id, "infusion.dose", by)
    append(session, entry(StatusChange(to="paused", reason=reason), at), entry(Dose(step="pause"), at), by=by, at=at)
    audit.record(by=by, at=at, did="treatment paused", on=session)
    return session


@transaction.atomic
def resume(*, session_id: int, by: Actor, at: datetime, reason: str = "") -> Session:
    """Let the drug run again, at the rate it had."""
    session = allowed(session_id, "infusion.dose", by)
    require_status(session, {"paused"})
    require_quiet(session)
    append(session, entry(StatusChange(to="treating", reason=reason), at), entry(Dose(step="resume"), at), by=by, at=at)
    audit.record(by=by, at=at, did="treatment resumed", on=session)
    return session


@transaction.atomic
def stop_treatment(
    *, session_id: int, reason: str, by: Actor, at: datetime, happened_at: datetime | None = None
) -> Session:
    """Stop the drug before the ordered dose is given: the patient recovers."""
    session = allowed(session_id, "infusion.stop", by)
    require_reason(reason)
    when, why = happened_at or at, reason.strip()
    stop = [entry(Dose(step="stop", reason=why), when), entry(StatusChange(to="recovering", reason=why), when)]
    append(session, *stop, by=by, at=at)
    audit.record(by=by, at=at, did="treatment stopped", on=session)
    return session


@transaction.atomic
def end_infusion(*, session_id: int, by: Actor, at: datetime, happened_at: datetime | None = None) -> Session:
    """The ordered dose is in: the patient recovers."""
    session = allowed(session_id, "infusion.dose", by)
    require_status(session, {"treating"})
    when = happened_at or at
    if not is_complete(session, at=when):
        says = f"{remaining_mg(session, at=when):.1f} mg of the ordered dose are not given yet: stop, and say why."
        raise ActionRefused("not-complete", [Reason(text=says, who="the infusion nurse")])
    append(session, entry(Dose(step="stop"), when), entry(StatusChange(to="recovering"), when), by=by, at=at)
    audit.record(by=by, at=at, did="treatment ended", on=session)
    return session
