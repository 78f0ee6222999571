"""The drug of one session: issued to its chair, returned, wasted."""

from http import HTTPStatus
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from ketacare.clinic.models import Course, Site
from ketacare.clinic.web import Request, needs, shows_refusals
from ketacare.record.queries import patient_header
from ketacare.stewardship import actions, pages, queries
from ketacare.stewardship.forms import BackForm, IssueForm, WasteForm
from ketacare.stewardship.views.common import (
    KEEP,
    VIEW,
    chair_of,
    opened_chair,
    page,
    recorded,
    red_when_not_written,
    status_of,
    vouched,
)

WAYS_OUT = {"waste": actions.waste, "breakage": actions.record_breakage}


def chair_page(
    request: Request, site: Site, course: Course, number: int, template: str, status: int = HTTPStatus.OK, **more: Any
) -> HttpResponse:
    """A page about the drug of one session, under its patient's header."""
    chair = chair_of(course, number)
    context = {
        "course": course,
        "number": number,
        "header": patient_header(course.patient, at=timezone.now(), course=course),
        "totals": pages.totals(site, chair),
        "is_running": pages.is_running(chair),
        "held": [one for one in queries.issued(site, chair) if one.container.lot],
    }
    return page(request, site, template, status, **context, **more)


@needs(VIEW)
@require_GET
def chair(request: Request, pk: int, course_id: int, number: int) -> HttpResponse:
    """What was drawn for this session, and where it went?"""
    site, course = opened_chair(request, pk, course_id, number, VIEW)
    moved = queries.of_chair(site, chair_of(course, number))
    return chair_page(request, site, course, number, "chair", movements=moved)


@needs(KEEP)
@require_http_methods(["GET", "POST"])
@red_when_not_written
@shows_refusals
def issue(request: Request, pk: int, course_id: int, number: int) -> HttpResponse:
    """Drug goes from the vault to this session's chair."""
    site, course = opened_chair(request, pk, course_id, number)
    form = IssueForm(request.POST or None, lots=queries.lots(site))
    if request.method == "POST" and form.is_valid():
        told = {"container_ids": form.cleaned_data["containers"], "mg": form.cleaned_data["mg"]}
        told |= {"chair": chair_of(course, number), "nonce": form.cleaned_data["nonce"]}
        return recorded(request, actions.issue(site_id=pk, by=request.actor, at=timezone.now(), **told))
    words = {"title": "Issue to the chair", "button": "Issue", "is_from_vault": True}
    return chair_page(request, site, course, number, "chair_act", status_of(form), form=form, **words)


@needs(KEEP)
@require_http_methods(["GET", "POST"])
@red_when_not_written
@shows_refusals
def bring_back(request: Request, pk: int, course_id: int, number: int) -> HttpResponse:
    """Drug goes back to the vault."""
    site, course = opened_chair(request, pk, course_id, number)
    chair = chair_of(course, number)
    form = BackForm(request.POST or None, held=[one for one in queries.issued(site, chair) if one.container.lot])
    if request.method == "POST" and form.is_valid():
        told = {"container_id": form.cleaned_data["container"], "mg": form.cleaned_data["mg"]}
        told |= {"chair": chair, "nonce": form.cleaned_data["nonce"]}
        return recorded(request, actions.return_drug(site_id=pk, by=request.actor, at=timezone.now(), **told))
    words = {"title": "Return to the vault", "button": "Return"}
    return chair_page(request, site, course, number, "chair_act", status_of(form), form=form, **words)


@needs(KEEP)
@require_http_methods(["GET", "POST"])
@red_when_not_written
@shows_refusals
def waste(request: Request, pk: int, course_id: int, number: int) -> HttpResponse:
    """Drug is thrown away, or broke, before a second person."""
    site, course = opened_chair(request, pk, course_id, number)
    chair = chair_of(course, number)
    form = WasteForm(request.POST or None, held=[one for one in queries.issued(site, chair) if one.container.lot])
    if request.method == "POST" and form.is_valid() and vouched(request, site, form):
        typed = form.cleaned_data
        told = {name: typed[name] for name in ("mg", "reason", "nonce")} | {"container_id": typed["container"]}
        who = {"witness": form.witness, "by": request.actor, "at": timezone.now()}
        return recorded(request, WAYS_OUT[typed["what"]](site_id=pk, chair=chair, **told, **who))
    words = {"title": "Waste before a second person", "button": "Sign and waste"}
    return chair_page(request, site, course, number, "chair_act", status_of(form), form=form, **words)
