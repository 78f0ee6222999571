"""From what a prescriber hands in to the columns of a plan or an order, and what stands in the way."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from ketacare.clinic.actor import Actor, user_id
from ketacare.clinic.errors import ActionRefused, Reason
from ketacare.clinic.models import Course, Membership
from ketacare.clinic.routes import route_name
from ketacare.planning.checks import SECOND_PERSON, SECOND_PRESCRIBER, WHO, policy_in_force, site_rules
from ketacare.planning.models import CoursePlan, Order
from ketacare.planning.queries import SECOND_NEEDED, given, needs_second, newest_plan
from ketacare.planning.values import PlanInput, VialCheck
from ketacare.science import reference
from ketacare.science.errors import MissingInput, OutOfRange
from ketacare.science.monitoring import protocol
from ketacare.science.monitoring.course import course_dates
from ketacare.science.monitoring.orders import is_enabled
from ketacare.science.monitoring.protocol_files import Template

TEMPLATES = "protocols/templates"
PLANNABLE = frozenset(
    {Course.Status.CONSENTED, Course.Status.PLANNED, Course.Status.IN_INDUCTION, Course.Status.IN_MAINTENANCE}
)
ORDERABLE = PLANNABLE - {Course.Status.CONSENTED}


@dataclass(frozen=True, kw_only=True)
class LaidOut:
    """A plan ready to be kept."""

    columns: dict[str, object]
    dates: tuple[date, ...]


def lay_out(course: Course, plan: PlanInput, *, before: CoursePlan | None, reason: str, at: datetime) -> LaidOut:
    """The columns and dates of a plan, or a refusal with every reason."""
    template = protocol.load().templates.get(plan.template_id)
    if reasons := list(reasons_against_plan(course, template, before=before, reason=reason, at=at)):
        raise ActionRefused("plan-not-possible", reasons)
    which = protocol.load().template_file
    columns = {
        "template_id": template.id,
        "template_version": which.version,
        "template_sha256": reference.digest(reference.newest(TEMPLATES)),
        "route": template.route,
        "setting": plan.setting,
    }
    return LaidOut(columns=columns, dates=dates_of(course, template, plan, at=at))


def reasons_against_plan(
    course: Course, template: Template | None, *, before: CoursePlan | None, reason: str, at: datetime
) -> Iterator[Reason]:
    """Why a plan cannot be made now."""
    if course.status not in PLANNABLE:
        label = course.get_status_display().lower()
        yield Reason(text=f"The course is {label}; a plan comes after consent.", who=WHO["clin"])
    if template is None or course.indication not in template.indications:
        yield Reason(text="There is no such template for this course's indication.", who=WHO["clin"])
    elif not is_enabled(template.route, site_rules(course.site, at=at)):
        yield Reason(text=f"This site does not give the drug {route_name(template.route)}.", who=WHO["site"])
    elif template.course is None:
        yield Reason(text="This template says nothing about a course of sessions.", who=WHO["clin"])
    if before is not None and not reason.strip():
        yield Reason(text="Say why the plan changes.", who=WHO["clin"])


def dates_of(course: Course, template: Template, plan: PlanInput, *, at: datetime) -> tuple[date, ...]:
    """The days of the sessions, in the first of the template's patterns that allows the number asked for."""
    patterns = [template.course, *template.alternatives]
    asked = plan.sessions
    fitting = [
        one for one in patterns if asked is None or not one.sessions or one.sessions[0] <= asked <= one.sessions[1]
    ]
    params = policy_in_force(course.site, at=at).values
    try:
        return course_dates(
            (fitting or patterns)[0],
            first_on=plan.first_on,
            min_interval_h=params["min_interval_h"],
            per_week=plan.per_week,
            sessions=plan.sessions,
        )
    except (OutOfRange, MissingInput) as problem:
        raise refusal("plan-not-possible", problem) from problem


def plan_reasons(order: Order, *, at: datetime) -> Iterator[Reason]:
    """What has changed since an order was drafted, and whether its session comes next."""
    plan = newest_plan(order.course)
    if order.course.status not in ORDERABLE:
        yield Reason(text=f"The course is {order.course.get_status_display().lower()}.", who=WHO["clin"])
    if (plan.template_id, plan.route) != (order.plan.template_id, order.route):
        yield Reason(text="The plan has another template or route now; write the order anew.", who=WHO["clin"])
    if order.session_number not in {session.number for session in plan.sessions.all()}:
        yield Reason(text="The plan does not have this session any more.", who=WHO["clin"])
    comes_next = len(given(order.course, before=at)) + 1
    if order.session_number != comes_next:
        text = f"Session {comes_next} comes next; an order is signed and used when the sessions before it were given."
        yield Reason(text=text, who=WHO["clin"])


def vial_reasons(order: Order, vial: VialCheck, by: Actor) -> Iterator[Reason]:
    """What is wrong with the second person who computed the volume."""
    if vial.computed_by is None:
        return
    if vial.computed_by == user_id(by):
        yield Reason(text="The volume is computed independently by another person.", who=SECOND_PERSON, rule="DOSE-10")
    if not Membership.objects.filter(user_id=vial.computed_by, site_id=order.course.site_id).exists():
        yield Reason(text="The second person does not work at this site.", who=SECOND_PERSON, rule="DOSE-10")


def second_reasons(order: Order, result: str) -> Iterator[Reason]:
    """Whether another prescriber has still to sign before the order is used."""
    if needs_second(order) or (result == SECOND_NEEDED and has_one_signature(order)):
        yield Reason(text="A second, different prescriber has to sign this order.", who=SECOND_PRESCRIBER)


def has_one_signature(order: Order) -> bool:
    """Whether only one prescriber has signed."""
    return Order.Status.SECOND_SIGNED not in {event.became for event in order.events.all()}


def refusal(code: str, problem: OutOfRange | MissingInput) -> ActionRefused:
    """A calculation that cannot be done, as a refusal with every problem."""
    return ActionRefused(code, [Reason(text=str(one), who=WHO["clin"]) for one in problem.problems])
