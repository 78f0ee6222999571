"""What a site charges: the price list, the codes, what the site is called on a bill, and the export for accounting."""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django import forms as django_forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from ketacare.billing import accounting, actions, queries
from ketacare.billing.forms import CodeForm, IdentityForm, NumberForm, PeriodForm, PriceForm, ScaleForm
from ketacare.clinic import audit
from ketacare.clinic.models import Site, User
from ketacare.clinic.permissions import fetch, may, sites_where
from ketacare.clinic.web import Request, needs, shows_refusals
from ketacare.consent.beyond_care import ACCOUNTS, asked
from ketacare.science.billing.catalogue import catalogue
from ketacare.science.billing.law import law_of

READ, SET, EXPORT = "billing.prices", "billing.price", "billing.export"
# what is set -> its form, its action, the title of the page
SETTING: dict[str, tuple[type[django_forms.Form], Callable[..., Any], str]] = {
    "price": (PriceForm, actions.set_price, "Set a price"),
    "identity": (IdentityForm, actions.set_identity, "What the clinic is called on a bill"),
    "number": (NumberForm, actions.set_clinician_number, "NPI of a clinician"),
    "code": (CodeForm, actions.set_code, "Add a code of your own"),
    "scale": (ScaleForm, actions.set_sliding_scale, "Sliding scale"),
}


def page(request: Request, site: Site, template: str, **context: Any) -> HttpResponse:
    """A page about a site's money, on its clock."""
    form = context.get("form")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form is not None and form.errors else None
    given = {"site": site, "may": {"set": may(request.actor, SET, site), "export": may(request.actor, EXPORT, site)}}
    return render(request, f"billing/{template}.html", given | context, status=status)


def opened(request: Request, pk: int, permission: str) -> Site:
    """The site, for somebody who may."""
    return fetch(request.actor, permission, Site.objects.all(), pk=pk)


def people_of(site: Site) -> list[tuple[int, str]]:
    """Who works at a site, by name."""
    rows = User.objects.filter(memberships__site=site, is_active=True).distinct().order_by("name")
    return list(rows.values_list("pk", "name"))


@needs(READ)
@require_GET
def first(request: Request) -> HttpResponse:
    """The price list of the site where one works, the first by name."""
    found = Site.objects.filter(pk__in=sites_where(request.actor, READ)).order_by("name").first()
    return redirect("billing:prices", found.pk)


@needs(READ)
@require_GET
def prices(request: Request, pk: int) -> HttpResponse:
    """What does this site charge today, and from when on what else?"""
    site = opened(request, pk, READ)
    today = queries.today_at(site, timezone.now())
    context = {
        "today": today,
        "prices": queries.price_list(site, on=today),
        "to_come": [(row, queries.label_of(row.item, row.detail)) for row in queries.prices_to_come(site, after=today)],
        "identity": queries.identity_of(site),
        "scale": queries.sliding_scale(site, on=today),
        "law": law_of(site.jurisdiction),
        "others": Site.objects.filter(pk__in=sites_where(request.actor, READ) - {site.pk}).order_by("name"),
    }
    return page(request, site, "prices", **context)


@needs(READ)
@require_GET
def codes(request: Request, pk: int) -> HttpResponse:
    """Which codes go with what, from when to when, and where do they come from?"""
    site, known = opened(request, pk, READ), catalogue()
    rows = [
        (label, item, [(code, known.codes[code]) for code in (*item.codes, *item.may_be)]) for label, item in named()
    ]
    return page(request, site, "codes", rows=rows, own=queries.codes_of(site), catalogue=known)


def named() -> list[tuple[str, Any]]:
    """The items of the catalogue with their words."""
    return [(item.label, item) for item in catalogue().items.values()]


@needs(SET)
@require_http_methods(["GET", "POST"])
@shows_refusals
def setting(request: Request, pk: int, what: str) -> HttpResponse:
    """Set a price, a code, a number, the name on a bill or the sliding scale."""
    site, now = opened(request, pk, SET), timezone.now()
    kind, act, title = SETTING[what]
    more = {"people": people_of(site)} if what == "number" else {}
    form = kind(request.POST or None, initial=before(site, what, at=now), **more)
    if form.is_valid():
        act(site_id=site.pk, **form.value(), by=request.actor, at=now)
        messages.success(request, "Kept.")
        return redirect("billing:codes" if what == "code" else "billing:prices", site.pk)
    return page(request, site, "setting", form=form, title=title)


def before(site: Site, what: str, *, at: datetime) -> dict[str, Any]:
    """What a form starts from."""
    today = queries.today_at(site, at)
    if what == "identity":
        row = queries.identity_of(site)
        names = IdentityForm.base_fields
        return {name: getattr(row, name) for name in names} if row else {"bundles_esketamine": True}
    if what == "scale":
        row = queries.sliding_scale(site, on=today)
        lines = "\n".join(f"{name}; {percent}" for name, percent in row.brackets) if row else ""
        return {"brackets": lines, "effective_on": today}
    return {"effective_on": today, "valid_from": today}


def left_out(site: Site, *, at: datetime) -> str:
    """How many patients of a site stand in no file for accounting, and why."""
    return asked(site.patients.values_list("pk", flat=True), ACCOUNTS, at=at).says


@needs(EXPORT)
@require_GET
def export(request: Request, pk: int) -> HttpResponse:
    """Hand what moved to accounting."""
    site, now = opened(request, pk, EXPORT), timezone.now()
    today = queries.today_at(site, now)
    form = PeriodForm(request.GET or None, initial={"since": today.replace(day=1), "until": today})
    if not form.is_valid():
        return page(request, site, "export", form=form, columns=accounting.COLUMNS, left_out=left_out(site, at=now))
    told = accounting.as_csv([site.pk], **form.period(), at=now)
    audit.record(by=request.actor, at=now, did="money exported", on=site, details=told.asked.details)
    name = f"ketacare-money-{form.period()['since']}-{form.period()['until']}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(told.text, content_type="text/csv; charset=utf-8", headers=headers)
