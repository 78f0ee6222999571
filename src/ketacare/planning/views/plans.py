"""The plan of a course."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from ketacare.clinic.permissions import may
from ketacare.clinic.web import Request, needs, shows_refusals
from ketacare.planning import actions, fitting, queries
from ketacare.planning.forms import PlanForm
from ketacare.planning.plan_page import plan_page
from ketacare.planning.views.common import open_course, page_about

MAY = {
    "plan": "plan.draft",
    "order": "order.draft",
    "review": "review.decide",
    "practice": "practice.view",
    "exposure": "exposure.view",
}


@needs("plan.view")
@require_GET
def course(request: Request, course_id: int) -> HttpResponse:
    """The plan, its sessions, their orders and the reviews between them."""
    row = open_course(request, "plan.view", course_id)
    can = {name: may(request.actor, permission, row) for name, permission in MAY.items()}
    return render(request, "planning/course.html", page_about(row, page=plan_page(row, at=timezone.now()), may=can))


@needs("plan.draft")
@require_http_methods(["GET", "POST"])
@shows_refusals
def plan_new(request: Request, course_id: int) -> HttpResponse:
    """A plan from a protocol, or a changed one; the protocols that do not fit are shown with the reasons."""
    row, now = open_course(request, "plan.draft", course_id), timezone.now()
    fits, newest = fitting.fits(row, at=now), queries.newest_plan(row)
    fitting_ones = [one for one in fits if one.fits]
    form = PlanForm(
        request.POST or None, fits=fitting_ones, is_change=newest is not None, initial=queries.as_asked(newest)
    )
    if form.is_valid():
        reason = form.cleaned_data.get("reason", "")
        actions.draft_plan(course_id=course_id, plan=form.value(), reason=reason, by=request.actor, at=now)
        messages.success(request, "The plan is kept.")
        return redirect("planning:course", course_id)
    others = [one for one in fits if not one.fits]
    return render(request, "planning/plan_new.html", page_about(row, form=form, fits=fitting_ones, others=others))
