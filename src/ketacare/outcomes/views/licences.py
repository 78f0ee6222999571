"""What a site states about its right to use scales."""

from dataclasses import dataclass
from http import HTTPStatus

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from ketacare.clinic.errors import NotAllowed
from ketacare.clinic.models import Site
from ketacare.clinic.permissions import fetch, may, sites_where
from ketacare.clinic.queries import sites_of
from ketacare.clinic.web import Request, needs, shows_refusals
from ketacare.outcomes import actions
from ketacare.outcomes.alert_forms import LicenceForm
from ketacare.outcomes.licences import as_shown, in_need, statements
from ketacare.outcomes.models import LicenceStatement
from ketacare.science.scales import library
from ketacare.science.scales.definition import Instrument


@dataclass(frozen=True, kw_only=True)
class Line:
    """A scale that needs something, and what the site has stated."""

    instrument: Instrument
    said: LicenceStatement | None
    why_not: str


@needs("licence.view")
@require_GET
def licences(request: Request) -> HttpResponse:
    """Which scales need a statement, and what each site has stated."""
    sites = []
    for site in sites_of(sites_where(request.actor, "licence.view")):
        stated = statements(site)
        lines = [
            Line(instrument=one, said=stated.get(one.id), why_not=as_shown(one, stated).why_not) for one in in_need()
        ]
        sites.append({"site": site, "lines": lines, "may_state": may(request.actor, "licence.state", site)})
    return render(request, "outcomes/licences.html", {"sites": sites})


@needs("licence.state")
@require_http_methods(["GET", "POST"])
@shows_refusals
def licence(request: Request, pk: int, scale: str) -> HttpResponse:
    """State, or take back, the right to use one scale."""
    site = fetch(request.actor, "licence.state", Site.objects.all(), pk=pk)
    if scale not in library.shipped():
        raise NotAllowed("licence.state", f"scale:{scale}")
    form = LicenceForm(request.POST or None)
    if form.is_valid():
        actions.state_licence(site_id=pk, scale=scale, **form.value(), by=request.actor, at=timezone.now())
        messages.success(request, "This is written down.")
        return redirect("outcomes:licences")
    instrument = library.load(scale)
    context = {"site": site, "instrument": instrument, "form": form, "said": statements(site).get(scale)}
    return render(
        request, "outcomes/licence.html", context, status=HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else None
    )
