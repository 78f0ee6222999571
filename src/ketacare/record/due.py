"""How a course's safety checks stand, for every room that shows it. Only the days of the stored rows and today are read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from ketacare.clinic.models import Course
from ketacare.record.models import CumulativeExposure, DueItem
from ketacare.science.surveillance.checks import Check, checks
from ketacare.science.surveillance.due import State, state_of

SIGNS: Mapping[str, str] = {
    "overdue": "caution",
    "abnormal": "stop",
    "unknown": "unknown",
    "due": "wait",
    "done": "clear",
}
ORDER = tuple(SIGNS)


@dataclass(frozen=True, kw_only=True)
class DueLine:
    """One safety check of one course on a day."""

    item: DueItem
    check: Check
    state: State | str

    @property
    def sign(self) -> str:
        """The sign that says the same as the word."""
        return SIGNS[self.state]


@dataclass(frozen=True, kw_only=True)
class OpenChecks:
    """The checks of a course that are not done."""

    lines: tuple[DueLine, ...]
    is_worked_out: bool  # False: nobody knows yet, which is no pass
    is_changing: bool  # something has changed that is still to be worked out


def open_checks(course: Course, *, at: datetime) -> OpenChecks:
    """The checks of a course that are due or worse, the most pressing first."""
    today = at.astimezone(ZoneInfo(course.site.time_zone)).date()
    rows = [
        DueLine(item=row, check=checks().checks[row.kind], state=state_of(row, today)) for row in course.due_items.all()
    ]
    waiting = sorted(
        (one for one in rows if one.state != "done"), key=lambda one: (ORDER.index(one.state), one.item.pk)
    )
    return OpenChecks(
        lines=tuple(waiting),
        is_worked_out=CumulativeExposure.objects.filter(course=course).exists(),
        is_changing=course.safety_requests.exists(),
    )
