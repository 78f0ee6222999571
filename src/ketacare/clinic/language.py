"""In which language a page speaks: staff pages always in English, a page for patients in the reader's own.

A patient who is logged in, or whose link it is, is spoken to in the language of their record. Anybody else chooses: the
address may say it (``?language=es``), which a cookie then remembers; else what their browser asks for; else English. The
cookie holds two letters and nothing about the person.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import translation
from django.utils.cache import patch_vary_headers

from ketacare.clinic.actor import PatientLink
from ketacare.clinic.models import Patient
from ketacare.clinic.web import View

PARAMETER, COOKIE = "language", "language"
REMEMBERED = timedelta(days=100)  # longer than somebody thinks about a treatment


def speaks(view: View) -> View:
    """Mark a view that is made for patients and people who may become some: it speaks their language."""
    view.speaks = True  # type: ignore[attr-defined]
    return view


def speak_to(patient: Patient) -> None:
    """Go on in this patient's own language: for a view that learns from a link whom it speaks to."""
    translation.activate(patient.language)


class LanguageMiddleware:
    """Chooses the language of every page; stands after the middleware that says who asks."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with translation.override(settings.LANGUAGE_CODE):
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", translation.get_language())
        if hasattr(request, "speaks"):
            remember(request, response)
        return response

    def process_view(self, request: Any, view: Any, args: Any, kwargs: Any) -> None:
        if getattr(view, "speaks", False) or is_patient(request):
            request.speaks = chosen(request)
            translation.activate(request.speaks)


def is_patient(request: Any) -> bool:
    """Whether a patient is logged in: every page speaks to them in their own language."""
    return request.user.is_authenticated and isinstance(request.actor, PatientLink)


def chosen(request: Any) -> str:
    """The language that a page for patients is shown in."""
    if is_patient(request):
        return str(Patient.objects.values_list("language", flat=True).get(pk=request.actor.patient_id))
    known = dict(settings.LANGUAGES)
    wanted = (request.GET.get(PARAMETER), request.COOKIES.get(COOKIE), translation.get_language_from_request(request))
    return next((one for one in wanted if one in known), settings.LANGUAGE_CODE)


def remember(request: Any, response: Any) -> None:
    """Keep what the address said for the next pages, and tell caches what the page depends on."""
    patch_vary_headers(response, ["Cookie", "Accept-Language"])
    if request.GET.get(PARAMETER) in dict(settings.LANGUAGES):
        response.set_cookie(
            COOKIE,
            request.GET[PARAMETER],
            max_age=REMEMBERED,
            secure=settings.SECURE,
            httponly=True,
            samesite="Lax",
        )
