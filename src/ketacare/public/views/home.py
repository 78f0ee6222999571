"""Where a stranger begins."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from ketacare.clinic.language import speaks
from ketacare.clinic.web import Request, public
from ketacare.public import education, profile


@public
@speaks
@require_safe
def home(request: Request) -> HttpResponse:
    """What this is, and where to read on."""
    return render(
        request, "public/home.html", {"pages": education.pages(get_language() or ""), "clinics": profile.sites()}
    )
