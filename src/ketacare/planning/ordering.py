"""From what a prescriber writes to the columns of an order: amounts as the route has them, and why the weight is what it is."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from ketacare.clinic.errors import ActionRefused, Reason
from ketacare.clinic.models import Course
from ketacare.planning.checks import SETTLES, WHO, site_rules
from ketacare.planning.drafting import ORDERABLE, refusal
from ketacare.planning.models import CoursePlan, Order
from ketacare.planning.queries import live_order, newest_plan
from ketacare.planning.values import OrderInput
from ketacare.planning.weights import Weighed, weighed
from ketacare.science.errors import MissingInput, OutOfRange
from ketacare.science.monitoring import dosing, protocol
from ketacare.science.monitoring.orders import is_enabled
from ketacare.science.monitoring.protocol_files import Route

DRUGS = {"in_esketamine": "esketamine"}  # every other route gives ketamine
DEVICES = "devices"
DRAWN_UP = frozenset({"pump", "injection", "spray"})  # forms whose dose is a volume of a vial or bottle
STORED = Decimal("0.0001")  # what the columns of amounts hold


def order_columns(course: Course, given_in: OrderInput, *, at: datetime) -> dict[str, object]:
    """The columns of an order, or a refusal with every reason."""
    plan = newest_plan(course)
    known = weighed(course.patient, at=at)
    if reasons := list(reasons_against_order(course, plan, given_in, known, at=at)):
        raise ActionRefused("order-not-possible", reasons)
    try:
        return columns_of(course, plan, given_in, known, at=at)
    except (OutOfRange, MissingInput) as problem:
        raise refusal("order-not-possible", problem) from problem


def columns_of(
    course: Course, plan: CoursePlan, given_in: OrderInput, known: Weighed, *, at: datetime
) -> dict[str, object]:
    """Every column of an order that can be written."""
    route = protocol.load().dosing.routes[plan.route]
    kg, weight = dosing_weight_of(course, route, known, at=at)
    mg = mg_of(route, given_in, kg)
    if route.form == "pump" and (reasons := list(dilution_reasons(given_in, mg))):
        raise ActionRefused("order-not-possible", reasons)
    dose = dosing.amounts(
        mg=mg,
        dosing_weight_kg=kg,
        mg_per_ml=given_in.concentration_mg_ml if route.form in DRAWN_UP else None,
        duration_min=given_in.duration_min if route.form == "pump" else None,
        diluted_to_ml=given_in.diluted_to_ml if route.form == "pump" else None,
    )
    return {
        "plan": plan,
        "session_number": given_in.session_number,
        "drug": DRUGS.get(plan.route, "ketamine"),
        "route": plan.route,
        "weight_kg": known.weight_kg,
        "weight_at": known.weight_at,
        "weight_before_kg": known.before_kg,
        "height_cm": known.height_cm,
        "dosing_weight_kg": kg,
        "weight_change_confirmed": given_in.weight_change_confirmed,
        "etco2_planned": given_in.etco2_planned,
        "answers": given_in.earlier.as_answers(),
        **weight,
        **amount_columns(dose, given_in, route),
    }


def mg_of(route: Route, given_in: OrderInput, kg: Decimal) -> Decimal:
    """The dose in mg, in whichever way the route's form asks for it."""
    if route.form == DEVICES:
        return Decimal((given_in.devices or 0) * (route.device_mg or 0))
    if given_in.dose_mg is not None:
        return given_in.dose_mg
    return dosing.mg_from_mg_per_kg(given_in.dose_mg_per_kg or Decimal(0), dosing_weight_kg=kg)


def dosing_weight_of(
    course: Course, route: Route, known: Weighed, *, at: datetime
) -> tuple[Decimal, dict[str, object]]:
    """The weight that every mg/kg of an order is per, with its basis and why; whole devices are not dosed by weight."""
    if route.form == DEVICES:
        return known.weight_kg, {
            "weight_basis": Order.Basis.ACTUAL,
            "weight_why": "The dose is a number of devices, not reckoned by weight: mg/kg is shown per kg of actual weight.",
        }
    rules, sex = site_rules(course.site, at=at), course.patient.sex_at_birth
    weight = dosing.dosing_weight(
        weight_kg=known.weight_kg,
        height_cm=known.height_cm,
        sex=sex if sex in {"female", "male"} else None,
        bmi_limit=rules.bmi_limit,
        high_bmi_basis=rules.high_bmi_basis,
    )
    return weight.kg, {"weight_basis": weight.basis, "weight_why": dosing.why_basis(weight, bmi_limit=rules.bmi_limit)}


def amount_columns(dose: dosing.Amounts, given_in: OrderInput, route: Route) -> dict[str, object]:
    """The amounts that belong together, as the row keeps them; what the route does not have is not there."""
    per_kg = given_in.dose_mg_per_kg if given_in.dose_mg is None and route.form != DEVICES else None
    return {
        "dose_mg_per_kg": dose.mg_per_kg.quantize(STORED) if per_kg is None else per_kg,
        "dose_mg": dose.mg,
        "concentration_mg_ml": dose.mg_per_ml,
        "volume_ml": None if dose.ml is None else dose.ml.quantize(STORED),
        "diluted_to_ml": given_in.diluted_to_ml if route.form == "pump" else None,
        "duration_min": dose.duration_min,
        "rate_ml_h": None if dose.ml_per_h is None else dose.ml_per_h.quantize(STORED),
        "devices": given_in.devices if route.form == DEVICES else None,
    }


def reasons_against_order(
    course: Course, plan: CoursePlan | None, given_in: OrderInput, known: Weighed, *, at: datetime
) -> Iterator[Reason]:
    """Why an order cannot be written now."""
    route = None if plan is None else protocol.load().dosing.routes[plan.route]
    if course.status not in ORDERABLE or plan is None or route is None:
        yield Reason(text="There is no plan yet; an order belongs to a session of a plan.", who=WHO["clin"])
    elif given_in.session_number not in {session.number for session in plan.sessions.all()}:
        yield Reason(text=f"The plan has no session {given_in.session_number}.", who=WHO["clin"])
    else:
        yield from reasons_of_route(course, plan, route, given_in, at=at)
    if live_order(course, given_in.session_number) is not None:
        yield Reason(text="This session has an order already; void it before writing another.", who=WHO["clin"])
    if known.weight_kg is None:
        yield Reason(text="The record holds no usable weight.", who=WHO["nurse"], rule="DOSE-17")
    if known.height_cm is None and (route is None or route.form != DEVICES):
        yield Reason(text="The record holds no usable height.", who=WHO["nurse"], rule="DOSE-17")


def reasons_of_route(
    course: Course, plan: CoursePlan, route: Route, given_in: OrderInput, *, at: datetime
) -> Iterator[Reason]:
    """What an order of this route must say, and whether the site gives it."""
    if not is_enabled(plan.route, site_rules(course.site, at=at)):
        yield Reason(text=f"This site does not give ketamine this way: {plan.route_name}.", who=SETTLES)
    if route.form == DEVICES and not given_in.devices:
        yield Reason(text="An order of a nasal spray says how many devices.", who=WHO["clin"])
    if route.form != DEVICES and given_in.dose_mg is None and given_in.dose_mg_per_kg is None:
        yield Reason(text="The order says no dose.", who=WHO["clin"])
    if route.form in DRAWN_UP and given_in.concentration_mg_ml is None:
        yield Reason(text="The order does not say how strong the vial is.", who=WHO["clin"], rule="DOSE-10")
    if route.form == "pump" and given_in.duration_min is None:
        yield Reason(text="The order does not say over how many minutes.", who=WHO["clin"])


def dilution_reasons(given_in: OrderInput, mg: Decimal) -> Iterator[Reason]:
    """Whether the diluted volume can hold the drug that is drawn up."""
    if given_in.diluted_to_ml is None or not given_in.concentration_mg_ml:
        return
    if given_in.diluted_to_ml < mg / given_in.concentration_mg_ml:
        yield Reason(text="The volume after dilution is smaller than the volume of the drug.", who=WHO["clin"])
