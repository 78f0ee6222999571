"""Asking for courses to be judged again, and for their long-term safety to be worked out again."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from ketacare.clinic.actor import Actor
from ketacare.clinic.models import Course, SafetyRequest, ScreeningRequest
from ketacare.clinic.permissions import require


def ask_for_screening(courses: QuerySet[Course], *, because: str, at: datetime) -> None:
    """Mark courses in the transaction of the action that changed something about them: four statements for any number."""
    ask_for_safety(courses, at=at)
    ids = courses.exclude(status=Course.Status.ENDED).values_list("pk", flat=True)
    ScreeningRequest.objects.bulk_create(
        [ScreeningRequest(course_id=course, because=because, asked_at=at) for course in ids]
    )


def ask_for_safety(courses: QuerySet[Course], *, at: datetime) -> None:
    """Mark courses in the transaction of the action that changed what their safety checks follow from: two statements."""
    ids = courses.values_list("pk", flat=True)
    SafetyRequest.objects.bulk_create([SafetyRequest(course_id=course, asked_at=at) for course in ids])


@transaction.atomic
def postpone_screening(*, course_id: int, by: Actor, at: datetime) -> None:
    """Say that a screening failed, so that it is tried again later and keeps no other course waiting."""
    course = Course.objects.select_for_update().get(pk=course_id)
    require(by, "evaluation.screen", course)
    if not ScreeningRequest.objects.filter(course=course).update(tried_at=at):
        ScreeningRequest.objects.create(course=course, because="a screening failed", asked_at=at, tried_at=at)
