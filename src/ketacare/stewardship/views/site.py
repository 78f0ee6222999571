"""The register of a site, its beginning, and what is delivered."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from ketacare.clinic.models import Site
from ketacare.clinic.permissions import sites_where
from ketacare.clinic.web import Request, needs, shows, shows_refusals
from ketacare.stewardship import actions, pages, queries
from ketacare.stewardship.forms import Deliveries, Once, delivered
from ketacare.stewardship.views.common import STOCK, VIEW, opened, page, recorded, red_when_not_written, status_of


@needs(VIEW)
@require_GET
def register(request: Request) -> HttpResponse:
    """The register of the site where one works, the first by name."""
    first = Site.objects.filter(pk__in=sites_where(request.actor, VIEW)).order_by("name").first()
    return site_page(request, first)


@needs(VIEW)
@require_GET
def site(request: Request, pk: int) -> HttpResponse:
    """What is in the vault, what moved today, what is open, what is next?"""
    return site_page(request, opened(request, pk))


def site_page(request: Request, found: Site) -> HttpResponse:
    """The register of one site as it stands."""
    now = timezone.now()
    others = Site.objects.filter(pk__in=sites_where(request.actor, VIEW) - {found.pk}).order_by("name")
    if not queries.is_kept(found):
        return page(request, found, "no_register", others=others)
    since, until = pages.day_of(found, now)
    moved = list(queries.movements(found, since=since, until=until))
    unexplained = list(queries.open_discrepancies(found))
    chairs = list(queries.at_chairs(found))
    shows(request, *pages.patients_of([*moved, *unexplained, *chairs]))
    lots = queries.lots(found)
    context = {"lots": lots, "movements": moved, "discrepancies": unexplained, "chairs": chairs, "others": others}
    dates = {"today": pages.today(found, now), "inventory_due_on": pages.inventory_due_on(found)}
    steps = {"next_steps": pages.next_steps(found, at=now), "last_count": queries.last_count(found)}
    return page(request, found, "register", law=queries.law_of(found), **context, **dates, **steps)


@needs(STOCK)
@require_http_methods(["GET", "POST"])
@red_when_not_written
@shows_refusals
def begin(request: Request, pk: int) -> HttpResponse:
    """Begin the register with what is in the vault now."""
    words = {
        "title": "Begin the register",
        "button": "This is everything in the vault: begin",
        "says": "Count what is in the vault now, lot by lot. An empty vault is an inventory too. From here on every mg is accounted for.",
    }
    return taken_in(request, opened(request, pk, STOCK), actions.open_register, **words)


@needs(STOCK)
@require_http_methods(["GET", "POST"])
@red_when_not_written
@shows_refusals
def receive(request: Request, pk: int) -> HttpResponse:
    """Take a delivery in."""
    words = {"title": "Take a delivery in", "button": "Put it into the vault"}
    return taken_in(request, opened(request, pk, STOCK), actions.receive, **words)


def taken_in(request: Request, found: Site, act: Callable[..., Any], **words: str) -> HttpResponse:
    """The form for what comes in, one row a lot."""
    form, once = Deliveries(request.POST or None), Once(request.POST or None)
    if request.method == "POST" and form.is_valid() and once.is_valid():
        told = {"deliveries": delivered(form), "nonce": once.cleaned_data["nonce"]}
        return recorded(request, act(site_id=found.pk, by=request.actor, at=timezone.now(), **told))
    return page(request, found, "delivery", status_of(form), formset=form, once=once, **words)
