"""Models of where the drug goes: pages about nobody."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from ketacare.clinic.web import Request, needs
from ketacare.planning.model_pages import model_lines, model_page


@needs("model.view")
@require_GET
def model_list(request: Request) -> HttpResponse:
    """Every model, with what it is for."""
    return render(request, "planning/models.html", {"lines": model_lines()})


@needs("model.view")
@require_GET
def model(request: Request, name: str) -> HttpResponse:
    """One model with all of its numbers."""
    page = model_page(name)
    if page is None:
        raise Http404
    return render(request, "planning/model.html", {"page": page})
