"""What a patient may ask of their record: correct, limit, take along, close, erase."""

from datetime import datetime
from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ketacare.clinic import actions as clinic
from ketacare.clinic.errors import NotAllowed
from ketacare.clinic.models import Restriction
from ketacare.clinic.permissions import fetch
from ketacare.clinic.queries import disagreements_of, restrictions
from ketacare.clinic.web import Request, shows_refusals
from ketacare.portal.own import paper, sayings
from ketacare.portal.own.forms import AskForm, DisagreeForm
from ketacare.portal.own.views.frame import own, page, sealed
from ketacare.portal.own.visitor import VIEW, Visitor
from ketacare.rights import actions, entries, queries
from ketacare.science.rights import law

TAKEN = {
    "pdf": (paper.pdf, "application/pdf", "record.pdf"),
    "fhir": (paper.fhir, "application/fhir+json", "record.fhir.json"),
    "json": (paper.in_json, "application/json", "record.json"),
}


@own
@require_safe
def rights(request: Request, person: Visitor) -> HttpResponse:
    """What may I ask of my record, and what did I ask?"""
    limited = restrictions(person.patient)
    context = {
        "requests": queries.requests_of(person.patient),
        "uses": [(scope, sayings.USES[scope], scope in limited) for scope in Restriction.Scope.values],
        "disagreements": disagreements_of(person.patient),
        "law": law.load(person.site.jurisdiction),
    }
    return page(request, person, "rights", **context)


@own
@shows_refusals
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: Request, person: Visitor, kind: str) -> HttpResponse:
    """Ask for a correction, or for erasing; an entry may be named by the link that led here."""
    about = request.POST.get("about", request.GET.get("about", ""))
    entry = entries.entry(person.patient, about) if about else None
    form = AskForm(request.POST or None, kind=kind, initial={"about": about if entry else ""})
    if form.is_valid():
        told = {"patient_id": person.patient.pk, "site": person.site, "kind": kind, **form.cleaned_data}
        row = actions.ask(**told, by=request.actor, at=timezone.now())
        messages.success(
            request, _("Your request has arrived. It is decided by %(day)s at the latest.") % {"day": row.due_on}
        )
        return redirect("portal:own-rights")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return page(request, person, "ask", status=status, form=form, kind=kind, entry=entry)


@own
@shows_refusals
@require_POST
def restrict(request: Request, person: Visitor, scope: str) -> HttpResponse:
    """No more use for this; or allow it again."""
    told = {"patient_id": person.patient.pk, "scope": scope, "by": request.actor, "at": timezone.now()}
    if scope in restrictions(person.patient):
        clinic.lift_restriction(**told)
    else:
        clinic.restrict_processing(**told)
    return redirect("portal:own-rights")


@own
@shows_refusals
@require_http_methods(["GET", "HEAD", "POST"])
def disagree(request: Request, person: Visitor, pk: int) -> HttpResponse:
    """Say what I disagree with; it stands beside the entry."""
    row = fetch(request.actor, VIEW, queries.requests_of(person.patient).filter(status="refused"), pk=pk)
    form = DisagreeForm(request.POST or None)
    if form.is_valid():
        actions.disagree(request_id=pk, words=form.cleaned_data["words"], by=request.actor, at=timezone.now())
        messages.success(request, _("Your words stand beside the entry now."))
        return redirect("portal:own-rights")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return page(request, person, "disagree", status=status, form=form, row=row)


@own
@shows_refusals
@require_http_methods(["GET", "HEAD", "POST"])
def close(request: Request, person: Visitor) -> HttpResponse:
    """Close my log-in: said first what that means, done with one press."""
    if request.method == "POST":
        clinic.end_own_log_in(patient_id=person.patient.pk, by=request.actor, at=timezone.now())
        logout(request)
        messages.success(request, _("Your log-in is closed. Your clinic can open it again if you ask."))
        return redirect("account_login")
    return page(request, person, "close", law=law.load(person.site.jurisdiction))


@own
@require_safe
def download(request: Request, person: Visitor) -> HttpResponse:
    """In which ways can I take my record along?"""
    return page(request, person, "download")


@own
@require_POST
def take(request: Request, person: Visitor, form: str) -> HttpResponse:
    """The record in one form: made in memory, sent, and gone."""
    if form not in TAKEN:
        raise NotAllowed(VIEW, form)
    reply = as_file(person, form, at=timezone.now())
    clinic.note_taken_along(patient_id=person.patient.pk, form=form, by=request.actor, at=timezone.now())
    return reply


def as_file(person: Visitor, form: str, *, at: datetime) -> HttpResponse:
    """The record in one form, kept by no cache."""
    make, kind, name = TAKEN[form]
    reply = HttpResponse(make(person, at=at), content_type=kind)
    reply["Content-Disposition"] = f'attachment; filename="{name}"'
    return sealed(reply)
