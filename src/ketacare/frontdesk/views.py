"""The front desk's queue, one request, and everything that is done about it."""

from http import HTTPStatus
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ketacare.clinic.models import Site
from ketacare.clinic.permissions import fetch, sites_where
from ketacare.clinic.web import Request, needs, shows, shows_refusals
from ketacare.frontdesk import actions, pages, queries
from ketacare.frontdesk.forms import AdmitForm, AppointmentForm, CloseForm, IdentityForm, TargetForm, TryForm
from ketacare.frontdesk.models import ConsultationRequest

VIEW, ANSWER, SETTLE = "request.view", "request.answer", "request.settle"


@needs(VIEW)
@require_GET
def queue(request: Request) -> HttpResponse:
    """Who waits for an answer, and until when?"""
    now = timezone.now()
    page = {"lines": queries.queue(request.actor, at=now), "done": queries.done_lately(request.actor, at=now)}
    shows(request, *(row.patient_id for row in page["done"] if row.patient_id))
    return kept_by_nobody(render(request, "frontdesk/queue.html", page))


def open_request(request: Request, permission: str, pk: int) -> ConsultationRequest:
    """The request of a page, for one who may."""
    rows = ConsultationRequest.objects.select_related("site", "patient", "course", "repeats", "booked__prescriber")
    return fetch(request.actor, permission, rows, pk=pk)


def page(request: Request, row: ConsultationRequest, **bound: forms.Form) -> HttpResponse:
    """The page of a request, with a form that could not be taken where there is one."""
    told = pages.request_page(row, by=request.actor, at=timezone.now())
    shows(request, *(one.patient.pk for one, _ in told.candidates), *([row.patient_id] if row.patient_id else []))
    visit = AppointmentForm(prescribers=queries.prescribers(row.site))
    given = {"try_form": TryForm(), "appointment_form": visit, "admit_form": AdmitForm(), "close_form": CloseForm()}
    given |= bound
    status = HTTPStatus.UNPROCESSABLE_ENTITY if bound else HTTPStatus.OK
    return kept_by_nobody(render(request, "frontdesk/request.html", {"page": told} | given, status=status))


def kept_by_nobody(reply: HttpResponse) -> HttpResponse:
    """A page with a person's data, that no browser keeps."""
    reply["Cache-Control"] = "no-store"
    return reply


@needs(VIEW)
@require_GET
def request_page(request: Request, pk: int) -> HttpResponse:
    """Who asks, what they want, and who they may be already?"""
    return page(request, open_request(request, VIEW, pk))


@needs(ANSWER)
@require_POST
@shows_refusals
def contact(request: Request, pk: int) -> HttpResponse:
    """Write down an attempt to reach the person."""
    row, form = open_request(request, ANSWER, pk), TryForm(request.POST)
    if not form.is_valid():
        return page(request, row, try_form=form)
    actions.note_contact(request_id=pk, tried=form.value(), by=request.actor, at=timezone.now())
    return redirect("frontdesk:request", pk)


@needs(ANSWER)
@require_POST
@shows_refusals
def appointment(request: Request, pk: int) -> HttpResponse:
    """Keep the time that was agreed, read by the site's clock."""
    row = open_request(request, ANSWER, pk)
    with timezone.override(ZoneInfo(row.site.time_zone)):
        form = AppointmentForm(request.POST, prescribers=queries.prescribers(row.site))
        is_valid = form.is_valid()
    if not is_valid:
        return page(request, row, appointment_form=form)
    when, whom = form.cleaned_data["appointment_at"], form.cleaned_data["prescriber"]
    actions.agree_appointment(
        request_id=pk, appointment_at=when, prescriber_id=whom and whom.pk, by=request.actor, at=timezone.now()
    )
    return redirect("frontdesk:request", pk)


@needs(ANSWER)
@require_POST
@shows_refusals
def identity(request: Request, pk: int) -> HttpResponse:
    """Say whether a patient is the person who asked."""
    row, form = open_request(request, ANSWER, pk), IdentityForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose whether it is the same person, and say what makes you sure.")
        return page(request, row, identity_form=form)
    told = form.cleaned_data
    actions.judge_identity(
        request_id=pk,
        patient_id=told["patient"],
        is_same=told["is_same"] == "yes",
        reason=told["reason"],
        by=request.actor,
        at=timezone.now(),
    )
    return redirect("frontdesk:request", pk)


@needs(ANSWER)
@require_POST
@shows_refusals
def admission(request: Request, pk: int) -> HttpResponse:
    """Make the person a patient, or go on with the one they are."""
    row, form = open_request(request, ANSWER, pk), AdmitForm(request.POST)
    if not form.is_valid():
        return page(request, row, admit_form=form)
    actions.admit_request(request_id=pk, **form.cleaned_data, by=request.actor, at=timezone.now())
    return redirect("frontdesk:request", pk)


@needs(ANSWER)
@require_POST
@shows_refusals
def closing(request: Request, pk: int) -> HttpResponse:
    """Close a request, with the reason."""
    row, form = open_request(request, ANSWER, pk), CloseForm(request.POST)
    if not form.is_valid():
        return page(request, row, close_form=form)
    told = form.cleaned_data
    now = timezone.now()
    actions.close_request(request_id=pk, because=told["because"], repeats_id=told["repeats"], by=request.actor, at=now)
    return redirect("frontdesk:queue")


@needs(SETTLE)
@require_http_methods(["GET", "POST"])
@shows_refusals
def targets(request: Request) -> HttpResponse:
    """Within how many hours does each site answer?"""
    sites = Site.objects.filter(pk__in=sites_where(request.actor, SETTLE)).order_by("name", "pk")
    form = TargetForm(request.POST or None, sites=sites)
    if form.is_valid():
        site, hours = form.cleaned_data["site"], form.cleaned_data["hours"]
        actions.settle_response_target(site_id=site.pk, hours=hours, by=request.actor, at=timezone.now())
        messages.success(request, "Kept. Requests from now on are due in that time.")
        return redirect("frontdesk:targets")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else None
    page = {"lines": queries.sites_with_hours(request.actor), "form": form}
    return render(request, "frontdesk/targets.html", page, status=status)
