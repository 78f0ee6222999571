"""The review of a course on one page: response, doses, side effects, what the protocol says, what was decided before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from ketacare.clinic.models import Course
from ketacare.followup.models import SafetyCase
from ketacare.followup.queries import cases
from ketacare.followup.review_scales import ScaleShown, scales_shown
from ketacare.planning import queries as planning
from ketacare.planning.course_review import Looked
from ketacare.planning.models import CourseReview, Order
from ketacare.planning.queries import OrderView, order_view, reviews, template_of
from ketacare.planning.review import StopLine, stop_lines
from ketacare.record.models import Treatment
from ketacare.science.monitoring.dosing import round_half_up
from ketacare.science.monitoring.protocol import load
from ketacare.science.monitoring.protocol_files import MaintenanceReview, Template
from ketacare.science.rules import Rule

SERIOUS, RECOVERED = "fu.serious_event", "recovered"
# how a session was borne, in the order it is told; what was never charted is said so
BORNE: Mapping[str, str] = {
    "lowest_moaas": "lowest MOAA/S",
    "highest_dissociation": "dissociation up to",
    "highest_distress": "distress up to",
}


@dataclass(frozen=True, kw_only=True)
class DoseLine:
    """One session that was given: what was ordered, what was given, how it was borne."""

    treatment: Treatment
    order: OrderView | None
    mg_per_kg: Decimal | None
    borne: tuple[str, ...]
    events: tuple[SafetyCase, ...]


@dataclass(frozen=True, kw_only=True)
class ReviewPage:
    """Everything that a prescriber decides on."""

    looked: Looked
    template: Template | None
    later: MaintenanceReview | None  # what holds for a review in maintenance
    scales: tuple[ScaleShown, ...]
    doses: tuple[DoseLine, ...]
    outside: tuple[SafetyCase, ...]  # adverse events that belong to no session
    lines: tuple[StopLine, ...]
    silent: tuple[Rule, ...]
    earlier: tuple[CourseReview, ...]
    serious: tuple[SafetyCase, ...]  # adverse events that are serious, or of which nobody has said whether they are

    @property
    def says(self) -> tuple[str, str]:
        """What the protocol comes to, and the mark beside it."""
        fired = {one.severity for one in self.looked.fired}
        if any(one.override == "forbidden" for one in self.looked.fired):
            return "Stop: the course cannot go on.", "stop"
        if "red" in fired:
            return "Stop, or go on only with a second prescriber.", "stop"
        if any(one.severity == "red" for one in self.looked.findings):
            return "Not known: a rule that may stop the course cannot be judged.", "unknown"
        if "amber" in fired:
            return "Decide: stop, adjust once, or go on, with a reason.", "hold"
        if any(not one.fires for one in self.looked.findings):
            return "Nothing that is known speaks against going on; something is not known.", "unknown"
        return "Nothing speaks against going on.", "clear"


def review_page(looked: Looked, *, at: datetime) -> ReviewPage:
    """A course looked at, with everything that stands beside the decision."""
    course, template = looked.course, template_of(looked.plan)
    wanted = template.response_scale.instruments if template and template.response_scale else ()
    given, events = planning.given(course, before=at), list(cases().filter(course=course).order_by("happened_at"))
    return ReviewPage(
        looked=looked,
        template=template,
        later=load().template_file.maintenance_review if looked.point.is_maintenance else None,
        scales=scales_shown(course, given, wanted=wanted),
        doses=tuple(dose_lines(course, given, events)),
        outside=tuple(one for one in events if one.session_id is None),
        lines=stop_lines(looked),
        silent=looked.silent,
        earlier=tuple(reviews(course)),
        serious=tuple(one for one in events if one.is_serious is not False),
    )


def known_of(course: Course) -> dict[str, bool]:
    """What the room's own rows answer before anybody is asked: a serious event that is not over. Their silence answers nothing."""
    open_ones = SafetyCase.objects.filter(course=course, is_serious=True).exclude(outcome=RECOVERED)
    return {SERIOUS: True} if open_ones.exists() else {}


def dose_lines(course: Course, given: Sequence[Treatment], events: Sequence[SafetyCase]) -> list[DoseLine]:
    """Each session as it was given, newest last."""
    views = [order_view(order) for order in planning.orders(course)]
    used = {view.order.session_number: view for view in views if view.status == Order.Status.USED}
    return [
        DoseLine(
            treatment=one,
            order=used.get(one.number),
            mg_per_kg=by_weight(one, used.get(one.number)),
            borne=borne(one.tolerance),
            events=tuple(case for case in events if case.session is not None and case.session.number == one.number),
        )
        for one in given
    ]


def by_weight(one: Treatment, view: OrderView | None) -> Decimal | None:
    """What was given by the weight that the order goes by, as it is shown; None where no order tells a weight."""
    if view is None:
        return None
    return round_half_up(one.given_mg / view.order.dosing_weight_kg, load().dosing.shown_decimals["mg_per_kg"])


def borne(tolerance: Mapping[str, object] | None) -> tuple[str, ...]:
    """How a session was borne, in words; nothing while it is not known."""
    if tolerance is None:
        return ()
    levels = tolerance.get("alarm_levels")
    alarms = ", ".join(map(str, levels)) if isinstance(levels, list) and levels else "none"
    said = (
        f"{words} {tolerance[name]:g}" for name, words in BORNE.items() if isinstance(tolerance.get(name), int | float)
    )
    return (f"alarms: {alarms}", *said)
