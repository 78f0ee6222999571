"""What the pages of this room begin and end with."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from ketacare.booking import queries, slices
from ketacare.booking.forms import token
from ketacare.booking.models import Appointment
from ketacare.booking.values import Place
from ketacare.clinic.header import header_of
from ketacare.clinic.models import Course, Site, User
from ketacare.clinic.permissions import fetch
from ketacare.clinic.web import Request, shows

VIEW, BOOK = "booking.view", "booking.book"


def open_course(request: Request, course_id: int) -> Course:
    """The course that is booked, for one who may."""
    found = fetch(request.actor, BOOK, Course.objects.select_related("patient", "site"), pk=course_id)
    shows(request, found.patient_id)
    return found


def open_appointment(request: Request, pk: int, permission: str = VIEW) -> Appointment:
    """An appointment, for one who may."""
    found = fetch(request.actor, permission, queries.appointments(), pk=pk)
    if found.patient_id is not None:
        shows(request, found.patient_id)
    return found


def open_site(request: Request, site_id: int, permission: str = VIEW) -> Site:
    """A site whose schedule one may see."""
    return fetch(request.actor, permission, Site.objects.all(), pk=site_id)


def course_page(request: Request, course: Course, template: str, **context: Any) -> HttpResponse:
    """A page about a course, on the clock of its site."""
    header = header_of(course.patient, course=course, at=timezone.now())
    with timezone.override(course.site.time_zone):
        return render(
            request, f"booking/{template}.html", {"course": course, "header": header, "site": course.site} | context
        )


def site_page(request: Request, site: Site, template: str, **context: Any) -> HttpResponse:
    """A page about a site, on its clock."""
    with timezone.override(site.time_zone):
        return render(request, f"booking/{template}.html", {"site": site} | context)


def today(site: Site) -> date:
    """The day at a site."""
    return timezone.now().astimezone(ZoneInfo(site.time_zone)).date()


def named(site: Site, places: dict[int, Place]) -> dict[int, dict[str, object]]:
    """Places as a page tells them: when, in which chair, with whom, and what its form sends back."""
    chairs = {chair.pk: chair.name for chair in queries.chairs_of(site)}
    people = dict(User.objects.filter(memberships__site=site).values_list("pk", "name"))
    return {
        key: {
            "starts_at": when(place),
            "chair": chairs.get(place.chair, "–"),
            "nurse": people.get(place.nurse, "–"),
            "prescriber": people.get(place.prescriber, "–"),
            "token": token(key, place),
        }
        for key, place in sorted(places.items())
    }


def when(place: Place) -> datetime:
    """When a place begins."""
    return slices.moment_of(place.start)
