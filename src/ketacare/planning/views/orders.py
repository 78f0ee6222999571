"""The orders of a plan's sessions."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ketacare.clinic.actor import user_id
from ketacare.clinic.models import Course
from ketacare.clinic.permissions import may
from ketacare.clinic.web import Request, needs, shows_refusals
from ketacare.planning import actions, queries, review
from ketacare.planning.forms import OrderForm, SignForm, VoidForm
from ketacare.planning.models import Order
from ketacare.planning.views.common import open_course, open_order, page_about


def order_form(request: Request, course: Course, number: int) -> OrderForm:
    """The form of an order, with the amounts that the plan's route has."""
    return OrderForm(
        request.POST or None,
        number=number,
        route=queries.route_of(course),
        purpose=queries.purpose_of(course),
        initial=queries.starting_point(course, number),
    )


@needs("order.draft")
@require_http_methods(["GET", "POST"])
@shows_refusals
def order_new(request: Request, course_id: int, number: int) -> HttpResponse:
    """Write an order, with its amounts worked out side by side."""
    row, now = open_course(request, "order.draft", course_id), timezone.now()
    form = order_form(request, row, number)
    given = form.value()
    if given is not None and request.POST.get("act") == "keep":
        order = actions.draft_order(course_id=course_id, order=given, by=request.actor, at=now)
        return redirect("planning:order", order.pk)
    tried = review.tried(row, given, form.earlier(), by=user_id(request.actor), at=now)
    return render(
        request,
        "planning/order_new.html",
        page_about(row, form=form, number=number, tried=tried, route_words=queries.route_words(row)),
    )


@needs("order.draft")
@require_POST
def order_amounts(request: Request, course_id: int, number: int) -> HttpResponse:
    """The amounts of an order under way, worked out again by the server."""
    row = open_course(request, "order.draft", course_id)
    form = order_form(request, row, number)
    given = form.value()
    tried = review.tried(row, given, form.earlier(), by=user_id(request.actor), at=timezone.now())
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
