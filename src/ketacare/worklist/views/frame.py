"""The choice of theme."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from ketacare.clinic.web import Request, public

YEAR = 365 * 24 * 60 * 60  # seconds


@public
@require_POST
def theme(request: Request) -> HttpResponse:
    """Keep the choice of light or room theme in a cookie and go back to the page it was made on."""
    page = request.POST.get("next", "/")
    own = url_has_allowed_host_and_scheme(page, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    reply = redirect(page if own else "/")
    chosen = "room" if request.POST.get("theme") == "room" else "light"
    reply.set_cookie("theme", chosen, max_age=YEAR, samesite="Lax", secure=request.is_secure(), httponly=True)
    return reply
