"""The schedule of a site: a day in full, a week at a glance, and the day on paper."""

from datetime import date, timedelta

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from ketacare.booking import day_sheet, queries
from ketacare.booking.board import day_of_site, week_of_site
from ketacare.booking.forms import day_of
from ketacare.booking.views.common import VIEW, open_site, site_page, today
from ketacare.clinic.errors import NotAllowed
from ketacare.clinic.permissions import may
from ketacare.clinic.web import Request, needs, shows


@needs(VIEW)
@require_GET
def schedule(request: Request) -> HttpResponse:
    """A day, or a week, of one site."""
    sites = queries.sites_to_see(request.actor)
    site = next((one for one in sites if str(one.pk) == request.GET.get("site")), sites[0] if sites else None)
    if site is None:
        raise NotAllowed(VIEW, "clinic.site")
    on, is_week = day_of(request.GET.get("on"), today(site)), request.GET.get("view") == "week"
    found = week_of_site(site, on) if is_week else day_of_site(site, on, at=timezone.now())
    shows(request, *found.patients)
    step = 7 if is_week else 1
    rights = {name: may(request.actor, f"booking.{name}", site) for name in ("book", "replan", "absence", "arrange")}
    return site_page(
        request, site, "week" if is_week else "day", found=found, sites=sites, on=on, may=rights,
        before=moved(on, -step), after=moved(on, step), today=today(site), view="week" if is_week else "day",
    )  # fmt: skip


def moved(on: date, days: int) -> date:
    """So many days later."""
    return on + timedelta(days=days)


@needs(VIEW)
@require_GET
def sheet(request: Request, site_id: int) -> HttpResponse:
    """The day on paper."""
    site = open_site(request, site_id)
    on = day_of(request.GET.get("on"), today(site))
    found, patients = day_sheet.day_sheet(site, on, at=timezone.now())
    shows(request, *patients)
    headers = {"Content-Disposition": f'inline; filename="day-{on}.pdf"', "Cache-Control": "no-store"}
    return HttpResponse(day_sheet.pdf(found), content_type="application/pdf", headers=headers)
