"""Chairs, hours and numbers of the sites."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from ketacare.booking import actions, queries
from ketacare.booking.forms import ChairForm, ClosureForm, HoursForm, NumberForm, WorkForm
from ketacare.booking.standing import numbers_of
from ketacare.booking.views.common import open_site, today
from ketacare.clinic.errors import ActionRefused
from ketacare.clinic.models import Site
from ketacare.clinic.permissions import sites_where
from ketacare.clinic.web import Request, needs, shows_refusals
from ketacare.science.monitoring import booking

ARRANGE = "booking.arrange"


@dataclass(frozen=True, kw_only=True)
class Part:
    """One thing that is settled: its form, what keeps it, and what ends it."""

    form: Callable[..., Form]
    add: Callable[..., object]
    end: Callable[..., object] | None = None
    key: str = ""


PARTS = {
    "chairs": Part(form=ChairForm, add=actions.add_chair, end=actions.retire_chair, key="chair_id"),
    "opening": Part(form=HoursForm, add=actions.add_opening, end=actions.end_opening, key="opening_id"),
    "closures": Part(form=ClosureForm, add=actions.add_closure, end=actions.end_closure, key="closure_id"),
    "people": Part(form=WorkForm, add=actions.add_working_hours, end=actions.end_working_hours, key="hours_id"),
    "numbers": Part(form=NumberForm, add=actions.settle_number),
}


@needs(ARRANGE)
@require_GET
def settings(request: Request) -> HttpResponse:
    """What each site has settled."""
    sites = Site.objects.filter(pk__in=sites_where(request.actor, ARRANGE)).order_by("name")
    return render(request, "booking/settings.html", {"sites": [of_site(site) for site in sites]})


def of_site(site: Site) -> dict[str, object]:
    """One site with what it has settled and the forms for more."""
    settled, values = queries.settled_at(site), numbers_of(site)
    known = booking.load().settings.items()
    return {
        "site": site,
        "chairs": queries.chairs_of(site),
        "opening": queries.opening_of(site),
        "closures": queries.closures_of(site, since=today(site)),
        "people": queries.working_hours_of(site),
        "numbers": [(one, values[name], settled.get(name)) for name, one in known],
        "forms": {name: form_of(name, site) for name in PARTS},
    }


def form_of(what: str, site: Site, data: Any = None) -> Form:
    """The form of a part, with ids of its own on the page."""
    more = {"site": site} if what == "people" else {}
    return PARTS[what].form(data, auto_id=f"id_{site.pk}_{what}_%s", **more)


@needs(ARRANGE)
@require_POST
@shows_refusals
def add(request: Request, site_id: int, what: str) -> HttpResponse:
    """Settle one thing more."""
    site = open_site(request, site_id, ARRANGE)
    if what not in PARTS:
        raise Http404
    form = form_of(what, site, request.POST)
    if not form.is_valid():
        raise ActionRefused(
            "not-readable", [f"{form.fields[name].label}: {' '.join(said)}" for name, said in form.errors.items()]
        )
    PARTS[what].add(site_id=site.pk, **form.cleaned_data, by=request.actor, at=timezone.now())
    messages.success(request, "It holds from now on.")
    return redirect("booking:settings")


@needs(ARRANGE)
@require_POST
@shows_refusals
def end(request: Request, what: str, pk: int) -> HttpResponse:
    """It holds no more."""
    part = PARTS.get(what)
    if part is None or part.end is None:
        raise Http404
    part.end(**{part.key: pk}, by=request.actor, at=timezone.now())
    messages.success(request, "It holds no more. Look at the days that it touches.")
    return redirect("booking:settings")
