"""The register in one file, for an inspector."""

from datetime import date

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from ketacare.clinic.models import Site
from ketacare.clinic.web import Request, needs, shows
from ketacare.stewardship import inspection, pages, queries
from ketacare.stewardship.forms import SpanForm
from ketacare.stewardship.views.common import opened, page, status_of

EXPORT = "register.export"


@needs(EXPORT)
@require_GET
def choose(request: Request, pk: int) -> HttpResponse:
    """From when to when?"""
    site = opened(request, pk, EXPORT)
    if not queries.is_kept(site):
        return page(request, site, "no_register", others=Site.objects.none())
    return page(request, site, "inspection", form=SpanForm(initial=wanted(site)), law=queries.law_of(site))


def wanted(site: Site) -> dict[str, date]:
    """The days that the law still wants to see, unless one asks for others."""
    now = timezone.now()
    return {"since": pages.retained_since(site, at=now), "until": pages.today(site, now)}


@needs(EXPORT)
@require_GET
def as_pdf(request: Request, pk: int) -> HttpResponse:
    """The register on paper."""
    return handed_over(request, opened(request, pk, EXPORT), "pdf", "application/pdf")


@needs(EXPORT)
@require_GET
def as_csv(request: Request, pk: int) -> HttpResponse:
    """The register as a table."""
    return handed_over(request, opened(request, pk, EXPORT), "csv", "text/csv; charset=utf-8")


def handed_over(request: Request, site: Site, kind: str, content_type: str) -> HttpResponse:
    """One file of a span of days; who is named in it is on record."""
    if not queries.is_kept(site):
        return page(request, site, "no_register", others=Site.objects.none())
    form = SpanForm(request.GET or wanted(site))
    if not form.is_valid():
        return page(request, site, "inspection", status_of(form), form=form, law=queries.law_of(site))
    made = inspection.file(site, **form.cleaned_data, at=timezone.now())
    shows(request, *made.patients)
    name = f"register-{site.pk}-{made.since}-{made.until}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(inspection.WRITERS[kind](made), content_type=content_type, headers=headers)
