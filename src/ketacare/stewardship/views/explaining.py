"""Discrepancies: what is open, what two people said of it, and the report of a loss."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from ketacare.clinic.models import Site
from ketacare.clinic.permissions import fetch, may, require, sites_where
from ketacare.clinic.web import Request, needs, shows, shows_refusals
from ketacare.stewardship import actions, pages, queries
from ketacare.stewardship.forms import ExplainForm
from ketacare.stewardship.models import Discrepancy
from ketacare.stewardship.views.common import VIEW, page, red_when_not_written, status_of, vouched


def found_discrepancy(request: Request, pk: int) -> Discrepancy:
    """The discrepancy, for somebody who may see the register of its site; the page names its patient."""
    rows = queries.discrepancies(sites_where(request.actor, VIEW))
    found = fetch(request.actor, VIEW, rows, pk=pk)
    shows(request, *pages.patients_of([found]))
    return found


@needs(VIEW)
@require_http_methods(["GET", "POST"])
@red_when_not_written
@shows_refusals
def discrepancy(request: Request, pk: int) -> HttpResponse:
    """What does not add up, and what two people say of it."""
    found = found_discrepancy(request, pk)
    form = ExplainForm(request.POST or None)
    if request.method == "POST" and signed(request, found.site, form):
        reason = form.cleaned_data["reason"]
        actions.explain(discrepancy_id=pk, reason=reason, witness=form.witness, by=request.actor, at=timezone.now())
        messages.success(request, "Explained and signed by two people.")
        return redirect("stewardship:discrepancy", pk)
    may_sign = may(request.actor, "register.explain", found)
    return page(request, found.site, "discrepancy", status_of(form), found=found, form=form, may_sign=may_sign)


def signed(request: Request, site: Site, form: ExplainForm) -> bool:
    """Whether two people have filled in and signed the form."""
    require(request.actor, "register.explain", site)
    return form.is_valid() and vouched(request, site, form)


@needs(VIEW)
@require_GET
def loss_report(request: Request, pk: int) -> HttpResponse:
    """The report to the authority, as far as the register can fill it in."""
    found = found_discrepancy(request, pk)
    return page(request, found.site, "loss_report", found=found, report=pages.loss_report(found))
