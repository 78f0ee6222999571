"""The staff's side: who may log in, what patients wrote, and the answers."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ketacare.clinic.header import header_of
from ketacare.clinic.models import Patient
from ketacare.clinic.permissions import fetch, may, sites_where
from ketacare.clinic.web import Request, needs, shows, shows_refusals
from ketacare.portal import actions
from ketacare.portal.models import Thread
from ketacare.portal.own import inviting, talking
from ketacare.portal.own.forms import InviteForm, SettleForm, StaffAnswerForm
from ketacare.portal.own.views.frame import sealed

INVITE, READ, ANSWER = "own.invite", "message.view", "message.answer"
ANSWERED_SHOWN = 50


@needs(INVITE)
@shows_refusals
@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: Request, pk: int) -> HttpResponse:
    """Whether the patient has a log-in; the form offers them one."""
    patient = fetch(request.actor, INVITE, Patient.objects.select_related("user"), pk=pk)
    shows(request, patient)
    form, sent, now = InviteForm(request.POST or None, initial=inviting.usual(patient)), None, timezone.now()
    if form.is_valid():
        sent = inviting.invite(patient, **form.cleaned_data, by=request.actor, at=now)
    context = {"header": header_of(patient, at=now), "form": form, "sent": sent, "patient": patient}
    context["invitations"] = patient.log_in_invitations.select_related("made_by").order_by("-pk")
    return sealed(render(request, "portal/own/invite.html", context | {"now": now}))


@needs(INVITE)
@shows_refusals
@require_POST
def withdraw(request: Request, pk: int) -> HttpResponse:
    """End an offer that is open."""
    actions.withdraw_invitation(patient_id=pk, by=request.actor, at=timezone.now())
    return redirect("portal:invite", pk)


@needs(READ)
@require_safe
def threads(request: Request) -> HttpResponse:
    """What do patients ask, and since when?"""
    sites = sites_where(request.actor, READ)
    waiting, answered = talking.threads_waiting(sites), talking.threads_answered(sites)[:ANSWERED_SHOWN]
    shows(request, *(one.patient_id for one in (*waiting, *answered)))
    context = {"waiting": waiting, "answered": answered, "now": timezone.now()}
    return sealed(render(request, "portal/own/threads.html", context))


def open_thread(request: Request, pk: int) -> Thread:
    """A thread of a page, for one who may read it."""
    found = fetch(request.actor, READ, talking.threads(), pk=pk)
    shows(request, found.patient_id)
    return found


@needs(READ)
@shows_refusals
@require_http_methods(["GET", "HEAD", "POST"])
def thread(request: Request, pk: int) -> HttpResponse:
    """One thread; the form answers it."""
    found, now = open_thread(request, pk), timezone.now()
    form = StaffAnswerForm(request.POST or None, initial={"seen_until": newest(found)})
    if form.is_valid():
        told = form.cleaned_data | {"is_care": form.cleaned_data["is_care"] == "yes"}
        actions.answer_thread(thread_id=pk, **told, by=request.actor, at=now)
        messages.success(request, "Answered.")
        return redirect("portal:threads")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    context = {"thread": found, "form": form, "header": header_of(found.patient, at=now), "now": now}
    context |= {"settle": SettleForm(initial={"seen_until": newest(found)}, prefix="settle")}
    context["may_answer"] = may(request.actor, ANSWER, found) and found.erased_at is None
    return sealed(render(request, "portal/own/thread_staff.html", context, status=status))


def newest(found: Thread) -> int:
    """The last message that the page shows."""
    return max((one.pk for one in found.messages.all()), default=0)


@needs(ANSWER)
@shows_refusals
@require_POST
def take(request: Request, pk: int) -> HttpResponse:
    """Take a thread: the answer is the reader's from now on."""
    actions.take_thread(thread_id=pk, by=request.actor, at=timezone.now())
    return redirect("portal:thread", pk)


@needs(ANSWER)
@shows_refusals
@require_POST
def settle(request: Request, pk: int) -> HttpResponse:
    """Nothing needs to be written: it was settled otherwise."""
    fetch(request.actor, ANSWER, Thread.objects.all(), pk=pk)
    form = SettleForm(request.POST, prefix="settle")
    if form.is_valid():
        told = form.cleaned_data | {"is_care": form.cleaned_data["is_care"] == "yes"}
        actions.settle_thread(thread_id=pk, **told, by=request.actor, at=timezone.now())
        return redirect("portal:threads")
    return redirect("portal:thread", pk)
