"""What a patient's order is predicted to come to."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from ketacare.clinic.permissions import may
from ketacare.clinic.web import Request, needs
from ketacare.planning.exposure_page import exposure_page
from ketacare.planning.views.common import open_course, page_about


@needs("exposure.view")
@require_http_methods(["GET", "POST"])
def exposure(request: Request, course_id: int, number: int | None = None) -> HttpResponse:
    """The curves of an order, and what changes with its time, the weight and a second medicine; nothing is kept."""
    row = open_course(request, "exposure.view", course_id)
    page = exposure_page(row, number, chosen=request.POST.get("medicine", ""), at=timezone.now())
    can = may(request.actor, "simulator.use", row)
    return render(request, "planning/exposure.html", page_about(row, page=page, may_simulate=can))
