"""How much of what was asked was answered."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from ketacare.clinic.permissions import sites_where
from ketacare.clinic.web import Request, needs
from ketacare.portal import capture as figures

VIEW = "capture.view"


@needs(VIEW)
@require_GET
def capture(request: Request) -> HttpResponse:
    """The capture rate by scale, clinic and nurse, with what it counts."""
    return render(
        request, "portal/capture.html", {"page": figures.page(sites_where(request.actor, VIEW), at=timezone.now())}
    )
