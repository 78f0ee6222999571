"""Pages to read: what anybody should know before they ask for treatment."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from ketacare.clinic.language import speaks
from ketacare.clinic.web import Request, public
from ketacare.public import education


@public
@speaks
@require_safe
def page(request: Request, slug: str) -> HttpResponse:
    """One page to read, with each claim's sources below it."""
    language = get_language() or ""
    found = education.page(slug, language)
    if found is None:
        raise Http404
    today = timezone.now().date()  # no site is known here: the day of the world's clock
    context = {
        "page": found,
        "claims": education.shown(found.claims, language, on=today),
        "is_overdue": found.front.look_again_on < today,
        "pages": education.pages(language),
    }
    return render(request, "public/page.html", context)
