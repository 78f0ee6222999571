"""The plan of a course."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from ketacare.clinic.permissions import may
from ketacare.clinic.web import Request, needs, shows_refusals
from ketacare.planning import actions, queries, review
from ketacare.planning.forms import PlanForm
from ketacare.planning.views.common import open_course, page_about


@needs("plan.view")
@require_GET
def course(request: Request, course_id: int) -> HttpResponse:
    """The plan, its sessions and their orders."""
    row = open_course(request, "plan.view", course_id)
    permissions = {"plan": may(request.actor, "plan.draft", row), "order": may(request.actor, "order.draft", row)}
    return render(request, "planning/course.html", page_about(row, page=review.plan_page(row), may=permissions))


@needs("plan.draft")
@require_http_methods(["GET", "POST"])
@shows_refusals
def plan_new(request: Request, course_id: int) -> HttpResponse:
    """A plan from a protocol, or a changed one."""
    row = open_course(request, "plan.draft", course_id)
    templates = queries.templates_for(row)
    form = PlanForm(request.POST or None, templates=templates, is_change=queries.newest_plan(row) is not None)
    if form.is_valid():
        reason = form.cleaned_data.get("reason", "")
        actions.draft_plan(course_id=course_id, plan=form.value(), reason=reason, by=request.actor, at=timezone.now())
        messages.success(request, "The plan is kept.")
        return redirect("planning:course", course_id)
    return render(request, "planning/plan_new.html", page_about(row, form=form, templates=templates))
