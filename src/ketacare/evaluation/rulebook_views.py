"""Pages: whom a proposed rulebook concerns, and ruling on it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from ketacare.clinic import actions as clinic
from ketacare.clinic import bookshelf
from ketacare.clinic.actor import user_id
from ketacare.clinic.forms import ApprovalForm, RejectionForm
from ketacare.clinic.models import RulebookProposal
from ketacare.clinic.permissions import fetch, may
from ketacare.clinic.queries import in_force
from ketacare.clinic.web import Request, needs, shows, shows_refusals
from ketacare.evaluation import actions, change_pages, queries
from ketacare.evaluation.panel import Panel, panel
from ketacare.science import rules


@needs("policy.view")
@require_safe
def rulebook_proposal(request: Request, pk: int) -> HttpResponse:
    """What a proposal changes, and which patients are judged otherwise; named only to those who may read evaluations."""
    rows = RulebookProposal.objects.select_related("site", "proposed_by")
    proposal = fetch(request.actor, "policy.view", rows, pk=pk)
    if hasattr(proposal, "ruling"):
        return redirect("clinic:rulebook", pk=proposal.site_id, book=proposal.book)
    found = panel(proposal, at=timezone.now())
    names_them = may(request.actor, "evaluation.view", proposal.site)
    if names_them:
        shows(request, *(one.course.patient_id for one in found.concerned), *(one.patient_id for one in found.unjudged))
    return render(request, "evaluation/rulebook_proposal.html", context_of(request, proposal, found, names_them))


def context_of(request: Request, proposal: RulebookProposal, found: Panel, names_them: bool) -> dict[str, object]:
    """What the page shows."""
    now = timezone.now()
    is_own = proposal.proposed_by_id == user_id(request.actor)
    may_approve = may(request.actor, "policy.approve", proposal)
    book = rules.load(proposal.book, proposal.version)
    before, policy = in_force(proposal.site, proposal.book, at=now)
    today = queries.today_there(proposal.site, now)
    return {
        "proposal": proposal,
        "difference": bookshelf.difference(before, policy, book, proposal.parameters),
        "panel": found,
        "concerned": change_pages.concerned_shown(found) if names_them else (),
        "names_them": names_them,
        "is_eligibility": proposal.book == queries.BOOK,
        "is_own": is_own,
        "approval": ApprovalForm(initial={"effective_on": today, "seen": found.digest}),
        "rejection": RejectionForm(),
        "may_approve": may_approve and not is_own,
        "may_reject": may_approve or is_own,
    }


@needs("policy.approve")
@shows_refusals
@require_POST
def rulebook_approve(request: Request, pk: int) -> HttpResponse:
    """Put a proposal in force, having seen whom it concerns."""
    proposal = fetch(request.actor, "policy.approve", RulebookProposal.objects.select_related("site"), pk=pk)
    form = ApprovalForm(request.POST)
    if not form.is_valid():
        return redirect("evaluation:rulebook-proposal", pk=pk)
    actions.approve_rulebook(proposal_id=pk, **form.cleaned_data, by=request.actor, at=timezone.now())
    messages.success(request, "Approved.")
    return redirect("clinic:rulebook", pk=proposal.site_id, book=proposal.book)


@needs("policy.propose")
@shows_refusals
@require_POST
def rulebook_reject(request: Request, pk: int) -> HttpResponse:
    """Turn a proposal down, or take back one's own."""
    proposal = fetch(request.actor, "policy.propose", RulebookProposal.objects.select_related("site"), pk=pk)
    form = RejectionForm(request.POST)
    if not form.is_valid():
        return redirect("evaluation:rulebook-proposal", pk=pk)
    clinic.reject_rulebook(proposal_id=pk, **form.cleaned_data, by=request.actor, at=timezone.now())
    messages.success(request, "It does not come into force.")
    return redirect("clinic:rulebook", pk=proposal.site_id, book=proposal.book)
