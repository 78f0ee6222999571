"""The clinics of this service as anybody may see them."""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from ketacare.clinic.language import speaks
from ketacare.clinic.models import Site
from ketacare.clinic.web import Request, public
from ketacare.public.profile import profile


@public
@speaks
@require_safe
def clinic(request: Request, pk: int) -> HttpResponse:
    """One clinic: who treats, how sessions are watched, whom to call, what it costs, what came of it."""
    found = profile(get_object_or_404(Site, pk=pk), at=timezone.now())
    if found is None:
        raise Http404
    return render(request, "public/clinic.html", {"profile": found, "crisis_site": found.site})
