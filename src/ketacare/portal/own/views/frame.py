"""What every page of a patient has on it: whose it is, whom to call, and that nothing keeps it."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus

from django.http import HttpResponse
from django.shortcuts import render

from ketacare.clinic.web import Request, needs, shows
from ketacare.portal.own.talking import unread
from ketacare.portal.own.visitor import VIEW, Visitor, visitor
from ketacare.portal.whom import whom_to_call

HEADERS = {"Cache-Control": "no-store, private", "X-Robots-Tag": "noindex, nofollow, noarchive"}
PatientView = Callable[..., HttpResponse]


def own(view: PatientView) -> PatientView:
    """A page of the patient who is logged in; the view gets them as its second argument."""

    @wraps(view)
    def shown(request: Request, *args: object, **kwargs: object) -> HttpResponse:
        return view(request, visitor(request.actor), *args, **kwargs)

    return needs(VIEW)(shown)


def page(
    request: Request, person: Visitor, template: str, *, status: int = HTTPStatus.OK, **context: object
) -> HttpResponse:
    """A page that names its patient, on the audit like any other, with whom to call on it."""
    shows(request, person.patient)
    given = {"person": person, "zone": person.time_zone, "unread": unread(person.patient)}
    reply = render(request, f"portal/own/{template}.html", given | whom_to_call(person.site) | context, status=status)
    return sealed(reply)


def sealed(reply: HttpResponse) -> HttpResponse:
    """A reply that is kept by no cache and found by no search."""
    for name, value in HEADERS.items():
        reply[name] = value
    return reply
