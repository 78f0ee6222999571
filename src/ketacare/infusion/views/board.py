"""The rooms at a glance, and the sessions of a course."""

from django.db.models import QuerySet
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from ketacare.clinic.models import Course
from ketacare.clinic.permissions import fetch, may, sites_where
from ketacare.clinic.web import Request, needs, shows, shows_refusals
from ketacare.infusion import actions, floor, queries, rems
from ketacare.infusion.cockpit import tones
from ketacare.infusion.forms import PlanForm
from ketacare.infusion.outside import planned_route
from ketacare.record.queries import patient_header
from ketacare.stewardship.models import Discrepancy
from ketacare.stewardship.queries import open_discrepancies


@needs("infusion.view")
@require_GET
def board(request: Request) -> HttpResponse:
    """What is going on in each room?"""
    at, sites = timezone.now(), sites_where(request.actor, "infusion.view")
    rooms = [
        {"chair": one.chair, "card": floor.card(one.session, at=at) if one.session else None}
        for one in floor.rooms(sites=sites, at=at)
    ]
    cards = [one["card"] for one in rooms if one["card"]]
    shows(request, *(card["session"].patient_id for card in cards))
    context = {
        "rooms": rooms,
        "cursor": ",".join(f"{card['session'].pk}:{card['state'].seq}" for card in cards),
        "ids": ",".join(str(card["session"].pk) for card in cards),
        "occupied": standing(request),
        "points": {card["session"].pk: floor.small_curves(card["session"], at=at) for card in cards},
        "sounds": tones(),
        "discrepancies": list(open_in_register(request)),
        "forms": rems.forms_due(sites_where(request.actor, "rems.view"), at=at),
    }
    return render(request, "infusion/board.html", context)


@needs("infusion.view")
@require_GET
def board_rooms(request: Request) -> HttpResponse:
    """Who sits where, for a Board that asks whether it is still so."""
    return JsonResponse({"occupied": standing(request)}, headers={"Cache-Control": "no-store"})


def standing(request: Request) -> str:
    """Who sits where and how much is open in the drug register, as one word."""
    occupied = floor.occupied(sites=sites_where(request.actor, "infusion.view"))
    return f"{occupied};{open_in_register(request).count()}"


def open_in_register(request: Request) -> QuerySet[Discrepancy]:
    """What is not explained yet where this person may see the register."""
    return open_discrepancies(sites_where(request.actor, "register.view"))


@needs("infusion.view")
@require_GET
def course(request: Request, pk: int) -> HttpResponse:
    """The sessions of a course."""
    found = fetch(request.actor, "infusion.view", Course.objects.select_related("patient", "site"), pk=pk)
    shows(request, found.patient_id)
    page = {
        "course": found,
        "header": patient_header(found.patient, at=timezone.now(), course=found),
        "sessions": queries.sessions_of(found),
        "may_plan": may(request.actor, "infusion.plan", found),
    }
    return render(request, "infusion/sessions.html", page)


@needs("infusion.plan")
@require_http_methods(["GET", "POST"])
@shows_refusals
def plan(request: Request, pk: int) -> HttpResponse:
    """Put a session of a course on the day's list."""
    found = fetch(request.actor, "infusion.plan", Course.objects.select_related("patient", "site"), pk=pk)
    shows(request, found.patient_id)
    with timezone.override(found.site.time_zone):
        form = PlanForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            route, schedule = planned_route(found)
            asked = {"route": route, "schedule": schedule} | form.cleaned_data
            actions.plan_session(course=found, **asked, by=request.actor, at=timezone.now())
            return redirect("infusion:course", found.pk)
    header = patient_header(found.patient, at=timezone.now(), course=found)
    return render(request, "infusion/plan.html", {"form": form, "course": found, "header": header})
