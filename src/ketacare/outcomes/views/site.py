"""What a site settles about its alerts: the rota, and the crisis lines that patients are shown."""

from dataclasses import dataclass
from http import HTTPStatus

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from ketacare.clinic.models import Site, User
from ketacare.clinic.permissions import fetch, may, sites_where
from ketacare.clinic.queries import sites_of
from ketacare.clinic.web import Request, needs, shows_refusals
from ketacare.outcomes import actions
from ketacare.outcomes.alert_forms import WEEKDAYS, CrisisLinesForm, DutyForm
from ketacare.outcomes.crisis import CrisisHelp, crisis_help, latest_setting
from ketacare.outcomes.looking_after import mail_is_set_up
from ketacare.outcomes.models import AlertDuty, CrisisSetting
from ketacare.outcomes.rota import callable_people, duties, may_look_after


@dataclass(frozen=True, kw_only=True)
class Arranged:
    """One site: who is called now, its hours, and whom its patients can reach."""

    site: Site
    on_now: list[User]
    hours: list[tuple[str, AlertDuty]]
    crisis: CrisisHelp
    set_last: CrisisSetting | None
    may_change: bool
    duty_form: DutyForm
    crisis_form: CrisisLinesForm


@needs("alert.rota")
@require_GET
def rota(request: Request) -> HttpResponse:
    """Who is on for alerts, and whom patients in crisis are told to call."""
    sites = [arranged(request, site) for site in sites_of(sites_where(request.actor, "alert.rota"))]
    return render(request, "outcomes/rota.html", {"sites": sites, "mail_is_set_up": mail_is_set_up()})


def arranged(
    request: Request, site: Site, *, duty: DutyForm | None = None, lines: CrisisLinesForm | None = None
) -> Arranged:
    """What a site has settled, with the forms to change it."""
    last = latest_setting(site)
    rows = [
        ("when nobody else is on" if row.weekday is None else WEEKDAYS[row.weekday], row) for row in duties(site.pk)
    ]
    given = {name: getattr(last, name) for name in ("country", "emergency", "own_name", "own_reach")} if last else None
    return Arranged(
        site=site,
        on_now=callable_people(site, at=timezone.now()),
        hours=rows,
        crisis=crisis_help(site),
        set_last=last,
        may_change=may(request.actor, "alert.arrange", site),
        duty_form=duty or DutyForm(people=may_look_after(site.pk)),
        crisis_form=lines or CrisisLinesForm(initial=given or {"country": site.jurisdiction.lower()}),
    )


@needs("alert.arrange")
@require_POST
@shows_refusals
def duty_add(request: Request, pk: int) -> HttpResponse:
    """Put somebody on the rota."""
    site = fetch(request.actor, "alert.arrange", Site.objects.all(), pk=pk)
    form = DutyForm(request.POST, people=may_look_after(site.pk))
    if not form.is_valid():
        context = {"sites": [arranged(request, site, duty=form)], "mail_is_set_up": mail_is_set_up()}
        return render(request, "outcomes/rota.html", context, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    actions.add_duty(site_id=pk, **form.value(), by=request.actor, at=timezone.now())
    messages.success(request, "The rota is changed.")
    return redirect("outcomes:rota")


@needs("alert.arrange")
@require_POST
@shows_refusals
def duty_end(request: Request, pk: int) -> HttpResponse:
    """Take hours off the rota."""
    actions.end_duty(duty_id=pk, by=request.actor, at=timezone.now())
    messages.success(request, "The rota is changed.")
    return redirect("outcomes:rota")


@needs("alert.arrange")
@require_POST
@shows_refusals
def crisis_lines_set(request: Request, pk: int) -> HttpResponse:
    """Say whom patients in crisis can reach."""
    site = fetch(request.actor, "alert.arrange", Site.objects.all(), pk=pk)
    form = CrisisLinesForm(request.POST)
    if not form.is_valid():
        context = {"sites": [arranged(request, site, lines=form)], "mail_is_set_up": mail_is_set_up()}
        return render(request, "outcomes/rota.html", context, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    actions.set_crisis_lines(site_id=pk, **form.cleaned_data, by=request.actor, at=timezone.now())
    messages.success(request, "Patients are shown these numbers from now on.")
    return redirect("outcomes:rota")
