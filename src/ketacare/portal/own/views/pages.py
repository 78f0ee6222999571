"""What a patient reads of themself."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from ketacare.clinic.queries import grants_of, who_looked
from ketacare.clinic.web import Request
from ketacare.portal.own.course import dose_day_of, standing
from ketacare.portal.own.looked import looks
from ketacare.portal.own.scores import scales_shown
from ketacare.portal.own.summaries import summaries
from ketacare.portal.own.views.frame import own, page
from ketacare.portal.own.visitor import Visitor

EVENTS_A_PAGE = 200


@own
@require_safe
def home(request: Request, person: Visitor) -> HttpResponse:
    """Where do I stand, and when do I come next?"""
    shown = standing(person, language=get_language() or "en", at=timezone.now())
    return page(request, person, "home", standing=shown, current="home")


@own
@require_safe
def day(request: Request, person: Visitor) -> HttpResponse:
    """What do I do before and on the day?"""
    told = dose_day_of(person, language=get_language() or "en", at=timezone.now())
    return page(request, person, "day", day=told)


@own
@require_safe
def scores(request: Request, person: Visitor) -> HttpResponse:
    """What do my numbers mean?"""
    shown = scales_shown(person.courses, language=get_language() or "en", zone=person.time_zone)
    return page(request, person, "scores", scales=shown)


@own
@require_safe
def session_summaries(request: Request, person: Visitor) -> HttpResponse:
    """What did the clinic write of my sessions?"""
    return page(request, person, "summaries", summaries=summaries(person.courses))


@own
@require_safe
def access(request: Request, person: Visitor) -> HttpResponse:
    """Who looked at my record?"""
    events = who_looked(person.patient, machines="machines" in request.GET)
    shown = Paginator(events, EVENTS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "looks": looks(shown.object_list, zone=person.time_zone),
        "shown": shown,
        "grants": grants_of(person.patient),
    }
    return page(request, person, "access", **context)


@own
@require_safe
def log_in(request: Request, person: Visitor) -> HttpResponse:
    """How do I change my password, or log in without one?"""
    return page(request, person, "log_in")
