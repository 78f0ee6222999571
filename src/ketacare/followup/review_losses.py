"""Responses that were lost and that nobody has decided on since: always with the same few queries."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from django.db.models import Prefetch

from ketacare.clinic.models import Course
from ketacare.followup.review_scales import Scored, judged, scores_of
from ketacare.outcomes.models import AnswerSet
from ketacare.planning.due_reviews import UNDER_WAY
from ketacare.planning.models import CourseReview
from ketacare.record.models import Treatment
from ketacare.science.scales import library
from ketacare.science.scales.course import Measured
from ketacare.science.scales.definition import Instrument

READ = ("course_id", "instrument_id", "instrument_version", "answered_at", "score__main", "score__status")


@dataclass(frozen=True, kw_only=True)
class Loss:
    """A response lost on one scale: the best score, and the one that shows the loss."""

    course: Course
    instrument: Instrument
    best: Measured
    current: Measured


def losses(sites: Collection[int]) -> list[Loss]:
    """The lost responses at these sites that no review has been decided on since, the longest waiting first."""
    rows = (
        Course.objects.filter(site__in=sites, status__in=UNDER_WAY)
        .select_related("patient", "prescriber")
        .prefetch_related(
            Prefetch("treatments", queryset=Treatment.objects.filter(started_at__isnull=False).order_by("number")),
            Prefetch("reviews", queryset=CourseReview.objects.order_by("-pk")),
        )
    )
    courses = {course.pk: course for course in rows}
    answers: dict[int, list[AnswerSet]] = defaultdict(list)
    scales = [name for name in library.shipped() if library.load(name).change.response is not None]
    known = AnswerSet.objects.filter(course__in=courses, instrument_id__in=scales, score__main__isnull=False)
    known = known.filter(superseded_by__isnull=True).select_related("score").only(*READ)
    for row in known.order_by("answered_at", "pk"):
        answers[row.course_id].append(row)
    found = (loss for pk, course in courses.items() for loss in lost_in(course, scores_of(answers[pk])))
    return sorted(found, key=lambda one: one.current.at)


def lost_in(course: Course, scored: Scored) -> Iterator[Loss]:
    """The scales of a course on which a response is lost, with a score that is newer than the last review."""
    given = list(course.treatments.all())
    if not given:
        return
    decided_at = max((one.decided_at for one in course.reviews.all()), default=None)
    for key, scores in scored.items():
        instrument = library.load(*key)
        found = judged(instrument, scores, given)
        is_new = decided_at is None or scores[-1].at > decided_at
        if found.is_lost and is_new and found.best is not None and found.current is not None:
            yield Loss(course=course, instrument=instrument, best=found.best, current=found.current)
