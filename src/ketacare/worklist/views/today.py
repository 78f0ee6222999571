"""What needs me now?"""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from ketacare.clinic.web import Request, needs, shows
from ketacare.worklist.queries.today import work


@needs("today.view")
@require_GET
def today(request: Request) -> HttpResponse:
    """What needs me now?"""
    items = work(request.actor, at=timezone.now())
    shows(request, *(item.patient_id for item in items if item.patient_id is not None))
    return render(request, "worklist/today.html", {"items": items})
