"""From what a prescriber hands in to the columns of a plan or an order, and what stands in the way."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from ketacare.clinic.actor import Actor, user_id
from ketacare.clinic.errors import ActionRefused, Reason
from ketacare.clinic.models import Course, Membership
from ketacare.clinic.queries import in_force
from ketacare.planning.checks import BOOK, SECOND_PERSON, SECOND_PRESCRIBER, WHO, site_rules
from ketacare.planning.models import CoursePlan, Order
from ketacare.planning.queries import SECOND_NEEDED, given, live_order, needs_second, newest_plan
from ketacare.planning.values import OrderInput, PlanInput, VialCheck
from ketacare.planning.weights import Weighed, weighed
from ketacare.science import reference
from ketacare.science.errors import MissingInput, OutOfRange
from ketacare.science.monitoring import dosing, protocol
from ketacare.science.monitoring.course import course_dates
from ketacare.science.monitoring.protocol_files import Template

DRUGS = {"in_esketamine": "esketamine"}  # every other route gives ketamine
TEMPLATES = "protocols/templates"
PLANNABLE = frozenset(
    {Course.Status.CONSENTED, Course.Status.PLANNED, Course.Status.IN_INDUCTION, Course.Status.IN_MAINTENANCE}
)
ORDERABLE = PLANNABLE - {Course.Status.CONSENTED}
STORED = Decimal("0.0001")  # what the columns of amounts hold


@dataclass(frozen=True, kw_only=True)
class LaidOut:
    """A plan ready to be kept."""

    columns: dict[str, object]
    dates: tuple[date, ...]


def lay_out(course: Course, plan: PlanInput, *, before: CoursePlan | None, reason: str, at: datetime) -> LaidOut:
    """The columns and dates of a plan, or a refusal with every reason."""
    template = protocol.load().templates.get(plan.template_id)
    if reasons := list(reasons_against_plan(course, template, before=before, reason=reason)):
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
    course: Course, template: Template | None, *, before: CoursePlan | None, reason: str
) -> Iterator[Reason]:
    """Why a plan cannot be made now."""
    if course.status not in PLANNABLE:
        label = course.get_status_display().lower()
        yield Reason(text=f"The course is {label}; a plan comes after consent.", who=WHO["clin"])
    if template is None or course.indication not in template.indications:
        yield Reason(text="There is no such template for this course's indication.", who=WHO["clin"])
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
    params = in_force(course.site, BOOK, at=at)[1].values
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


def order_columns(course: Course, given_in: OrderInput, *, at: datetime) -> dict[str, object]:
    """The columns of an order, or a refusal with every reason."""
    plan = newest_plan(course)
    known = weighed(course.patient, at=at)
    if reasons := list(reasons_against_order(course, plan, given_in, known)):
        raise ActionRefused("order-not-possible", reasons)
    try:
        weight = dosing_weight_of(course, known, at=at)
        mg = dosing.mg_from_mg_per_kg(given_in.dose_mg_per_kg, dosing_weight_kg=weight.kg)
        dose = dosing.amounts(
            mg=mg,
            dosing_weight_kg=weight.kg,
            mg_per_ml=given_in.concentration_mg_ml,
            duration_min=given_in.duration_min,
            diluted_to_ml=given_in.diluted_to_ml,
        )
    except (OutOfRange, MissingInput) as problem:
        raise refusal("order-not-possible", problem) from problem
    return {
        "plan": plan,
        "session_number": given_in.session_number,
        "drug": DRUGS.get(plan.route, "ketamine"),
        "route": plan.route,
        "weight_kg": known.weight_kg,
        "weight_at": known.weight_at,
        "weight_before_kg": known.before_kg,
        "height_cm": known.height_cm,
        "weight_basis": weight.basis,
        "dosing_weight_kg": weight.kg,
        "weight_change_confirmed": given_in.weight_change_confirmed,
        **amount_columns(dose, given_in),
        "answers": given_in.earlier.as_answers(),
    }


def dosing_weight_of(course: Course, known: Weighed, *, at: datetime) -> dosing.DosingWeight:
    """The weight that every mg/kg of an order is per."""
    rules = site_rules(course.site, at=at)
    sex = course.patient.sex_at_birth
    return dosing.dosing_weight(
        weight_kg=known.weight_kg,
        height_cm=known.height_cm,
        sex=sex if sex in {"female", "male"} else None,
        bmi_limit=rules.bmi_limit,
        high_bmi_basis=rules.high_bmi_basis,
    )


def amount_columns(dose: dosing.Amounts, given_in: OrderInput) -> dict[str, object]:
    """The amounts that belong together, as the row keeps them."""
    return {
        "dose_mg_per_kg": given_in.dose_mg_per_kg,
        "dose_mg": dose.mg,
        "concentration_mg_ml": given_in.concentration_mg_ml,
        "volume_ml": dose.ml.quantize(STORED),
        "diluted_to_ml": given_in.diluted_to_ml,
        "duration_min": given_in.duration_min,
        "rate_ml_h": dose.ml_per_h.quantize(STORED),
    }


def reasons_against_order(
    course: Course, plan: CoursePlan | None, given_in: OrderInput, known: Weighed
) -> Iterator[Reason]:
    """Why an order cannot be written now."""
    if course.status not in ORDERABLE or plan is None:
        yield Reason(text="There is no plan yet; an order belongs to a session of a plan.", who=WHO["clin"])
    elif given_in.session_number not in {session.number for session in plan.sessions.all()}:
        yield Reason(text=f"The plan has no session {given_in.session_number}.", who=WHO["clin"])
    elif not runs_by_pump(plan.route):
        yield Reason(text=f"Orders are written here for infusions; {plan.route_name} is not one.", who=WHO["clin"])
    if live_order(course, given_in.session_number) is not None:
        yield Reason(text="This session has an order already; void it before writing another.", who=WHO["clin"])
    if known.weight_kg is None:
        yield Reason(text="The record holds no usable weight.", who=WHO["nurse"], rule="DOSE-17")
    if known.height_cm is None:
        yield Reason(text="The record holds no usable height.", who=WHO["nurse"], rule="DOSE-17")
    if given_in.diluted_to_ml is not None and given_in.concentration_mg_ml > 0 and known.weight_kg is not None:
        needed = given_in.dose_mg_per_kg * known.weight_kg / given_in.concentration_mg_ml
        if given_in.diluted_to_ml < needed:
            yield Reason(text="The volume after dilution is smaller than the volume of the drug.", who=WHO["clin"])


def runs_by_pump(route: str) -> bool:
    """Whether a pump's rate belongs to the amounts of a route."""
    return "ml_per_h" in protocol.load().dosing.routes[route].shown_together


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
