"""What the other rooms know that decides whether a session may start, and what is to be given."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from ketacare.clinic.models import Course
from ketacare.clinic.queries import active_holds
from ketacare.consent.queries import consent_in_force
from ketacare.evaluation import queries as evaluation
from ketacare.evaluation.screenings import seen_since
from ketacare.infusion.models import Session
from ketacare.outcomes import queries as outcomes
from ketacare.planning import queries as planning
from ketacare.planning.models import Order
from ketacare.record.reconciling import reconciled_between
from ketacare.science.monitoring import protocol
from ketacare.science.monitoring.events import Dose
from ketacare.science.monitoring.protocol_files import Route
from ketacare.science.monitoring.pump import Basis
from ketacare.science.rules.conditions import Value
from ketacare.science.rules.fields import Fact

PREGNANCY_TEST = "gate.pregnancy_test_today"
SUICIDE_RISK = "gate.cssrs_risk_today"
MEDICINES, MEDICINES_REVIEWED = "gate.medicines_changed", "gate.medicine_change_reviewed"
SCREENERS = ("cssrs_since_last", "cssrs_screener")
WORST_RISK = "high"
RESPIRATORY, LONG_INFUSION = "high_risk_resp", "pain_long_infusion"
# Where a room and the bedside both answer for today, the answer further to the right counts.
WORSE = {
    PREGNANCY_TEST: ("negative", "indeterminate", "positive"),
    MEDICINES: (False, True),
    SUICIDE_RISK: ("none", "low", "moderate", WORST_RISK),
}
INFUSION = "iv_ketamine"
RUNS = "ml_per_h"  # an amount that only a route given by pump has


def live_order(session: Session) -> Order | None:
    """The order of a session that is not void."""
    return planning.live_order(session.course, session.number)


def facts_decided_on(course: Course) -> dict[str, Value]:
    """What was known of the patient when it was last decided whether to treat; nothing without a decision."""
    decision = evaluation.latest_decision(course)
    kept = {} if decision is None else decision.facts
    given = {name: one["value"] for name, one in kept.items() if one["value"] is not None}
    return {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}


def signed_order(session: Session) -> Order | None:
    """The order of a session that may be used now."""
    return planning.signed_order(session.course, session.number)


def ordered_mg_per_h(order: Order) -> Decimal | None:
    """The rate an order runs at; None where the route has no pump."""
    if RUNS not in protocol.load().dosing.routes[order.route].shown_together:
        return None
    return planning.amounts_of(order).mg_per_h


def pump_basis(order: Order) -> Basis | None:
    """What turns this order's rate into mL/h and mcg/kg/min; None where no fluid with a concentration runs."""
    if order.concentration_mg_ml is None:
        return None
    mg_per_ml = order.dose_mg / order.diluted_to_ml if order.diluted_to_ml else order.concentration_mg_ml
    return Basis(mg_per_ml=mg_per_ml, weight_kg=order.dosing_weight_kg)


def first_dose(order: Order) -> Dose:
    """The step with which an order begins: a rate, the first device, or the whole dose at once."""
    rate = ordered_mg_per_h(order)
    given = {"dose_mg": each_mg(order) or order.dose_mg} if rate is None else {"rate_mg_per_h": rate}
    return Dose(step="start", concentration_mg_per_ml=order.concentration_mg_ml, **given)


def route_of(session: Session) -> Route:
    """How the session's drug is given."""
    return protocol.load().dosing.routes[session.route]


def each_mg(order: Order) -> Decimal | None:
    """What one device of the order holds; None where the drug comes in none."""
    holds = protocol.load().dosing.routes[order.route].device_mg
    return None if order.devices is None or holds is None else Decimal(holds)


def planned_route(course: Course) -> tuple[str, str]:
    """The route of a course's plan and the monitoring schedule it asks for; an infusion while there is no plan."""
    plan = planning.newest_plan(course)
    if plan is None:
        return INFUSION, INFUSION
    template = planning.template_of(plan)
    return plan.route, (template.schedule if template else None) or plan.route


def facts(session: Session, *, at: datetime) -> dict[str, Fact]:
    """The facts of the start gate that come from the record, the evaluation, the consent, the plan and the holds."""
    known = dict(evaluation.known(session.course, at=at).facts)
    told = (*_of_decision(session, at=at), *_of_order(session, at=at), *_of_course(session, at=at))
    tests = (*_of_tests(known, at=at), *_of_screener(session, at=at), *_of_medicines(session, at=at))
    return known | {fact.name: fact for fact in (*told, *tests)}


def additions_today(session: Session, *, at: datetime) -> list[str]:
    """What the patient's risks, as they are known today, add to the monitoring schedule."""
    fired = set(evaluation.assess(session.course, at=at).evaluation.fired)
    adds_to = protocol.load().monitoring.adds_to
    return sorted(name for name, addition in adds_to.items() if fired & set(addition.when_fired))


def _of_tests(known: Mapping[str, Fact], *, at: datetime) -> Iterator[Fact]:
    """A pregnancy test of today that the record or the evaluation already holds."""
    result, ago = known.get("patient.pregnancy_test_result"), known.get("patient.pregnancy_test_days_ago")
    if result is None or ago is None or _day_of(ago) != at.date():
        return
    yield Fact(name=PREGNANCY_TEST, value=result.value, as_of=at, source=result.source)


def _of_screener(session: Session, *, at: datetime) -> Iterator[Fact]:
    """The risk of today's suicide screener; an incomplete one counts only where it is high already."""
    today = [
        row
        for row in outcomes.standing(session.course)
        if row.instrument_id in SCREENERS and row.answered_at.astimezone(at.tzinfo).date() == at.date()
    ]
    if not today:
        return
    score = outcomes.result(today[-1]).score
    risk = score.classifications["risk"]
    if "risk" not in score.lower_bounds or risk == WORST_RISK:
        yield Fact(name=SUICIDE_RISK, value=risk, as_of=today[-1].answered_at, source="screener")


def _of_medicines(session: Session, *, at: datetime) -> Iterator[Fact]:
    """What today's going through the medicines says; a list that is not complete tells a change and never that there is none."""
    midnight = datetime.combine(at.date(), time(), at.tzinfo)
    today = reconciled_between(session.patient, midnight, at)
    changed = [row for row in today if row.has_changes]
    if changed or any(row.is_complete for row in today):
        yield Fact(name=MEDICINES, value=bool(changed), as_of=today[-1].at, source="medicines gone through today")
    if changed and seen_since(session.course, changed[-1].at):
        yield Fact(name=MEDICINES_REVIEWED, value=True, as_of=today[-1].at, source="a prescriber saw what it changes")


def _day_of(ago: Fact) -> date | None:
    """The day that a number of days ago names, counted from the day it was told; a date is that day."""
    if isinstance(ago.value, date):
        return _day(ago.value)
    if isinstance(ago.value, int) and ago.as_of is not None:
        return _day(ago.as_of) - timedelta(days=ago.value)
    return None


def _day(moment: date) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def _of_decision(session: Session, *, at: datetime) -> Iterator[Fact]:
    age = evaluation.decision_age_days(session.course, at=at)
    permits = evaluation.permits(session.course, at=at)
    yield Fact(name="gate.eligibility_age_days", value=age, unit="days", source="decision")
    yield Fact(name="gate.eligibility_permits", value=permits, source="decision")


def _of_order(session: Session, *, at: datetime) -> Iterator[Fact]:
    order = live_order(session)
    dose = order.dose_mg_per_kg if order else None
    consent = consent_in_force(session.course, route=session.route, dose_mg_per_kg=dose, at=at)
    signed = signed_order(session)
    yield Fact(name="gate.consent_in_force", value=consent is not None, source="consent")
    yield Fact(name="gate.order_signed", value=signed is not None, source="order")
    if order is not None:
        age = (at.date() - order.weight_at.astimezone(at.tzinfo).date()).days
        yield Fact(name="gate.weight_age_days", value=age, unit="days", source="order")


def _of_course(session: Session, *, at: datetime) -> Iterator[Fact]:
    held = active_holds(session.course).exists()
    yield Fact(name="gate.open_hold", value=held, source="holds")
    at_risk = RESPIRATORY in additions_today(session, at=at) or session.schedule == LONG_INFUSION
    yield Fact(name="session.high_risk_resp", value=at_risk, source="evaluation of today")
    yield Fact(name="plan.route", value=session.route, as_of=at.date(), source="session")
    enrolled = is_enrolled(session, at=at)
    if enrolled is not None:
        yield Fact(name="gate.rems_enrolled", value=enrolled, source="REMS enrolment and certification on file")


def is_enrolled(session: Session, *, at: datetime) -> bool | None:
    """Whether the site is certified and the patient enrolled in the esketamine REMS; None: not on file, so it is asked."""
    certified = planning.practice(session.site).is_rems_certified
    if certified is not True:
        return certified
    today = at.astimezone(ZoneInfo(session.site.time_zone)).date()
    return True if session.patient.rems_enrolments.filter(enrolled_on__lte=today).exists() else None
