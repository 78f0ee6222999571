"""The review of a course: everything on one page, and the decision."""

from datetime import datetime

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from ketacare.clinic.permissions import may
from ketacare.clinic.web import Request, needs, shows_refusals
from ketacare.followup.review_page import known_of, review_page
from ketacare.followup.views import open_course, page
from ketacare.planning import actions
from ketacare.planning.course_review import Looked, look
from ketacare.planning.forms import ReviewForm

VIEW, DECIDE = "review.view", "review.decide"


@needs(VIEW)
@require_GET
def review(request: Request, course_id: int) -> HttpResponse:
    """Did it work, what speaks against going on, and what do we do?"""
    row, now = open_course(request, VIEW, course_id), timezone.now()
    known = known_of(row)
    looked = look(row, known, at=now)
    if looked is None:
        return redirect("planning:course", course_id)
    return shown(request, looked, ReviewForm(looked=looked, known=known), at=now)


@needs(DECIDE)
@require_POST
@shows_refusals
def decide(request: Request, course_id: int) -> HttpResponse:
    """Look again with what was answered, or record what was decided."""
    row, now = open_course(request, DECIDE, course_id), timezone.now()
    looked = look(row, {}, at=now)
    if looked is None:
        return redirect("planning:course", course_id)
    form = ReviewForm(request.POST, looked=looked)
    if request.POST.get("act") == "decide" and form.is_valid():
        made = actions.decide_review(course_id=course_id, review=form.value(), by=request.actor, at=now)
        return redirect("planning:review", made.pk)
    looked = look(row, form.answers(), at=now) or looked
    if request.POST.get("act") == "look":
        form.errors.clear()
    return shown(request, looked, form, at=now)


def shown(request: Request, looked: Looked, form: ReviewForm, *, at: datetime) -> HttpResponse:
    """The page, with the form for one who may decide."""
    may_decide = may(request.actor, DECIDE, looked.course)
    told = review_page(looked, at=at)
    return page(request, looked.course, "review", form=form, shown=told, may_decide=may_decide)
