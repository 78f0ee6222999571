"""The plan of a course, and the orders of its sessions."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ketacare.clinic.actor import user_id
from ketacare.clinic.models import Course
from ketacare.clinic.permissions import fetch, may
from ketacare.clinic.web import Request, needs, shows, shows_refusals
from ketacare.planning import actions, queries, review
from ketacare.planning.forms import OrderForm, PlanForm, SignForm, VoidForm
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


@needs("order.draft")
@require_http_methods(["GET", "POST"])
@shows_refusals
def order_new(request: Request, course_id: int, number: int) -> HttpResponse:
    """Write an order, with its amounts worked out side by side."""
    row, now = open_course(request, "order.draft", course_id), timezone.now()
    form = OrderForm(request.POST or None, number=number, initial=queries.starting_point(row))
    given = form.value()
    if given is not None and request.POST.get("act") == "keep":
        order = actions.draft_order(course_id=course_id, order=given, by=request.actor, at=now)
        return redirect("planning:order", order.pk)
    context = page_about(row, form=form, number=number, tried=review.tried(row, given, at=now))
    return render(request, "planning/order_new.html", context)


@needs("order.draft")
@require_POST
def order_amounts(request: Request, course_id: int, number: int) -> HttpResponse:
    """The amounts of an order under way, worked out again by the server."""
    row = open_course(request, "order.draft", course_id)
    form = OrderForm(request.POST, number=number)
    tried = review.tried(row, form.value(), at=timezone.now())
    return render(request, "planning/order_new.html#amounts", {"tried": tried})


@needs("plan.view")
@require_GET
def order(request: Request, pk: int) -> HttpResponse:
    """An order, what the checks say of it, and what may be done with it."""
    row = open_order(request, "plan.view", pk)
    page = review.review(row, at=timezone.now())
    another = queries.signed_by(row) != user_id(request.actor)
    context = page_about(
        row.course,
        page=page,
        sign_form=SignForm(findings=page.to_acknowledge),
        void_form=VoidForm(),
        may_sign=page.view.status == Order.Status.DRAFT and may(request.actor, "order.sign", row),
        may_second=page.view.needs_second and another and may(request.actor, "order.second-sign", row),
        may_void=page.view.is_open and may(request.actor, "order.void", row),
    )
    return render(request, "planning/order.html", context)


@needs("order.sign")
@require_POST
@shows_refusals
def order_sign(request: Request, pk: int) -> HttpResponse:
    """Sign an order."""
    row, now = open_order(request, "order.sign", pk), timezone.now()
    told = SignForm(request.POST, findings=review.review(row, at=now).to_acknowledge).acknowledged()
    actions.sign_order(order_id=pk, acknowledged=told, by=request.actor, at=now)
    return redirect("planning:order", pk)


@needs("order.second-sign")
@require_POST
@shows_refusals
def order_second_sign(request: Request, pk: int) -> HttpResponse:
    """Sign an order as the second prescriber."""
    open_order(request, "order.second-sign", pk)
    actions.second_sign_order(order_id=pk, by=request.actor, at=timezone.now())
    return redirect("planning:order", pk)


@needs("order.void")
@require_POST
@shows_refusals
def order_void(request: Request, pk: int) -> HttpResponse:
    """Take an order out of use for good."""
    open_order(request, "order.void", pk)
    actions.void_order(order_id=pk, reason=request.POST.get("reason", ""), by=request.actor, at=timezone.now())
    return redirect("planning:order", pk)
