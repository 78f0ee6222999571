"""What every page of this room begins with."""

from django.utils import timezone

from ketacare.clinic.models import Course
from ketacare.clinic.permissions import fetch
from ketacare.clinic.web import Request, shows
from ketacare.planning import queries
from ketacare.planning.models import Order
from ketacare.record.queries import patient_header


def open_course(request: Request, permission: str, course_id: int) -> Course:
    """The course of a page about its patient, for one who may."""
    row = fetch(request.actor, permission, Course.objects.select_related("patient", "site"), pk=course_id)
    shows(request, row.patient_id)
    return row


def open_order(request: Request, permission: str, pk: int) -> Order:
    """The order of a page about its patient, for one who may."""
    row = fetch(request.actor, permission, queries.with_events(Order.objects.all()), pk=pk)
    shows(request, row.course.patient_id)
    return row


def page_about(course: Course, **context: object) -> dict[str, object]:
    """What every page about a course needs, and the page's own."""
    return {"course": course, "header": patient_header(course.patient, course=course, at=timezone.now())} | context
