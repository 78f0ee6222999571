"""Sessions that a prescriber wants: what stands against them, what they rest on, and what waits to be booked."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import Max, QuerySet

from ketacare.clinic.errors import Reason
from ketacare.clinic.models import Course
from ketacare.followup.forecasting import Forecast
from ketacare.followup.models import WantedSession
from ketacare.infusion.models import CALLED_OFF, Session
from ketacare.planning.due_reviews import UNDER_WAY
from ketacare.planning.models import CourseReview, PlannedSession
from ketacare.planning.queries import newest_plan, newest_review

PRESCRIBER = "a prescriber"
DESK = "the front desk"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a prescriber asks the front desk for."""

    on: date
    instead_of: int | None  # number of the session that is postponed
    reason: str
    forecast: dict[str, object]


def wanted_sessions() -> QuerySet[WantedSession]:
    """Wanted sessions with what a page about one names."""
    return WantedSession.objects.select_related(
        "course__patient", "course__site", "by", "instead_of", "end__booked", "end__by"
    )


def wanted_of(course: Course) -> QuerySet[WantedSession]:
    """The wanted sessions of a course, newest first, with what became of them."""
    return wanted_sessions().filter(course=course).order_by("-pk")


def to_book(sites: Collection[int]) -> QuerySet[WantedSession]:
    """The wanted sessions at these sites that nobody has booked or taken back, the earliest day first."""
    rows = wanted_sessions().filter(course__site__in=sites, end__isnull=True)
    return rows.exclude(course__status=Course.Status.ENDED).order_by("wanted_on", "pk")


def planned_session(course: Course, number: int | None) -> Session | None:
    """The session of a number that is still planned."""
    rows = Session.objects.filter(course=course, number=number, started_at__isnull=True)
    return rows.exclude(status__in=CALLED_OFF).first()


def next_number(course: Course) -> int:
    """The number of a further session: after every one that is given or planned."""
    found = Session.objects.filter(course=course).exclude(status__in=CALLED_OFF).aggregate(last=Max("number"))["last"]
    given = course.treatments.aggregate(last=Max("number"))["last"]
    return max(found or 0, given or 0) + 1


def beyond_plan(course: Course, number: int) -> bool:
    """Whether the plan has no session of this number, so that no order for it can be signed yet."""
    plan = newest_plan(course)
    return plan is None or not PlannedSession.objects.filter(plan=plan, number=number).exists()


def reasons_against_wanting(course: Course, wanted: Wanted, *, at: datetime) -> Iterator[Reason]:
    """Why a session cannot be asked for."""
    if course.status not in UNDER_WAY:
        yield Reason(text="The course is not under way: its first sessions come from the plan.", who=PRESCRIBER)
    if wanted.on <= at.astimezone(ZoneInfo(course.site.time_zone)).date():
        yield Reason(text="The day lies in the future.", who=PRESCRIBER)
    if not wanted.reason.strip():
        yield Reason(text="Say why.", who=PRESCRIBER)
    if wanted.instead_of is not None and planned_session(course, wanted.instead_of) is None:
        yield Reason(text=f"Session {wanted.instead_of} is not planned any more.", who=PRESCRIBER)
    last = newest_review(course)
    if last is not None and last.decision == CourseReview.Decision.STOP:
        yield Reason(text="The last review decided to stop.", who=PRESCRIBER)
    if WantedSession.objects.filter(course=course, wanted_on=wanted.on, end__isnull=True).exists():
        yield Reason(text="A session is wanted for this day already.", who=PRESCRIBER)


def reasons_against_booking(row: WantedSession, planned_at: datetime, *, at: datetime) -> Iterator[Reason]:
    """Why a wanted session cannot be booked."""
    if hasattr(row, "end"):
        yield Reason(text="It was booked or taken back already.", who=DESK)
    if planned_at <= at:
        yield Reason(text="The time lies in the future.", who=DESK)
    if row.instead_of is not None and (row.instead_of.started_at or row.instead_of.status in CALLED_OFF):
        text = f"Session {row.instead_of.number}, which it was to replace, has begun or was called off: ask again."
        yield Reason(text=text, who=PRESCRIBER)


def what_it_rests_on(told: Forecast, on: date) -> dict[str, object]:
    """The forecast as it stood, short: by which scale and belief, and what the session would change."""
    _, planned, thought = told.weeks[-1]
    return {
        "scale": told.scale,
        **told.speaking.kept,
        "threshold": told.threshold,
        "scores": told.scores,
        "wanted_on": on.isoformat(),
        "risk_today": told.risk_today,
        "until": told.weeks[-1][0].isoformat(),
        "relapse_by": planned.relapse_by,
        "relapse_by_as_thought": None if thought is None else thought.relapse_by,
        "says_why_not": told.window.says_why_not,
    }
