"""One's own calendar: a secret address for the calendar on a phone, and what it answers."""

from datetime import timedelta

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from ketacare.booking import actions, calendars, queries
from ketacare.booking.actions.settling import digest
from ketacare.clinic.actor import user_id
from ketacare.clinic.permissions import sites_where
from ketacare.clinic.web import Request, needs, public, shows_refusals

OWN = "booking.calendar"
BACK = timedelta(days=30)  # how much of the past a feed tells
HEADERS = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow, noarchive"}


@needs(OWN)
@require_http_methods(["GET", "POST"])
@shows_refusals
def own(request: Request) -> HttpResponse:
    """Make one's own secret address, which is told once, or take it back."""
    now, address = timezone.now(), ""
    if request.method == "POST":
        who = {"site_id": min(sites_where(request.actor, OWN)), "by": request.actor, "at": now}
        if "withdraw" in request.POST:
            actions.withdraw_calendar(**who)
        else:
            _, token = actions.make_calendar(**who)
            address = settings.PUBLIC_URL + reverse("booking:feed", args=[token])
    found = queries.current_feed(user_id(request.actor), at=now)
    reply = render(request, "booking/calendar.html", {"feed": found, "address": address})
    reply["Cache-Control"] = "no-store"
    return reply


@public
@require_GET
def feed(request: Request, token: str) -> HttpResponse:
    """The appointments at which the owner of a secret address works, without a name or initials of a patient."""
    now = timezone.now()
    found = queries.feed_of(digest(token), at=now)
    if found is None:
        raise Http404
    rows = queries.work_of(found.person, since=now - BACK)
    return HttpResponse(calendars.for_staff(rows, at=now), content_type=calendars.TYPE, headers=HEADERS)
