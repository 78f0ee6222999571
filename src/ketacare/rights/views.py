"""The staff's side of the rights over a record: what was asked, by when, and the decision."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from ketacare.clinic.header import header_of
from ketacare.clinic.permissions import fetch, may, sites_where
from ketacare.clinic.queries import restrictions_of
from ketacare.clinic.web import Request, needs, shows, shows_refusals
from ketacare.rights import actions, entries, queries
from ketacare.rights.forms import DecisionForm
from ketacare.science.rights import law

VIEW, DECIDE = "rights.view", "rights.decide"
DECIDED_SHOWN = 50
ACTS = {"accept": actions.accept, "refuse": actions.refuse}


@needs(VIEW)
@require_safe
def requests(request: Request) -> HttpResponse:
    """What do patients ask about their records, and until when is it to be decided?"""
    sites = sites_where(request.actor, VIEW)
    waiting, decided = queries.requests_open(sites), queries.requests_decided(sites)[:DECIDED_SHOWN]
    shows(request, *(one.patient_id for one in (*waiting, *decided)))
    context = {"waiting": waiting, "decided": decided, "late": queries.late(waiting, at=timezone.now())}
    return render(request, "rights/requests.html", context)


@needs(VIEW)
@shows_refusals
@require_http_methods(["GET", "HEAD", "POST"])
def rights_request(request: Request, pk: int) -> HttpResponse:
    """One request, the entry that it is about, and the decision."""
    row, now = fetch(request.actor, VIEW, queries.requests(), pk=pk), timezone.now()
    shows(request, row.patient_id)
    form = DecisionForm(request.POST or None)
    if form.is_valid():
        act = ACTS[form.cleaned_data["decision"]]
        act(request_id=pk, reason=form.cleaned_data["reason"], by=request.actor, at=now)
        messages.success(request, "Decided; the patient sees it on their pages.")
        return redirect("rights:requests")
    found = entries.entry(row.patient, row.about) if row.about else None
    context = {"row": row, "form": form, "header": header_of(row.patient, at=now), "entry": found}
    context |= {"later": None if found is None else entries.later(found), "law": law.load(row.site.jurisdiction)}
    context["restrictions"] = restrictions_of(row.patient)
    context["may_decide"] = may(request.actor, DECIDE, row)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "rights/request.html", context, status=status)
