"""What is to be predicted for a course: an order, else what the protocol proposes, as a regimen for a subject.

Nothing is made up: where there is neither, or no model answers for the route, it says why and what comes next.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from ketacare.clinic.models import Course
from ketacare.clinic.routes import route_name
from ketacare.planning import queries
from ketacare.planning.models import CoursePlan, Order
from ketacare.planning.ordering import dosing_weight_of
from ketacare.planning.weights import weighed
from ketacare.science.errors import MissingInput, OutOfRange
from ketacare.science.facts.results import age_years
from ketacare.science.monitoring import dosing, protocol
from ketacare.science.monitoring.protocol_files import TemplateDose
from ketacare.science.pkpd import models
from ketacare.science.pkpd.modelling.model_file import Model
from ketacare.science.pkpd.regimen import Dose, Drug, Regimen, Route
from ketacare.science.pkpd.subject import Subject

# the way in which a plan gives the drug -> each way in which a model may; none: no model of it was seen
GIVEN_AS: dict[str, tuple[tuple[Route, Drug], ...]] = {
    "iv_ketamine": (("iv", "racemic_ketamine"),),
    "im_ketamine": (("im", "racemic_ketamine"),),
    "sc_ketamine": (),
    "in_esketamine": (("intranasal", "esketamine"),),
    "in_ketamine_compounded": (("intranasal", "racemic_ketamine"),),
    "po_sl_ketamine": (("oral", "racemic_ketamine"), ("sublingual", "racemic_ketamine")),
}
DEVICES = "devices"
NEEDS_NONE = "The order itself does not need a curve."
WRITE_ORDER = "Write the order; its curve is shown here then."
USED, VOID = Order.Status.USED, Order.Status.VOID


@dataclass(frozen=True, kw_only=True)
class Amount:
    """A dose as an order or a template says it."""

    route: str
    mg: Decimal
    duration_min: Decimal | None


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A regimen for a person, the model that answers by default, and whose regimen it is."""

    says: str
    dose: str
    is_order: bool
    regimen: Regimen
    subject: Subject
    model: Model
    interactions: tuple[str, ...] = ()

    @property
    def called(self) -> str:
        """What the curve of this very regimen is called beside others."""
        return "As ordered" if self.is_order else "As proposed"


@dataclass(frozen=True, kw_only=True)
class NoCurve:
    """Why there is no curve, and what comes next."""

    title: str
    why: tuple[str, ...]
    advice: str = ""


def prescribed(course: Course, number: int | None, *, at: datetime) -> Asked | NoCurve:
    """What to draw for a session of a course; without a number for the open order, else the newest used one."""
    plan = queries.newest_plan(course)
    if plan is None:
        return NoCurve(
            title="There is no plan yet", why=(), advice="A prescriber makes one from a protocol after consent."
        )
    order = order_to_show(course, number)
    if order is not None:
        view = queries.order_view(order)
        amount = Amount(route=order.route, mg=order.dose_mg, duration_min=order.duration_min)
        says = f"The order for session {order.session_number} ({view.label.lower()})"
        return asked(course, amount, order.weight_kg, says=says, is_order=True, at=at)
    if number not in (None, 1):
        return NoCurve(title=f"Session {number} has no order yet", why=(), advice=WRITE_ORDER)
    return proposed(course, plan, at=at)


def order_to_show(course: Course, number: int | None) -> Order | None:
    """The order of a session that is not void; of none in particular the first that is not used, else the last."""
    live = [one for one in queries.orders(course) if queries.status_of(one) != VOID]
    if number is not None:
        return next((one for one in live if one.session_number == number), None)
    waiting = [one for one in live if queries.status_of(one) != USED]
    return next(iter(waiting), live[-1] if live else None)


def proposed(course: Course, plan: CoursePlan, *, at: datetime) -> Asked | NoCurve:
    """What the protocol proposes for the first session, at the newest weight of the record."""
    template, known = queries.template_of(plan), weighed(course.patient, at=at)
    route = protocol.load().dosing.routes[plan.route]
    if template is None or not template.dose.gives_amount:
        return NoCurve(title="The protocol proposes no dose", why=(), advice=WRITE_ORDER)
    if known.weight_kg is None:
        return NoCurve(
            title="The record holds no usable weight", why=(), advice="Weigh the patient; without it there is no curve."
        )
    try:
        kg, _ = dosing_weight_of(course, route, known, at=at)
    except (MissingInput, OutOfRange) as problem:
        return NoCurve(title="The dose cannot be worked out", why=said(problem), advice="Record what is missing.")
    amount = Amount(route=plan.route, mg=mg_of(template.dose, kg), duration_min=template.dose.duration_min)
    says = f"No order yet: what the protocol {plan.template_id} proposes for the first session"
    return asked(course, amount, known.weight_kg, says=says, is_order=False, at=at)


def mg_of(dose: TemplateDose, kg: Decimal) -> Decimal:
    """What a template proposes, in mg."""
    if dose.first_mg is not None:
        return dose.first_mg
    if dose.mg_per_kg is not None:
        return dosing.mg_from_mg_per_kg(dose.mg_per_kg, dosing_weight_kg=kg)
    rate, most = (dose.rate_mg_per_kg_h or Decimal(0)) * kg, dose.max_rate_mg_h
    return (rate if most is None else min(rate, most)) * (dose.duration_min or Decimal(0)) / 60


def asked(
    course: Course, amount: Amount, weight_kg: Decimal, *, says: str, is_order: bool, at: datetime
) -> Asked | NoCurve:
    """A dose as a regimen, with the default model of its route; or why no model answers."""
    why = []
    for route, drug in GIVEN_AS.get(amount.route, ()):
        try:
            model = models.default_for(route=route, drug=drug, duration_min=float(amount.duration_min or 0))
        except OutOfRange as problem:
            why += said(problem)
            continue
        today = at.astimezone(ZoneInfo(course.site.time_zone)).date()
        age = age_years(course.patient.born_on, today)
        return Asked(
            says=says,
            dose=dose_words(amount),
            is_order=is_order,
            regimen=regimen_of(amount, route, drug),
            subject=Subject(weight_kg=float(weight_kg), age_years=age),
            model=model,
        )
    why = why or [f"no model of ketamine given {route_name(amount.route)} was seen"]
    return NoCurve(title=f"No curve for {route_name(amount.route)}", why=tuple(why), advice=NEEDS_NONE)


def regimen_of(amount: Amount, route: Route, drug: Drug) -> Regimen:
    """A dose as it enters: devices one after the other, an infusion over its time, anything else at once."""
    rules = protocol.load().dosing.routes[amount.route]
    if rules.form == DEVICES:
        count = int(amount.mg / (rules.device_mg or 1))
        return Regimen.devices(count, apart_min=float(rules.apart_min or 0))
    return Regimen((Dose(float(amount.mg), route, 0, float(amount.duration_min or 0)),), drug)


def dose_words(amount: Amount) -> str:
    """A dose as it is read: "35 mg into a vein over 40 min"."""
    rules = protocol.load().dosing.routes[amount.route]
    mg, way = f"{amount.mg.normalize():f} mg", route_name(amount.route)
    if rules.form == DEVICES:
        count = int(amount.mg / (rules.device_mg or 1))
        apart = f", {rules.apart_min} min apart" if count > 1 else ""
        return f"{count} × {rules.device_mg} mg {way}{apart}"
    return f"{mg} {way}" + (f" over {amount.duration_min.normalize():f} min" if amount.duration_min else "")


def said(problem: MissingInput | OutOfRange) -> tuple[str, ...]:
    """What is wrong, in sentences."""
    return tuple(one.says for one in problem.problems)
