"""That a patient's list of medicines was gone through, as the rulebook asks it."""

from datetime import date, datetime

from ketacare.clinic.models import Course
from ketacare.record.reconciling import last_reconciled
from ketacare.science.rules import Fact

RECONCILED = "meds.reconciled"


def gone_through(course: Course, answer: Fact | None, *, at: datetime) -> Fact | None:
    """The newest list that was gone through in full, where it is not older than what somebody answered."""
    last = last_reconciled(course.patient, before=at)
    if last is None or not last.is_complete:
        return None
    day = last.at.astimezone(at.tzinfo).date()
    asked_on = answer.as_of if answer is not None else None
    asked_day = asked_on.date() if isinstance(asked_on, datetime) else asked_on
    is_older = isinstance(asked_day, date) and asked_day > day
    return None if is_older else Fact(name=RECONCILED, value=True, as_of=day, source="medicines gone through")
