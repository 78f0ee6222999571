"""A patient writes to the clinic and reads the answers. Words of danger are met with whom to call, at once."""

from http import HTTPStatus

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from ketacare.clinic.permissions import fetch
from ketacare.clinic.web import Request
from ketacare.portal import actions
from ketacare.portal.models import ThreadMessage
from ketacare.portal.own.forms import ThreadForm, WriteForm
from ketacare.portal.own.talking import threads, threads_of
from ketacare.portal.own.views.frame import own, page
from ketacare.portal.own.visitor import VIEW, Visitor
from ketacare.science.patients import messages as words


@own
@require_http_methods(["GET", "HEAD", "POST"])
def messages(request: Request, person: Visitor) -> HttpResponse:
    """My messages; the form begins a new one."""
    form = ThreadForm(request.POST or None)
    if form.is_valid():
        told = {"patient_id": person.patient.pk, "site": person.site, **form.cleaned_data}
        return after(actions.open_thread(**told, by=request.actor, at=timezone.now()))
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    context = {"form": form, "threads": threads_of(person.patient), "response_h": words.load().response_h}
    return page(request, person, "messages", status=status, current="messages", **context)


@own
@require_http_methods(["GET", "HEAD", "POST"])
def thread(request: Request, person: Visitor, pk: int) -> HttpResponse:
    """One thread; the form writes on in it. What the clinic answered counts as read once it is opened."""
    rows = threads().filter(patient=person.patient, erased_at__isnull=True)
    found = fetch(request.actor, VIEW, rows, pk=pk)
    form, now = WriteForm(request.POST or None), timezone.now()
    if form.is_valid():
        return after(actions.write_on(thread_id=pk, **form.cleaned_data, by=request.actor, at=now))
    if request.method == "GET":
        actions.mark_read(thread_id=pk, by=request.actor, at=now)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    context = {"form": form, "thread": found, "response_h": words.load().response_h}
    return page(request, person, "thread", status=status, current="messages", **context)


def after(row: ThreadMessage) -> HttpResponse:
    """Where a message that was sent leads: to whom to call, when it names danger."""
    return redirect("portal:own-help" if row.names_danger else "portal:own-thread", row.thread_id)


@own
@require_safe
def help_now(request: Request, person: Visitor, pk: int) -> HttpResponse:
    """Whom to call now. The message is with the clinic, and nobody may have read it yet."""
    found = fetch(request.actor, VIEW, threads().filter(patient=person.patient), pk=pk)
    return page(request, person, "help", thread=found, current="messages")
