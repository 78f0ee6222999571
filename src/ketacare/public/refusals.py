"""What patients and strangers are told, in their language, when there is no such page, a form was too old or the software failed."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.views import csrf, defaults

from ketacare.clinic.language import chosen, is_patient

TEMPLATE = "public/refused.html"
NOT_FOUND = {
    "title": _("There is no such page"),
    "text": _("The address may be mistyped, or the page may be gone."),
}
TOO_OLD = {
    "title": _("This form was too old"),
    "text": _("Nothing was sent. Go back, load the page again and send it once more."),
}
BROKEN = {
    "title": _("Something went wrong on our side"),
    "text": _("What you sent may not have arrived. Go back and look before you send it again, or call your clinic."),
    "is_broken": True,  # then the database may be gone, and with it the clinic's own numbers
}


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: the same whether it never was or is not theirs."""
    if is_for_people(request):
        return told(request, NOT_FOUND, status=404)
    return defaults.page_not_found(request, exception)


def too_old(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: a form without the page's own secret."""
    return told(request, TOO_OLD, status=403) if is_for_people(request) else csrf.csrf_failure(request, reason)


def broken(request: HttpRequest) -> HttpResponse:
    """500: asks the database nothing."""
    if not hasattr(request, "speaks"):
        return defaults.server_error(request)
    return render(request, TEMPLATE, BROKEN, status=500)


def is_for_people(request: Any) -> bool:
    """Whether a patient or a stranger asks, at a page: at the doors of live data nobody is looked up before the refusal."""
    return hasattr(request, "user") and (is_patient(request) or not request.user.is_authenticated)


def told(request: Any, words: dict[str, object], *, status: int) -> HttpResponse:
    """In the language that the page would have had."""
    translation.activate(chosen(request))
    return render(request, TEMPLATE, words | {"is_patient": is_patient(request)}, status=status)
