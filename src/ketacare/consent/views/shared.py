"""What both kinds of pages need: the course, and the language in which somebody reads."""

from collections.abc import Callable
from functools import wraps

from django.http import HttpResponse
from django.utils import translation

from ketacare.clinic.models import Course
from ketacare.clinic.permissions import fetch
from ketacare.clinic.web import Request, shows
from ketacare.consent.document import FIRST_LANGUAGE, language_of

LANGUAGES = {FIRST_LANGUAGE: "English", "es": "Español"}
View = Callable[..., HttpResponse]


def open_course(request: Request, permission: str, course_id: int) -> Course:
    """The course of a page about its patient, for one who may."""
    course = fetch(request.actor, permission, Course.objects.select_related("patient", "site"), pk=course_id)
    shows(request, course.patient_id)
    return course


def in_their_language(view: View) -> View:
    """Speak the language asked for, or the patient's own, for as long as the view runs."""

    @wraps(view)
    def spoken(request: Request, course_id: int, *args: object, **kwargs: object) -> HttpResponse:
        asked = request.GET.get("language", "")
        course = Course.objects.select_related("patient").filter(pk=course_id).first()
        own = language_of(course.patient) if course else FIRST_LANGUAGE
        with translation.override(asked if asked in LANGUAGES else own):
            return view(request, course_id, *args, **kwargs)

    return spoken


def now_spoken() -> str:
    """The language in which this page is spoken."""
    language = (translation.get_language() or FIRST_LANGUAGE).split("-")[0]
    return language if language in LANGUAGES else FIRST_LANGUAGE
