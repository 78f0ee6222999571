"""What every page of this room begins and ends with."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.db import DatabaseError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone

from ketacare.clinic import credentials
from ketacare.clinic.errors import ActionRefused, NotAllowed
from ketacare.clinic.models import Course, Site
from ketacare.clinic.permissions import fetch, may
from ketacare.clinic.web import Request, shows
from ketacare.stewardship import queries
from ketacare.stewardship.forms import Witnessed
from ketacare.stewardship.models import Movement
from ketacare.stewardship.values import Chair

VIEW, KEEP, STOCK = "register.view", "register.keep", "register.stock"
RIGHTS = ("keep", "stock", "explain", "export")


def opened(request: Request, pk: int, permission: str = VIEW) -> Site:
    """The site, for somebody who may."""
    return fetch(request.actor, permission, Site.objects.all(), pk=pk)


def opened_chair(request: Request, pk: int, course_id: int, number: int, permission: str = KEEP) -> tuple[Site, Course]:
    """The site and the course of a session there; the page names its patient."""
    site = opened(request, pk, permission)
    course = Course.objects.filter(pk=course_id, site=site).select_related("patient").first()
    if course is None or number < 1:
        raise NotAllowed(permission, f"clinic.course:{course_id}")
    shows(request, course.patient_id)
    return site, course


def chair_of(course: Course, number: int) -> Chair:
    return Chair(course_id=course.pk, number=number)


def page(request: Request, site: Site, template: str, status: int = HTTPStatus.OK, **context: Any) -> HttpResponse:
    """A page of a site's register."""
    given = {
        "site": site,
        "register": queries.register_of(site),
        "may": {name: may(request.actor, f"register.{name}", site) for name in RIGHTS},
    }
    return render(request, f"stewardship/{template}.html", given | context, status=status)


def status_of(form: Any) -> int:
    """A form that was not taken is shown again, and says so to machines."""
    return HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK


def vouched(request: Request, site: Site, form: Witnessed, permission: str = "register.witness") -> bool:
    """Whether the second person's credential is good, or nobody is there; a wrong one is said on the form, and nothing is done."""
    if not form.has_second:
        return True
    told = {name: form.cleaned_data[f"witness_{name}"] for name in ("email", "password", "code")}
    try:
        form.witness = credentials.verified(
            **told, by=request.actor, on=site, permission=permission, at=timezone.now(), request=request
        )
    except ActionRefused as refusal:
        form.add_error("witness_email", [f"{one.text} Nothing was recorded." for one in refusal.reasons])
    return form.witness is not None


def recorded(request: Request, row: Movement) -> HttpResponse:
    """Say under which number it stands, and lead back to the chair or to the register."""
    messages.success(request, f"Recorded: {row.get_kind_display().lower()}, no. {row.number}.")
    if row.course_id:
        return redirect("stewardship:chair", row.site_id, row.course_id, row.session)
    return redirect("stewardship:site", row.site_id)


def red_when_not_written(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A full disk or a locked database is a red page that says nothing was recorded, and never a success.

    The page asks the database nothing: it is drawn without the surroundings of the others.
    """

    @wraps(view)
    def guarded(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except DatabaseError:
            request.shown.clear()
            said = render_to_string("stewardship/not_written.html", {"back": request.path})
            return HttpResponse(said, status=HTTPStatus.SERVICE_UNAVAILABLE, headers={"Cache-Control": "no-store"})

    return guarded
