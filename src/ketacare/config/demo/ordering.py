"""Plans, orders and sessions on the list, for the demo's people."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from ketacare.config.demo.pathway import Case
from ketacare.config.demo.people import read
from ketacare.infusion import actions as infusion
from ketacare.infusion.models import Session
from ketacare.planning import actions as planning
from ketacare.planning import queries as planned
from ketacare.planning.course_review import look
from ketacare.planning.models import Order
from ketacare.planning.values import EarlierDoses, OrderInput, PlanInput, ReviewInput
from ketacare.science.monitoring import protocol
from ketacare.science.monitoring.course import course_dates
from ketacare.science.rules import load

SETTING = "supervised_clinic"


def days_between_sessions() -> list[int]:
    """How many days after the first session each session of a course falls."""
    template = protocol.load().templates[read("answers.yaml")["order"]["template"]]
    apart_h = load("order_checks").params["min_interval_h"].default
    any_day = date(2026, 1, 1)
    assert template.course is not None  # noqa: S101  # the demo's template has one
    return [(day - any_day).days for day in course_dates(template.course, first_on=any_day, min_interval_h=apart_h)]


def draft_plan(case: Case, *, number: int, on: datetime, at: datetime) -> None:
    """A prescriber lays the course out so that session ``number`` falls on a day."""
    first_on = case.today(on) - timedelta(days=days_between_sessions()[number - 1])
    plan = PlanInput(template_id=read("answers.yaml")["order"]["template"], setting=SETTING, first_on=first_on)
    planning.draft_plan(course_id=case.course.pk, plan=plan, by=case.by("prescriber"), at=at)


def draft_order(case: Case, number: int, *, at: datetime, dose: str = "dose_mg_per_kg") -> Order:
    """A prescriber writes the order for a session."""
    told = read("answers.yaml")["order"]
    order = OrderInput(
        session_number=number,
        dose_mg_per_kg=Decimal(told[dose]),
        concentration_mg_ml=Decimal(told["concentration_mg_ml"]),
        duration_min=Decimal(told["duration_min"]),
        diluted_to_ml=Decimal(told["diluted_to_ml"]),
        earlier=EarlierDoses(had_elsewhere=False, last_session_adverse=False, poor_tolerated_sessions=0),
    )
    return planning.draft_order(course_id=case.course.pk, order=order, by=case.by("prescriber"), at=at)


def sign(case: Case, order: Order, *, at: datetime) -> None:
    """The prescriber signs; what the checks only warn of is acknowledged."""
    planning.sign_order(order_id=order.pk, by=case.by("prescriber"), at=at)


def review(case: Case, *, at: datetime) -> None:
    """Where the plan has a review point, a prescriber looks at the course and goes on."""
    told = read("answers.yaml")["review"]
    looked = look(case.course, told["answers"], at=at)
    if looked is not None and looked.is_due:
        decided = ReviewInput(decision="go-on", reason=told["reason"], answers=told["answers"])
        planning.decide_review(course_id=case.course.pk, review=decided, by=case.by("prescriber"), at=at)


def book(case: Case, number: int, *, on: datetime, at: datetime) -> Session:
    """The front desk puts a session on the list of its day."""
    plan = planned.newest_plan(case.course)
    assert plan is not None  # noqa: S101  # planned before
    return infusion.plan_session(
        course=case.course, number=number, planned_at=on, route=plan.route, by=case.by("front-desk"), at=at
    )
