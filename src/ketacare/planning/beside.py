"""What stands beside a dose while it is written: the limits of one session, and what the protocol allows after the last."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from ketacare.clinic.models import Course
from ketacare.planning.checks import answered_facts, earlier_sessions, policy_in_force
from ketacare.planning.models import CoursePlan
from ketacare.planning.queries import template_of
from ketacare.planning.values import EarlierDoses
from ketacare.science.monitoring import protocol
from ketacare.science.monitoring.dosing import round_half_up
from ketacare.science.monitoring.earlier_sessions import EarlierSessions, facts_of_earlier_sessions
from ketacare.science.monitoring.limits import Limit, limits, most_mg_per_kg
from ketacare.science.monitoring.protocol_files import Titration
from ketacare.science.monitoring.titration import LastDose, Suggestion, suggestion

ADVERSE, POOR = "order.last_session_adverse", "order.poor_tolerated_sessions"


@dataclass(frozen=True, kw_only=True)
class Beside:
    """The limits of one session, the last dose, and what the protocol allows next with its rule."""

    limits: tuple[Limit, ...]
    last: LastDose | None
    suggestion: Suggestion | None
    rule: Titration | None

    @property
    def last_mg_per_kg(self) -> Decimal | None:
        """The last dose by weight as it is shown."""
        exact = self.last.mg_per_kg if self.last else None
        return None if exact is None else round_half_up(exact, protocol.load().dosing.shown_decimals["mg_per_kg"])


def beside(
    course: Course, plan: CoursePlan, *, kg: Decimal | None, told: EarlierDoses | None = None, at: datetime
) -> Beside:
    """What stands beside the next dose of a plan; nothing of it is filled in."""
    params = policy_in_force(course.site, at=at).values
    purpose = protocol.load().purpose(course.indication)
    template = template_of(plan)
    name = template.titration if template else None
    rule = protocol.load().template_file.titration[name] if name else None
    last = last_dose(course, plan, told or EarlierDoses(), at=at)
    most = None
    if purpose is not None and kg is not None:
        most = most_mg_per_kg(purpose, plan.route, params=params, dosing_weight_kg=kg)
    return Beside(
        limits=() if purpose is None else limits(purpose, plan.route, params=params, dosing_weight_kg=kg),
        last=last,
        suggestion=suggestion(rule, last, params=params, most_mg_per_kg=most) if rule and last else None,
        rule=rule,
    )


def last_dose(course: Course, plan: CoursePlan, told: EarlierDoses, *, at: datetime) -> LastDose | None:
    """The last dose of this course by the plan's route, and how it went: as recorded, else as the prescriber says."""
    zone = ZoneInfo(course.site.time_zone)
    earlier = earlier_sessions(course, told, zone=zone, before=at)
    ours = [one for one in earlier.newest_first() if one.is_of_this_course and one.route == plan.route]
    if not ours:
        return None
    answered = {name: one.value for name, one in answered_facts(told).items()}
    known = answered | how_it_went(earlier, plan.route, at, zone)
    adverse, poor = known.get(ADVERSE), known.get(POOR)
    kg = ours[0].dosing_weight_kg
    return LastDose(
        session_number=sum(one.is_of_this_course for one in earlier.here),
        mg=ours[0].dose_mg,
        mg_per_kg=None if kg is None else ours[0].dose_mg / kg,
        was_adverse=adverse if isinstance(adverse, bool) else None,
        poor_tolerated_sessions=poor if isinstance(poor, int) else None,
    )


def how_it_went(earlier: EarlierSessions, route: str, at: datetime, zone: ZoneInfo) -> dict[str, object]:
    """What the record itself tells of the sessions before; what it cannot tell is not there."""
    facts = facts_of_earlier_sessions(earlier, planned_at=at, zone=zone, route=route, dose_mg=None, mg_per_kg=None)
    return {name: value for name, value in facts if value is not None}
