"""The reviews of a course."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ketacare.clinic.permissions import fetch
from ketacare.clinic.web import Request, needs, shows, shows_refusals
from ketacare.planning import actions, course_review, queries
from ketacare.planning.forms import ReviewForm
from ketacare.planning.models import CourseReview
from ketacare.planning.review import stop_lines
from ketacare.planning.views.common import open_course, page_about


@needs("review.decide")
@require_http_methods(["GET", "POST"])
@shows_refusals
def review_new(request: Request, course_id: int) -> HttpResponse:
    """Look at a course at a review point, and decide."""
    row, now = open_course(request, "review.decide", course_id), timezone.now()
    looked = course_review.look(row, {}, at=now)
    if looked is None:
        return redirect("planning:course", course_id)
    form = ReviewForm(request.POST or None, looked=looked)
    if request.POST.get("act") == "decide" and form.is_valid():
        review = actions.decide_review(course_id=course_id, review=form.value(), by=request.actor, at=now)
        return redirect("planning:review", review.pk)
    looked = course_review.look(row, form.answers(), at=now) or looked
    if request.POST.get("act") == "look":
        form.errors.clear()
    return render(
        request,
        "planning/review_new.html",
        page_about(row, form=form, looked=looked, lines=stop_lines(looked), silent=looked.silent),
    )


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
