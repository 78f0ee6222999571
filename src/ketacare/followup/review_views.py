"""The review of a course: everything on one page, and the decision."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from ketacare.clinic.permissions import may
from ketacare.clinic.web import Request, needs, shows_refusals
from ketacare.followup.review_page import review_page
from ketacare.followup.views import open_course, page
from ketacare.planning import actions
from ketacare.planning.course_review import look
from ketacare.planning.forms import ReviewForm

VIEW, DECIDE = "review.view", "review.decide"


@needs(VIEW)
@require_http_methods(["GET", "POST"])
@shows_refusals
def review(request: Request, course_id: int) -> HttpResponse:
    """Did it work, what speaks against going on, and what do we do?"""
    row, now = open_course(request, DECIDE if request.method == "POST" else VIEW, course_id), timezone.now()
    looked = look(row, {}, at=now)
    if looked is None:
        return redirect("planning:course", course_id)
    form, act = ReviewForm(request.POST or None, looked=looked), request.POST.get("act")
    if act == "decide" and form.is_valid():
        made = actions.decide_review(course_id=course_id, review=form.value(), by=request.actor, at=now)
        return redirect("planning:review", made.pk)
    looked = look(row, form.answers(), at=now) or looked
    if act == "look":
        form.errors.clear()
    may_decide = may(request.actor, DECIDE, row)
    return page(request, row, "review", form=form, shown=review_page(looked, at=now), may_decide=may_decide)
