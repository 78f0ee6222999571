"""Ada in induction with a few sessions given, and checks as somebody does them."""

from datetime import datetime, timedelta
from uuid import uuid4

from ketacare.clinic import actions as clinic
from ketacare.clinic.actor import System
from ketacare.clinic.models import Course
from ketacare.followup.safety import actions, queries
from ketacare.followup.safety.models import SafetyCheck
from ketacare.followup.safety.values import CheckInput
from ketacare.record.models import DueItem
from tests.cast import Cast
from tests.rooms import steps

CLOCK = System(name="watch")
FIRST = datetime.fromisoformat("2026-03-04T09:00:00+00:00")
DAY = timedelta(days=1)
FINE = {
    "urinary": {"fu.new_luts": False, "fu.luts_current": False, "fu.haematuria": False, "fu.luts_weeks": None},
    "urinalysis": {"fu.haematuria": False, "fu.sterile_pyuria": False, "fu.urine_culture": None},
    "liver": {
        **dict.fromkeys(["fu.alt_x_uln", "fu.ast_x_uln", "fu.alp_x_uln", "fu.ggt_x_uln", "fu.bili_x_uln"], 0.5),
        **dict.fromkeys(["fu.jaundice", "fu.ruq_pain"], False),
    },
    "cognition": {"test": "MoCA", "score": 28, "fu.cognition_concern": False},
    "misuse_short": {"fu.craving": 1, "early_requests": False, "lost_doses": False, "fu.outside_use": False},
    "misuse_full": {"drug_screen_unexpected": False, "fu.diversion": False, "fu.tolerance_with_escalation": False},
    "exposure_review": {"decision": "Benefit holds; go on monthly and review in spring."},
}


def under_way(cast: Cast, *, sessions: int = 2, every: int = 7) -> Course:
    """Ada, planned and in induction, with sessions given a week apart."""
    steps.planned(cast)
    course = cast.course("ada")
    clinic.move_course(course_id=course.pk, to="in-induction", by=cast.actor("nurse"), at=FIRST)
    for number in range(1, sessions + 1):
        steps.treated(cast, number, started_at=FIRST + (number - 1) * every * DAY)
    return cast.course("ada")


def check(
    cast: Cast, kind: str, at: datetime, *, role: str = "nurse", course: int | None = None, **changes: object
) -> SafetyCheck:
    """A check as the page sends it: all in order, with whatever a test changes about it."""
    told = FINE[kind] | {name.replace("__", "."): value for name, value in changes.items()}
    given = CheckInput(kind=kind, told=told, checked_at=at, note="", form_key=uuid4())
    return actions.record_check(course_id=course or cast.ada_course, check=given, by=cast.actor(role), at=at)


def watch(cast: Cast, at: datetime) -> None:
    actions.watch_course(course_id=cast.ada_course, by=CLOCK, at=at)


def items(cast: Cast, at: datetime) -> dict[str, DueItem]:
    return {one.kind: one for one in queries.items_of(cast.course("ada"), at=at)}


def states(cast: Cast, at: datetime) -> dict[str, str]:
    return {kind: one.state for kind, one in items(cast, at).items()}


def weigh(cast: Cast, at: datetime) -> None:
    steps.weigh(cast, "70", at=at)


__all__ = ["CLOCK", "DAY", "FINE", "FIRST", "check", "items", "states", "under_way", "watch", "weigh"]
