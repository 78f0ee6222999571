"""One estimate, one superbill: as page, PDF and JSON, all drawn from the kept document."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone, translation
from django.views.decorators.http import require_GET, require_POST

from ketacare.billing import actions, paper, queries, superbilling
from ketacare.billing.forms import GivenForm, PlanForm, ReasonForm
from ketacare.billing.models import Estimate, Superbill
from ketacare.billing.views.course import KEEP, VIEW, page
from ketacare.clinic.permissions import fetch
from ketacare.clinic.web import Request, needs, shows, shows_refusals

NO_STORE = {"Cache-Control": "no-store"}


def opened_estimate(request: Request, permission: str, pk: int) -> Estimate:
    """An estimate, for one who may."""
    found = fetch(request.actor, permission, queries.estimates(), pk=pk)
    shows(request, found.patient_id)
    return found


def opened_superbill(request: Request, permission: str, pk: int) -> Superbill:
    """A superbill, for one who may."""
    found = fetch(request.actor, permission, queries.superbills(), pk=pk)
    shows(request, found.patient_id)
    return found


def told_of(row: Estimate | Superbill) -> paper.Paper:
    """The paper of a row as things stand."""
    if isinstance(row, Estimate):
        return paper.of_estimate(row, queries.newest_plan_of(row))
    return paper.of_superbill(row, superbilling.difference(row.course))


def as_file(row: Estimate | Superbill, name: str) -> HttpResponse:
    """The paper as a PDF, for the patient to keep: in their language."""
    headers = NO_STORE | {"Content-Disposition": f'inline; filename="{name}-{row.pk}.pdf"'}
    with translation.override(row.patient.language):
        made = paper.pdf(told_of(row))
    return HttpResponse(made, content_type="application/pdf", headers=headers)


def estimate_page(request: Request, row: Estimate, **context: Any) -> HttpResponse:
    """The page of an estimate, with its forms as they were typed where they were not taken."""
    today = queries.today_at(row.site, timezone.now())
    forms = {"given_form": GivenForm(initial={"given_on": today}), "plan_form": PlanForm(initial={"first_on": today})}
    return page(request, row.course, "estimate", row=row, paper=told_of(row), **forms | context)


@needs(VIEW)
@require_GET
def estimate(request: Request, pk: int) -> HttpResponse:
    """What may the course cost?"""
    return estimate_page(request, opened_estimate(request, VIEW, pk))


@needs(VIEW)
@require_GET
def estimate_pdf(request: Request, pk: int) -> HttpResponse:
    """The estimate on paper."""
    return as_file(opened_estimate(request, VIEW, pk), "estimate")


@needs(VIEW)
@require_GET
def estimate_json(request: Request, pk: int) -> HttpResponse:
    """The estimate for machines."""
    return JsonResponse(opened_estimate(request, VIEW, pk).document, headers=NO_STORE)


@needs(KEEP)
@require_POST
@shows_refusals
def give(request: Request, pk: int) -> HttpResponse:
    """Write down that the patient was given it."""
    row, form = opened_estimate(request, KEEP, pk), GivenForm(request.POST)
    if not form.is_valid():
        return estimate_page(request, row, given_form=form, form=form)
    actions.give_estimate(estimate_id=pk, **form.cleaned_data, by=request.actor, at=timezone.now())
    messages.success(request, "Written down.")
    return redirect("billing:estimate", pk)


@needs(KEEP)
@require_POST
@shows_refusals
def payment_plan(request: Request, pk: int) -> HttpResponse:
    """Arrange in how many instalments it is paid."""
    row, form = opened_estimate(request, KEEP, pk), PlanForm(request.POST)
    if not form.is_valid():
        return estimate_page(request, row, plan_form=form, form=form)
    actions.arrange_payment_plan(estimate_id=pk, **form.cleaned_data, by=request.actor, at=timezone.now())
    messages.success(request, "The payment plan is kept.")
    return redirect("billing:estimate", pk)


def superbill_page(request: Request, row: Superbill, **context: Any) -> HttpResponse:
    """The page of a superbill."""
    more = {"difference": superbilling.difference(row.course), "void_form": ReasonForm()}
    return page(request, row.course, "superbill", row=row, paper=told_of(row), **more | context)


@needs(VIEW)
@require_GET
def superbill(request: Request, pk: int) -> HttpResponse:
    """What was done and billed, and how is it not what was estimated?"""
    return superbill_page(request, opened_superbill(request, VIEW, pk))


@needs(VIEW)
@require_GET
def superbill_pdf(request: Request, pk: int) -> HttpResponse:
    """The superbill on paper."""
    return as_file(opened_superbill(request, VIEW, pk), "superbill")


@needs(VIEW)
@require_GET
def superbill_json(request: Request, pk: int) -> HttpResponse:
    """The superbill for machines."""
    return JsonResponse(opened_superbill(request, VIEW, pk).document, headers=NO_STORE)


@needs(KEEP)
@require_POST
@shows_refusals
def void(request: Request, pk: int) -> HttpResponse:
    """Say that a superbill does not count any more."""
    row, form = opened_superbill(request, KEEP, pk), ReasonForm(request.POST)
    if not form.is_valid():
        return superbill_page(request, row, void_form=form, form=form)
    actions.void_superbill(superbill_id=pk, reason=form.cleaned_data["reason"], by=request.actor, at=timezone.now())
    messages.success(request, "It does not count any more. What it billed may be billed again.")
    return redirect("billing:account", row.course_id)
