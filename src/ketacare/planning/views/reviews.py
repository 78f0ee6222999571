"""The reviews that were decided on."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from ketacare.clinic.permissions import fetch
from ketacare.clinic.web import Request, needs, shows, shows_refusals
from ketacare.planning import actions, queries
from ketacare.planning.models import CourseReview
from ketacare.planning.views.common import page_about


@needs("review.view")
@require_GET
def review(request: Request, pk: int) -> HttpResponse:
    """What was decided at a review point, and what it rests on."""
    rows = CourseReview.objects.select_related(
        "course__patient", "course__site", "record", "decided_by", "confirmation__by"
    )
    row = fetch(request.actor, "review.view", rows, pk=pk)
    shows(request, row.course.patient_id)
    can = queries.may_confirm(row, request.actor)
    return render(request, "planning/review.html", page_about(row.course, review=row, may_confirm=can))


@needs("review.decide")
@require_POST
@shows_refusals
def review_confirm(request: Request, pk: int) -> HttpResponse:
    """Stand by a decision to go on as the second prescriber."""
    review = fetch(request.actor, "review.decide", CourseReview.objects.select_related("course"), pk=pk)
    shows(request, review.course.patient_id)
    actions.confirm_review(review_id=pk, by=request.actor, at=timezone.now())
    return redirect("planning:review", pk)
