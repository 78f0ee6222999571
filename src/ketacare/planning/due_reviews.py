"""Which reviews wait for somebody, over all courses under way: always with the same few queries."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch

from ketacare.clinic.models import Course
from ketacare.planning.course_review import due_point
from ketacare.planning.models import CoursePlan, CourseReview, PlannedSession
from ketacare.planning.queries import is_confirmed
from ketacare.record.models import Treatment

UNDER_WAY = (Course.Status.IN_INDUCTION, Course.Status.IN_MAINTENANCE)


@dataclass(frozen=True, kw_only=True)
class WaitingReview:
    """A review that nobody has decided, or one that waits for a second prescriber."""

    course: Course
    after_session: int
    since: datetime
    review: CourseReview | None  # the one to confirm


def waiting_reviews(sites: Collection[int], *, at: datetime) -> list[WaitingReview]:
    """The reviews that wait at these sites, the longest waiting first."""
    sessions = Prefetch("sessions", queryset=PlannedSession.objects.order_by("number"))
    rows = (
        Course.objects.filter(site__in=sites, status__in=UNDER_WAY)
        .select_related("patient")
        .prefetch_related(
            Prefetch("plans", queryset=CoursePlan.objects.order_by("-version").prefetch_related(sessions)),
            Prefetch("reviews", queryset=CourseReview.objects.select_related("confirmation").order_by("-pk")),
            Prefetch("treatments", queryset=Treatment.objects.filter(started_at__lt=at).order_by("number")),
        )
    )
    return sorted((one for course in rows for one in waiting(course)), key=lambda one: one.since)


def waiting(course: Course) -> Iterator[WaitingReview]:
    """What of a course's reviews waits."""
    plan, kept, done = next(iter(course.plans.all()), None), list(course.reviews.all()), list(course.treatments.all())
    if kept and not is_confirmed(kept[0]):
        last = kept[0]
        yield WaitingReview(course=course, after_session=last.after_session, since=last.decided_at, review=last)
    point = None if plan is None else due_point(plan, kept, done=len(done))
    if point is not None:
        since = done[point.after_session - 1].started_at
        yield WaitingReview(course=course, after_session=point.after_session, since=since, review=None)
