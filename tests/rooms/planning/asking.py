"""Plans, orders and courses under way, and what a site settles, by actions alone."""

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import uuid4

from ketacare.clinic import actions as clinic
from ketacare.clinic.actor import Actor
from ketacare.clinic.models import DecisionRecord
from ketacare.outcomes import actions as outcomes
from ketacare.planning import actions
from ketacare.planning.models import CoursePlan, Order, OrderEvent, SitePractice
from ketacare.planning.values import EarlierDoses, OrderInput, PlanInput
from tests.cast import NOW, Cast
from tests.rooms.evaluation import answers
from tests.rooms.steps import FIRST_ON, SIGNED, capable, eligible, treated, weigh
from tests.rooms.steps import sign as sign_consent

EARLIER = EarlierDoses(had_elsewhere=False, last_session_adverse=False, poor_tolerated_sessions=0)
IV = {
    "dose_mg_per_kg": Decimal("0.5"),
    "concentration_mg_ml": Decimal(50),
    "duration_min": Decimal(40),
    "diluted_to_ml": Decimal(50),
}


def plan_of(cast: Cast, template_id: str, *, reason: str = "", at: datetime = SIGNED, **asked: object) -> CoursePlan:
    """A plan of Ada's course from a template."""
    values = {"setting": "supervised_clinic", "first_on": FIRST_ON} | asked
    plan = PlanInput(template_id=template_id, **values)
    return actions.draft_plan(course_id=cast.ada_course, plan=plan, by=cast.actor("prescriber"), at=at, reason=reason)


def order_of(cast: Cast, *, at: datetime = SIGNED, **asked: object) -> Order:
    """An order of Ada's first session, or of another."""
    values = {"session_number": 1, "earlier": EARLIER} | asked
    order = OrderInput(**values)
    return actions.draft_order(course_id=cast.ada_course, order=order, by=cast.actor("prescriber"), at=at)


def settle(
    cast: Cast, name: str, value: object, *, by: Actor | None = None, reason: str = "because we can"
) -> SitePractice:
    """The harbour clinic settles something."""
    who = by or cast.actor("prescriber")
    return actions.settle_practice(site_id=cast.here, name=name, value=value, reason=reason, by=who, at=NOW)


def answered(cast: Cast, total: int, *, at: datetime) -> None:
    """Ada's PHQ-9 with a total, never on its last question."""
    items = {f"phq9_{number}": min(3, max(0, total - 3 * (number - 1))) for number in range(1, 9)} | {"phq9_9": 0}
    outcomes.record_answers(
        course_id=cast.ada_course,
        instrument_id="phq9",
        answers=items,
        how="by-patient",
        answered_at=at,
        form_key=uuid4(),
        by=cast.actor("nurse"),
        at=at,
    )


def course_with(
    cast: Cast,
    sessions: int,
    *,
    before: int | None = None,
    after: int | None = None,
    maintenance: str = "",
    every: float = 3.5,
    until: datetime | None = None,
    begun: bool = False,
) -> datetime:
    """Ada's course with so many sessions given, a score before them and one after; the moment two days after the last."""
    last = timedelta(days=every) * max(0, sessions - 1)
    first = (until - timedelta(days=2) - last) if until else NOW + timedelta(days=2)
    started = first - timedelta(days=2)
    if not begun:
        eligible(cast, at=started)
        capable(cast, at=started)
        sign_consent(cast, at=started)
        weigh(cast, "70", at=started)
        plan_of(cast, "TPL-TRD-IV", first_on=first.date(), maintenance=maintenance, at=started)
    if before is not None:
        answered(cast, before, at=started)
    done = cast.course("ada").treatments.count()
    for number in range(done + 1, sessions + 1):
        given(cast, number, at=first + timedelta(days=every) * (number - 1))
    now = first + last + timedelta(days=2)
    if after is not None and sessions:
        answered(cast, after, at=now - timedelta(days=1))
    answers.answer(cast, at=now)
    weigh(cast, "70", at=now, height_cm=None)
    return now


def given(cast: Cast, number: int, *, at: datetime) -> None:
    """One session as it stands once it was given: its order used, its treatment written."""
    order = order_of(cast, session_number=number, at=at - timedelta(hours=1), **IV)
    decision = DecisionRecord.objects.filter(course=cast.ada_course).latest("pk")
    OrderEvent.objects.create(
        order=order, became=Order.Status.USED, by_id=cast.staff["nurse"], at=at, decision=decision
    )
    treated(cast, number, started_at=at)
    if cast.course("ada").status == "planned":
        clinic.move_course(course_id=cast.ada_course, to="in-induction", by=cast.actor("nurse"), at=at)
