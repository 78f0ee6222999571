"""What a site has settled for its plans and orders."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from ketacare.clinic.models import Site
from ketacare.clinic.permissions import fetch, may, sites_where
from ketacare.clinic.web import Request, needs, shows_refusals
from ketacare.planning import actions, queries
from ketacare.planning.forms import PracticeForm
from ketacare.planning.practices import PRACTICES


@needs("practice.view")
@require_GET
def practice(request: Request) -> HttpResponse:
    """Everything that the reader's sites have settled, and what is so where nobody has."""
    pages = queries.practice_pages(sites_where(request.actor, "practice.view"))
    can = {page.site.pk for page in pages if may(request.actor, "practice.settle", page.site)}
    return render(request, "planning/practice.html", {"pages": pages, "can": can})


@needs("practice.settle")
@require_http_methods(["GET", "POST"])
@shows_refusals
def practice_settle(request: Request, site_id: int, name: str) -> HttpResponse:
    """Settle one thing for a site."""
    if name not in PRACTICES:
        raise Http404
    site = fetch(request.actor, "practice.settle", Site.objects.all(), pk=site_id)
    form = PracticeForm(request.POST or None, name=name, prescribers=queries.prescribers(site))
    if form.is_valid():
        given = form.cleaned_data
        actions.settle_practice(site_id=site_id, name=name, **given, by=request.actor, at=timezone.now())
        return redirect("planning:practice")
    return render(request, "planning/practice_settle.html", {"form": form, "site": site})
