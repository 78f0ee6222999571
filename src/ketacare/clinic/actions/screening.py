"""Asking for courses to be judged again."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from ketacare.clinic.actor import Actor
from ketacare.clinic.models import Course, ScreeningRequest
from ketacare.clinic.permissions import require


def ask_for_screening(courses: QuerySet[Course], *, because: str, at: datetime) -> None:
    """Mark courses in the transaction of the action that changed something about them: two statements for any number."""
    ids = courses.exclude(status=Course.Status.ENDED).values_list("pk", flat=True)
    ScreeningRequest.objects.bulk_create(
        [ScreeningRequest(course_id=course, because=because, asked_at=at) for course in ids]
    )


@transaction.atomic
def postpone_screening(*, course_id: int, by: Actor, at: datetime) -> None:
    """Say that a screening failed, so that it is tried again later and keeps no other course waiting."""
    course = Course.objects.select_for_update().get(pk=course_id)
    require(by, "evaluation.screen", course)
    if not ScreeningRequest.objects.filter(course=course).update(tried_at=at):
        ScreeningRequest.objects.create(course=course, because="a screening failed", asked_at=at, tried_at=at)
