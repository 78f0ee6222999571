"""Which priors a site's forecasts rest on, what they are worth, and the ruling on proposed ones."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from ketacare.clinic.actor import user_id
from ketacare.clinic.permissions import fetch, may, sites_where
from ketacare.clinic.queries import sites_of
from ketacare.clinic.web import Request, needs, shows_refusals
from ketacare.followup.priors import actions, queries
from ketacare.followup.priors.forms import WhyForm
from ketacare.followup.priors.pages import proposal_page

VIEW, RULE = "forecast.view-priors", "forecast.priors"


@needs(VIEW)
@require_GET
def priors(request: Request) -> HttpResponse:
    """For every scale of the reader's sites: which priors speak, and what waits."""
    now = timezone.now()
    sites = [(site, queries.standings(site, at=now)) for site in sites_of(sites_where(request.actor, VIEW))]
    return render(request, "followup/priors.html", {"sites": sites})


@needs(VIEW)
@require_GET
@shows_refusals
def proposal(request: Request, pk: int) -> HttpResponse:
    """What these priors are, what they changed for people held out, and whose they are."""
    row, now = fetch(request.actor, VIEW, queries.proposals(), pk=pk), timezone.now()
    standing = queries.approval_in_force(row.site_id, row.scale, at=now)
    shown = {
        "row": row,
        "told": proposal_page(row),
        "is_in_force": standing is not None and standing.proposal_id == row.pk,
        "is_own": row.proposed_by_id == user_id(request.actor),
        "may_rule": may(request.actor, RULE, row),
        "form": WhyForm(),
    }
    return render(request, "followup/priors_proposal.html", shown)


@needs(RULE)
@require_POST
@shows_refusals
def approve(request: Request, pk: int) -> HttpResponse:
    """Put proposed priors in force."""
    actions.approve_priors(proposal_id=pk, by=request.actor, at=timezone.now())
    messages.success(request, "In force: forecasts at this site rest on them from now on.")
    return redirect("followup:priors-proposal", pk)


@needs(RULE)
@require_POST
@shows_refusals
def turn_down(request: Request, pk: int) -> HttpResponse:
    """Say why proposed priors do not come into force."""
    actions.turn_down_priors(proposal_id=pk, reason=reason_of(request), by=request.actor, at=timezone.now())
    messages.success(request, "They do not come into force.")
    return redirect("followup:priors-proposal", pk)


@needs(RULE)
@require_POST
@shows_refusals
def take_back(request: Request, pk: int) -> HttpResponse:
    """Let the published priors speak again."""
    actions.take_back_priors(proposal_id=pk, reason=reason_of(request), by=request.actor, at=timezone.now())
    messages.success(request, "The published priors speak again.")
    return redirect("followup:priors-proposal", pk)


def reason_of(request: Request) -> str:
    """What was typed; empty where nothing was, which the action refuses."""
    form = WhyForm(request.POST)
    return form.cleaned_data["reason"] if form.is_valid() else ""
