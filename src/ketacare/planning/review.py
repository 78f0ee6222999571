"""What a prescriber sees before signing: the order, what the checks say of it now, and what stands in the way."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from ketacare.clinic.errors import ActionRefused, Reason
from ketacare.clinic.models import Course
from ketacare.planning.beside import Beside, beside
from ketacare.planning.checks import BINDING, WHO, Moment, check, newer_weight_kg, obstacles, value_words
from ketacare.planning.course_review import Looked
from ketacare.planning.drafting import plan_reasons
from ketacare.planning.models import Order
from ketacare.planning.ordering import order_columns
from ketacare.planning.queries import OrderView, amounts_of, newest_plan, order_view
from ketacare.planning.values import EarlierDoses, OrderInput, earlier_doses
from ketacare.science.monitoring import dosing, protocol
from ketacare.science.rules import Evaluation, Finding

OPEN = frozenset({Order.Status.DRAFT, Order.Status.SIGNED})
STOP_LOOKS = {"red": "stop", "amber": "hold", "due": "caution"}
STOP_CALLED = {"red": "Against going on", "amber": "Decide", "due": "Due"}
LOOKS = {"hard_stop": "stop", "second_signature": "hold", "warn": "caution"}
CALLED = {"hard_stop": "Cannot be signed", "second_signature": "Needs a second prescriber", "warn": "Acknowledge"}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One finding as it is shown: what it is, in a word and a look, with its values and sources."""

    finding: Finding
    look: str
    called: str
    values: tuple[str, ...]
    supplied_by: str


@dataclass(frozen=True, kw_only=True)
class StopLine:
    """One stop rule that fired or cannot be judged, as it is shown, with what sources say against it."""

    finding: Finding
    look: str
    called: str
    values: tuple[str, ...]
    disagrees: str


@dataclass(frozen=True, kw_only=True)
class OrderReview:
    """An order on its page."""

    view: OrderView
    beside: Beside | None
    lines: tuple[Line, ...]
    stops: tuple[Reason, ...]  # what no acknowledgement lifts
    to_acknowledge: tuple[Finding, ...]

    @property
    def may_be_signed(self) -> bool:
        return not self.stops


@dataclass(frozen=True, kw_only=True)
class Tried:
    """An order that is not kept yet: its amounts side by side and what the checks say, or why there is none."""

    order: Order | None = None
    shown: dict[str, Decimal] | None = None
    beside: Beside | None = None
    lines: tuple[Line, ...] = ()
    reasons: tuple[Reason, ...] = ()

    @property
    def each_mg(self) -> int | None:
        """What one device of the route holds."""
        return protocol.load().dosing.routes[self.order.route].device_mg if self.order else None

    @property
    def apart_min(self) -> int | None:
        """The rest between two devices of the route."""
        return protocol.load().dosing.routes[self.order.route].apart_min if self.order else None


def review(order: Order, *, at: datetime) -> OrderReview:
    """An order with what the checks say now; what is used or void is not checked again."""
    view = order_view(order)
    if view.status not in OPEN:
        return OrderReview(view=view, beside=None, lines=(), stops=(), to_acknowledge=())
    near = beside(order.course, order.plan, kg=order.dosing_weight_kg, told=earlier_doses(order.answers), at=at)
    try:
        evaluation = check(order, Moment(at=at, newer_weight_kg=newer_weight_kg(order, at)))
    except ActionRefused as refused:
        return OrderReview(view=view, beside=near, lines=(), stops=tuple(refused.reasons), to_acknowledge=())
    waiting = tuple(one for one in evaluation.findings if one.severity not in BINDING)
    told = {one.rule.id: one.rule.id for one in waiting}
    stops = (*plan_reasons(order, at=at), *obstacles(evaluation, told))
    return OrderReview(view=view, beside=near, lines=lines_of(evaluation), stops=stops, to_acknowledge=waiting)


def lines_of(evaluation: Evaluation) -> tuple[Line, ...]:
    """Every finding with its look, strongest first."""
    needs = {need.fact: WHO[need.supplied_by] for need in evaluation.needs}
    return tuple(
        Line(
            finding=one,
            look=LOOKS[one.severity] if one.fires else "unknown",
            called=CALLED[one.severity] if one.fires else "Not known",
            values=tuple(value_words(used) for used in one.because),
            supplied_by=", ".join(sorted({needs[name] for name in one.missing if name in needs})),
        )
        for one in evaluation.findings
    )


def tried(course: Course, given_in: OrderInput | None, told: EarlierDoses, *, by: int | None, at: datetime) -> Tried:
    """What an order would be, or why it cannot be one; while the form is not filled in, only what stands beside it."""
    plan = newest_plan(course)
    if given_in is None:
        return Tried(beside=beside(course, plan, kg=None, told=told, at=at) if plan else None)
    try:
        order = Order(course=course, **order_columns(course, given_in, at=at))
        near = beside(course, order.plan, kg=order.dosing_weight_kg, told=told, at=at)
        evaluation = check(order, Moment(at=at, signer=by))
    except ActionRefused as refused:
        return Tried(reasons=tuple(refused.reasons))
    return Tried(order=order, shown=dict(dosing.shown(amounts_of(order))), beside=near, lines=lines_of(evaluation))


def stop_lines(looked: Looked) -> tuple[StopLine, ...]:
    """The stop rules that fired or cannot be judged, strongest first."""
    return tuple(
        StopLine(
            finding=one,
            look=STOP_LOOKS[one.severity] if one.fires else "unknown",
            called=STOP_CALLED[one.severity] if one.fires else "Not known",
            values=tuple(value_words(used) for used in one.because),
            disagrees=looked.disagree.get(one.rule.id, "") if one.fires else "",
        )
        for one in looked.findings
    )
