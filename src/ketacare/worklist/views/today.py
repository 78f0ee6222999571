"""What needs me now?"""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from ketacare.clinic.web import Request, needs, shows
from ketacare.worklist.queries.today import worklist


@needs("today.view")
@require_GET
def today(request: Request) -> HttpResponse:
    """What needs me now? ``kind`` and ``role`` narrow the list."""
    kind, role = request.GET.get("kind", ""), request.GET.get("role", "")
    found = worklist(request.actor, at=timezone.now(), kind=kind, role=role)
    shows(request, *(item.patient_id for item in found.items if item.patient_id is not None))
    return render(request, "worklist/today.html", {"found": found, "items": found.items})
