"""What tests of alerts begin with: sittings, and a conversation with the patient."""

from datetime import datetime, time, timedelta
from uuid import uuid4

from ketacare.clinic.actor import Actor
from ketacare.outcomes import actions
from ketacare.outcomes.models import Alert, AlertContact, AlertDuty, AnswerSet
from tests.cast import NOW, Cast

CALM = {f"phq9_{n}": 0 for n in range(1, 10)}
LATER = NOW + timedelta(minutes=5)
MIDNIGHT = time(0)


def record(
    cast: Cast, *, role: str = "nurse", by: Actor | None = None, at: datetime = NOW, course_id=None, **changes
) -> AnswerSet:
    given = {"instrument_id": "phq9", "answers": CALM, "how": "by-patient", "answered_at": NOW, "form_key": uuid4()}
    course_id = cast.ada_course if course_id is None else course_id
    return actions.record_answers(course_id=course_id, **(given | changes), by=by or cast.actor(role), at=at)


def licensed(cast: Cast, *scales: str, there: bool = False) -> None:
    """The site has stated its right to use these scales."""
    site, by = cast.there if there else cast.here, cast.actor("administrator", there=there)
    said = {"holds": True, "holder": "The clinic", "since": NOW.date(), "number": "7"}
    for scale in scales:
        actions.state_licence(site_id=site, scale=scale, **said, by=by, at=NOW)


def troubled(cast: Cast, answer: int = 1, **changes) -> AnswerSet:
    return record(cast, answers=CALM | {"phq9_9": answer}, **changes)


def alert_of(cast: Cast, answer: int = 1, **changes) -> Alert:
    """The gravest alert of a troubled sitting."""
    return troubled(cast, answer, **changes).alerts.order_by("-level").first()


def on_all_day(cast: Cast, role: str, *, rank: int = 1, weekdays=range(7), there: bool = False) -> list[AlertDuty]:
    """Put a member of staff on the rota, day and night."""
    who = {
        "site_id": cast.there if there else cast.here,
        "person_id": (cast.staff_there if there else cast.staff)[role],
    }
    by = cast.actor("prescriber", there=there)
    hours = {"starts": MIDNIGHT, "ends": MIDNIGHT, "rank": rank}
    return [actions.add_duty(**who, **hours, weekday=day, by=by, at=NOW) for day in weekdays]


def spoke(alert: Alert, by: Actor, *, at: datetime = LATER, **changes) -> AlertContact:
    """Somebody spoke with the patient."""
    said = {"made_at": at, "made_by": by.name, "how": "phone", "found": "Sad, no plan, safe tonight with her sister"}
    return actions.record_contact(alert_id=alert.pk, **(said | changes), by=by, at=at)
