"""Plans and orders by any route, and what a site settles, by actions alone."""

from ketacare.clinic.actor import Actor
from ketacare.planning import actions
from ketacare.planning.models import CoursePlan, Order, SitePractice
from ketacare.planning.values import EarlierDoses, OrderInput, PlanInput
from tests.cast import NOW, Cast
from tests.rooms.steps import FIRST_ON, SIGNED


def plan_of(cast: Cast, template_id: str, *, reason: str = "", **asked: object) -> CoursePlan:
    """A plan of Ada's course from a template."""
    values = {"setting": "supervised_clinic", "first_on": FIRST_ON} | asked
    plan = PlanInput(template_id=template_id, **values)
    return actions.draft_plan(
        course_id=cast.ada_course, plan=plan, by=cast.actor("prescriber"), at=SIGNED, reason=reason
    )


def order_of(cast: Cast, **asked: object) -> Order:
    """An order of Ada's first session."""
    values = {"session_number": 1, "earlier": EarlierDoses(had_elsewhere=False)} | asked
    order = OrderInput(**values)
    return actions.draft_order(course_id=cast.ada_course, order=order, by=cast.actor("prescriber"), at=SIGNED)


def settle(
    cast: Cast, name: str, value: object, *, by: Actor | None = None, reason: str = "because we can"
) -> SitePractice:
    """The harbour clinic settles something."""
    who = by or cast.actor("prescriber")
    return actions.settle_practice(site_id=cast.here, name=name, value=value, reason=reason, by=who, at=NOW)
