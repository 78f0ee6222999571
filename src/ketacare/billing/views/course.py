"""The account of a course: what is estimated, done, billed and paid."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from ketacare.billing import actions, estimating, happened, prior, queries, superbilling
from ketacare.billing.facts import diagnoses
from ketacare.billing.forms import EstimateForm, PaymentForm, RefundForm, ServiceForm, SuperbillForm
from ketacare.billing.models import Payment
from ketacare.billing.views.site import people_of
from ketacare.clinic.header import header_of
from ketacare.clinic.models import Course
from ketacare.clinic.permissions import fetch, may
from ketacare.clinic.web import Request, needs, shows, shows_refusals
from ketacare.consent.beyond_care import PAYER, reasons_against
from ketacare.science.billing.law import law_of
from ketacare.science.billing.prior import checklist

VIEW, KEEP = "billing.view", "billing.keep"


def page(request: Request, course: Course, template: str, **context: Any) -> HttpResponse:
    """A page about the money of a patient, on the site's clock."""
    form = context.get("form")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form is not None and form.errors else None
    header = header_of(course.patient, course=course, at=timezone.now())
    given = {"course": course, "header": header, "may_keep": may(request.actor, KEEP, course)}
    return render(request, f"billing/{template}.html", given | context, status=status)


def opened(request: Request, permission: str, course_id: int) -> Course:
    """The course of a page, for one who may."""
    rows = Course.objects.select_related("patient", "site", "prescriber")
    found = fetch(request.actor, permission, rows, pk=course_id)
    shows(request, found.patient_id)
    return found


@needs(VIEW)
@require_GET
def account(request: Request, course_id: int) -> HttpResponse:
    """What may it cost, what was billed, what is paid, and what is not billed yet?"""
    course = opened(request, VIEW, course_id)
    context = {
        "estimates": queries.estimates_of(course.patient).filter(course=course),
        "superbills": queries.superbills().filter(course=course).order_by("-number"),
        "payments": queries.payments(course),
        "balance": queries.balance(course),
        "unbilled": happened.unbilled(course, at=timezone.now()),
        "difference": superbilling.difference(course),
        "is_nasal": estimating.is_nasal(course),
    }
    return page(request, course, "account", **context)


@needs(KEEP)
@require_http_methods(["GET", "POST"])
@shows_refusals
def estimate(request: Request, course_id: int) -> HttpResponse:
    """Tell before the consent what the whole course may cost."""
    course, now = opened(request, KEEP, course_id), timezone.now()
    today = queries.today_at(course.site, now)
    scale = queries.sliding_scale(course.site, on=today)
    prices = queries.price_list(course.site, on=today)
    choices = {"diagnoses": diagnoses(course, on=today), "brackets": scale.brackets if scale else []}
    form = EstimateForm(
        request.POST or None, prices=prices, counts=estimating.starting_counts(course, on=today), **choices
    )
    if form.is_valid():
        row = actions.make_estimate(course_id=course_id, **form.value(), by=request.actor, at=now)
        messages.success(request, "The estimate is kept. Give it to the patient, and write down when.")
        return redirect("billing:estimate", row.pk)
    return page(request, course, "make_estimate", form=form, prices=prices, law=law_of(course.site.jurisdiction))


@needs(KEEP)
@require_http_methods(["GET", "POST"])
@shows_refusals
def service(request: Request, course_id: int) -> HttpResponse:
    """Write down what was done outside a session."""
    course, now = opened(request, KEEP, course_id), timezone.now()
    initial = {"done_on": queries.today_at(course.site, now)}
    form = ServiceForm(request.POST or None, people=people_of(course.site), initial=initial)
    if form.is_valid():
        actions.state_service(course_id=course_id, **form.value(), by=request.actor, at=now)
        messages.success(request, "It waits to be billed.")
        return redirect("billing:account", course_id)
    return page(request, course, "form", form=form, title="What was done outside a session", button="Write it down")


@needs(KEEP)
@require_http_methods(["GET", "POST"])
@shows_refusals
def superbill(request: Request, course_id: int) -> HttpResponse:
    """Bill what happened."""
    course, now = opened(request, KEEP, course_id), timezone.now()
    waiting = happened.unbilled(course, at=now)
    known = diagnoses(course, on=queries.today_at(course.site, now))
    everything = {"what": [one.what for one in waiting]}
    form = SuperbillForm(request.POST or None, happened=waiting, diagnoses=known, initial=everything)
    if form.is_valid():
        row = actions.make_superbill(course_id=course_id, **form.cleaned_data, by=request.actor, at=now)
        return redirect("billing:superbill", row.pk)
    return page(request, course, "make_superbill", form=form, waiting=waiting)


@needs(KEEP)
@require_http_methods(["GET", "POST"])
@shows_refusals
def payment(request: Request, course_id: int) -> HttpResponse:
    """Write down money that came."""
    course, now = opened(request, KEEP, course_id), timezone.now()
    form = PaymentForm(request.POST or None, initial={"received_on": queries.today_at(course.site, now)})
    if form.is_valid():
        actions.record_payment(course_id=course_id, **form.value(), by=request.actor, at=now)
        messages.success(request, "The payment is recorded.")
        return redirect("billing:account", course_id)
    title = f"A payment, in {course.site.currency}"
    return page(request, course, "form", form=form, title=title, button="Record the payment")


@needs(KEEP)
@require_http_methods(["GET", "POST"])
@shows_refusals
def refund(request: Request, pk: int) -> HttpResponse:
    """Give money back."""
    row = fetch(request.actor, KEEP, Payment.objects.select_related("course__patient", "course__site"), pk=pk)
    shows(request, row.patient_id)
    form = RefundForm(request.POST or None)
    if form.is_valid():
        actions.refund(payment_id=pk, **form.cleaned_data, by=request.actor, at=timezone.now())
        messages.success(request, "The refund is recorded as a counter-entry.")
        return redirect("billing:account", row.course_id)
    title = f"Give back from the payment of {row.received_on:%d %b %Y}, in {row.currency}"
    return page(request, row.course, "form", form=form, title=title, button="Record the refund")


@needs(VIEW)
@require_GET
def prior_authorisation(request: Request, course_id: int) -> HttpResponse:
    """What does a payer ask for before it pays for esketamine, and where is it?"""
    course = opened(request, VIEW, course_id)
    now = timezone.now()
    against = reasons_against(course.patient, PAYER, at=now)
    answers = [] if against else prior.answers(course, at=now)
    return page(request, course, "prior", answers=answers, against=against, checklist=checklist())
