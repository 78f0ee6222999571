"""What needs me now?"""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from ketacare.clinic.web import Request, needs


@needs("today.view")
@require_GET
def today(request: Request) -> HttpResponse:
    """What needs me now?"""
    return render(request, "worklist/today.html", {"items": []})
