"""How long a session holds its chair: preparation, drug, watching afterwards, and making the chair ready."""

from datetime import datetime, timedelta

from ketacare.booking.slices import slices_of
from ketacare.booking.standing import numbers_of
from ketacare.booking.values import Lasts
from ketacare.clinic.models import Course
from ketacare.infusion.outside import facts_decided_on, planned_route
from ketacare.planning import queries as planning
from ketacare.science.monitoring import booking, protocol


def lasts(course: Course, number: int) -> Lasts:
    """What a session of a course takes, by its order, else its protocol, and by what is known of the patient."""
    route, schedule = planned_route(course)
    settled, recovery = numbers_of(course.site), protocol.load().recovery
    so = sorted(protocol.additions(recovery, facts_decided_on(course)))
    return Lasts(
        preparation_min=settled["preparation_min"],
        drug_min=drug_min(course, number, schedule),
        recovery_min=protocol.load().observation_min(schedule if is_watched(schedule) else route, so=so),
        turnover_min=settled["turnover_min"],
    )


def is_watched(schedule: str) -> bool:
    """Whether a schedule has a minimum observation of its own."""
    return schedule in protocol.load().recovery.minimum_observation_min


def drug_min(course: Course, number: int, schedule: str) -> int:
    """Minutes that the drug runs: as ordered, as the template says, else as usual for the way it is given."""
    order, plan = planning.live_order(course, number), planning.newest_plan(course)
    template = planning.template_of(plan) if plan is not None else None
    said = [order.duration_min if order else None, template.dose.duration_min if template else None]
    ordered = next((one for one in said if one is not None), None)
    return booking.load().drug_min[schedule] if ordered is None else -(-int(ordered * 60) // 60)


def length(one: Lasts) -> int:
    """Slices that a session holds its chair."""
    return slices_of(one.with_people_min + one.turnover_min)


def until(starts_at: datetime, one: Lasts) -> tuple[datetime, datetime]:
    """When the patient leaves, and when the chair is ready for the next."""
    ends_at = starts_at + timedelta(minutes=one.with_people_min)
    return ends_at, ends_at + timedelta(minutes=one.turnover_min)
