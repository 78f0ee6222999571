"""The sessions of today with the drug issued to each: where an issue begins."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from ketacare.clinic.models import Site
from ketacare.clinic.permissions import fetch
from ketacare.clinic.web import Request, needs, shows
from ketacare.infusion.issued import todays


@needs("register.keep")
@require_GET
def today(request: Request, pk: int) -> HttpResponse:
    """Which session needs drug?"""
    site = fetch(request.actor, "register.keep", Site.objects.all(), pk=pk)
    rows = todays(site.pk, site.time_zone, at=timezone.now())
    shows(request, *(one.session.patient_id for one in rows))
    return render(request, "infusion/drug_today.html", {"site": site, "rows": rows})
