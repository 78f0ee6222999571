"""While the drug is given: rate, pause, stop, end."""

from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction

from ketacare.clinic import audit
from ketacare.clinic.actor import Actor
from ketacare.clinic.errors import ActionRefused, Reason
from ketacare.clinic.permissions import require
from ketacare.infusion.cockpit import rate
from ketacare.infusion.doing import (
    AFTER_START,
    allowed,
    entry,
    made,
    require_consent,
    require_quiet,
    require_reason,
    require_status,
)
from ketacare.infusion.models import Session
from ketacare.infusion.outside import each_mg, live_order, pump_basis, route_of
from ketacare.infusion.queries import given_mg, is_complete, ordered_mg_per_h, remaining_mg, state_of
from ketacare.infusion.timeline import append
from ketacare.infusion.words import PUMP_UNITS as UNITS
from ketacare.science.monitoring import pump
from ketacare.science.monitoring.events import Dose, Observation, StatusChange
from ketacare.science.monitoring.timeline import dose_steps

NEW_ORDER = "a prescriber, by a new order"
UNDER_WAY = frozenset({"treating", "paused"})
ASKED = "The patient asked to stop."


@transaction.atomic
def change_rate(
    *,
    session_id: int,
    rate_mg_per_h: Decimal,
    by: Actor,
    at: datetime,
    happened_at: datetime | None = None,
    pump_shows: Decimal | None = None,
    pump_unit: pump.Unit = "ml_per_h",
) -> Session:
    """The pump runs at another rate; never at more than the order's, and never at another than the pump itself shows."""
    session = allowed(session_id, "infusion.lessen", by)
    require_status(session, {"treating"})
    if rate_mg_per_h > (rate(state_of(session)) or 0):  # slower asks for no paper and no consent
        require(by, "infusion.dose", session, at=at)
        require_consent(session, at=happened_at or at)
    said = {} if pump_shows is None else {f"pump_{pump_unit}": str(pump_shows)}
    dose = made(Dose, step="rate", rate_mg_per_h=str(rate_mg_per_h), **said)
    if rate_mg_per_h > ordered_mg_per_h(session):
        raise ActionRefused("above-order", [Reason(text="The order allows no faster rate.", who=NEW_ORDER)])
    if pump_shows is not None:
        require_same_rate(session, rate_mg_per_h, pump_shows, pump_unit)
    require_since_start(session, happened_at)
    append(session, entry(dose, happened_at or at), by=by, at=at)
    audit.record(by=by, at=at, did="rate changed", on=session)
    return session


def require_same_rate(session: Session, mg_per_h: Decimal, shown: Decimal, unit: pump.Unit) -> None:
    """Refuse a rate that is not the one the pump shows, with both numbers."""
    order = live_order(session)
    basis = pump_basis(order) if order else None
    if basis is None:
        raise ActionRefused("no-concentration", ["The order says no concentration: the two rates cannot be compared."])
    if differs := pump.apart(mg_per_h, shown, unit, basis):
        text = f"{mg_per_h.normalize():f} mg/h is {differs.meant} {UNITS[unit]}, and the pump shows {differs.shown} {UNITS[unit]}."
        raise ActionRefused("rates-differ", [Reason(text=text, who="whoever stands at the pump")])


def require_since_start(session: Session, happened_at: datetime | None) -> None:
    """Refuse a step of the drug from before its start."""
    if happened_at is not None and session.started_at is not None and happened_at < session.started_at:
        raise ActionRefused("before-start", ["That would be before the drug was started: say fewer minutes."])


@transaction.atomic
def give_bolus(
    *, session_id: int, dose_mg: Decimal, by: Actor, at: datetime, happened_at: datetime | None = None
) -> Session:
    """Give an amount at once; all that is given never exceeds the order."""
    session = allowed(session_id, "infusion.dose", by, at=at)
    require_status(session, {"treating"})
    require_consent(session, at=happened_at or at)
    dose = made(Dose, step="bolus", dose_mg=str(dose_mg))
    if dose_mg > remaining_mg(session, at=at):
        raise ActionRefused("above-order", [Reason(text="The order allows no more.", who=NEW_ORDER)])
    require_since_start(session, happened_at)
    append(session, entry(dose, happened_at or at), by=by, at=at)
    audit.record(by=by, at=at, did="bolus given", on=session)
    return session


@transaction.atomic
def give_device(*, session_id: int, by: Actor, at: datetime) -> Session:
    """Give the next device of a nasal spray: after the rest that its label asks for, and only while no red or black alarm is on."""
    session = allowed(session_id, "infusion.dose", by, at=at)
    require_status(session, {"treating"})
    require_consent(session, at=at)
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
    session = allowed(session_id, "infusion.lessen", by)
    require_status(session, AFTER_START)
    if dose_mg > given_mg(state_of(session), until=at):
        raise ActionRefused("more-than-given", ["More cannot be lost than was given."])
    require_since_start(session, happened_at)
    append(session, entry(made(Dose, step="line-loss", dose_mg=str(dose_mg)), happened_at or at), by=by, at=at)
    audit.record(by=by, at=at, did="line loss recorded", on=session)
    return session


@transaction.atomic
def pause(*, session_id: int, by: Actor, at: datetime, reason: str = "") -> Session:
    """Stop the drug for now."""
    session = allowed(session_id, "infusion.lessen", by)
    append(session, entry(StatusChange(to="paused", reason=reason), at), entry(Dose(step="pause"), at), by=by, at=at)
    audit.record(by=by, at=at, did="treatment paused", on=session)
    return session


@transaction.atomic
def resume(*, session_id: int, by: Actor, at: datetime, reason: str = "") -> Session:
    """Let the drug run again, at the rate it had."""
    session = allowed(session_id, "infusion.dose", by, at=at)
    require_status(session, {"paused"})
    require_consent(session, at=at)
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
def stop_on_request(*, session_id: int, by: Actor, at: datetime) -> Session:
    """The patient asks to stop: that, and the end of the drug, at once and without a form. A second press finds it done."""
    session = allowed(session_id, "infusion.stop", by)
    require_status(session, {*UNDER_WAY, "recovering"})
    if session.status not in UNDER_WAY:
        return session
    stop = Dose(step="stop", reason=ASKED)
    moved = StatusChange(to="recovering", reason=ASKED)
    asked = Observation(values={"patient_asks_stop": True})
    append(session, entry(asked, at), entry(stop, at), entry(moved, at), by=by, at=at)
    audit.record(by=by, at=at, did="treatment stopped on request", on=session)
    return session


@transaction.atomic
def end_infusion(*, session_id: int, by: Actor, at: datetime, happened_at: datetime | None = None) -> Session:
    """The ordered dose is in: the patient recovers."""
    session = allowed(session_id, "infusion.lessen", by)
    require_status(session, {"treating"})
    when = happened_at or at
    if not is_complete(session, at=when):
        says = f"{remaining_mg(session, at=when):.1f} mg of the ordered dose are not given yet: stop, and say why."
        raise ActionRefused("not-complete", [Reason(text=says, who="the infusion nurse")])
    append(session, entry(Dose(step="stop"), when), entry(StatusChange(to="recovering"), when), by=by, at=at)
    audit.record(by=by, at=at, did="treatment ended", on=session)
    return session
