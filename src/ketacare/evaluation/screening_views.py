"""Pages: what has changed about a patient since somebody last looked."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from ketacare.clinic.models import Course
from ketacare.clinic.permissions import fetch, may
from ketacare.clinic.web import Request, needs, shows, shows_refusals
from ketacare.evaluation import actions, change_pages, screenings
from ketacare.evaluation.models import Screening
from ketacare.record import queries as record

SHOWN = 40  # the newest


@needs("evaluation.view")
@require_safe
def changes(request: Request, pk: int) -> HttpResponse:
    """What screenings found changed about a course, newest first; each waits until somebody has looked."""
    course = fetch(request.actor, "evaluation.view", Course.objects.select_related("site", "patient"), pk=pk)
    shows(request, course.patient_id)
    context = {
        "course": course,
        "header": record.patient_header(course.patient, course=course, at=timezone.now()),
        "screenings": change_pages.screenings_shown(screenings.screenings_of(course)[:SHOWN]),
        "standing": change_pages.standing_shown(course, at=timezone.now()),
        "may_see_to_it": may(request.actor, "evaluation.decide", course),
    }
    return render(request, "evaluation/course_changes.html", context)


@needs("evaluation.decide")
@shows_refusals
@require_POST
def screening_seen(request: Request, pk: int) -> HttpResponse:
    """Say that one has looked."""
    screening = fetch(request.actor, "evaluation.decide", Screening.objects.select_related("course"), pk=pk)
    actions.acknowledge_screening(screening_id=pk, by=request.actor, at=timezone.now())
    messages.success(request, "Noted that you have seen it.")
    return redirect("evaluation:changes", pk=screening.course_id)
