"""A day arranged anew: who is absent, what that changes, and applying what was shown."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from ketacare.booking import actions, queries
from ketacare.booking.forms import AbsenceForm, day_of, places_of, token
from ketacare.booking.models import Absence
from ketacare.booking.rearranging import DayPlan, arranged
from ketacare.booking.values import Nothing
from ketacare.booking.views.common import named, open_site, site_page, today
from ketacare.clinic.models import Site
from ketacare.clinic.permissions import fetch
from ketacare.clinic.web import Request, needs, shows, shows_refusals

REPLAN, ABSENCE = "booking.replan", "booking.absence"


@needs(REPLAN)
@require_http_methods(["GET", "POST"])
@shows_refusals
def plan(request: Request, site_id: int) -> HttpResponse:
    """The fewest changes that make a day fit again, shown; then applied as shown."""
    site, now = open_site(request, site_id, REPLAN), timezone.now()
    on = day_of(request.GET.get("on"), today(site))
    if request.method == "POST":
        sent, left = request.POST.getlist("place"), request.POST.getlist("without")
        places = places_of(sent) if sent else {}
        ids = [int(one) for one in left if one.isascii() and one.isdigit()]
        actions.apply_day(site_id=site.pk, on=on, places=places, without_place=ids, by=request.actor, at=now)
        messages.success(request, "The day is arranged anew.")
        return redirect(f"{reverse('booking:schedule')}?site={site.pk}&on={on}")
    found = arranged(site, on, at=now)
    shows(request, *(change.row.patient_id for change in found.changes if change.row.patient_id is not None))
    return site_page(request, site, "day_plan", found=found, on=on, changes=told(site, found), why=why_not(found))


def told(site: Site, found: DayPlan) -> list[dict[str, object]]:
    """Each change as a page tells it and its form sends it back."""
    after = named(site, {change.row.pk: change.after for change in found.changes if change.after is not None})
    return [
        {
            "change": change,
            "to": after.get(change.row.pk),
            "starts_at": change.starts_at,
            "token": token(change.row.pk, change.after) if change.after else "",
        }
        for change in found.changes
    ]


def why_not(found: DayPlan) -> tuple[str, ...]:
    """Why there is no plan; nothing where there is one."""
    return found.answer.why if isinstance(found.answer, Nothing) else ()


@needs(ABSENCE)
@require_http_methods(["GET", "POST"])
@shows_refusals
def absences(request: Request, site_id: int) -> HttpResponse:
    """Who is absent; telling of one leads to the first day that it touches."""
    site, now = open_site(request, site_id, ABSENCE), timezone.now()
    start = {"first_on": today(site), "last_on": today(site)}
    form = AbsenceForm(request.POST or None, site=site, initial=start)
    if form.is_valid():
        actions.add_absence(site_id=site.pk, **form.value(), by=request.actor, at=now)
        messages.success(request, "The absence is kept. Look at each day that it touches.")
        return redirect(f"{reverse('booking:schedule')}?site={site.pk}&on={form.cleaned_data['first_on']}")
    return site_page(request, site, "absences", form=form, rows=queries.absences_at(site, at=now))


@needs(ABSENCE)
@require_POST
@shows_refusals
def absence_end(request: Request, pk: int) -> HttpResponse:
    """They are there after all."""
    row = fetch(request.actor, ABSENCE, Absence.objects.all(), pk=pk)
    actions.end_absence(absence_id=pk, by=request.actor, at=timezone.now())
    return redirect("booking:absences", row.site_id)
