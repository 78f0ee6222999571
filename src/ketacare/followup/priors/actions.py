"""Which priors a site's forecasts rest on: one person proposes, another one approves, either may take back."""

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction

from ketacare.clinic import audit
from ketacare.clinic.actor import Actor, user_id
from ketacare.clinic.errors import ActionRefused, Reason
from ketacare.clinic.models import Site
from ketacare.clinic.permissions import fetch, require
from ketacare.followup.priors.models import PriorsEnd, PriorsProposal, PriorsRuling
from ketacare.followup.priors.queries import approval_in_force, waiting
from ketacare.science.trajectory import own

MAY = "forecast.priors"
WHO = "whoever made the refit"


@transaction.atomic
def propose_priors(*, site: Site, told: own.Own, reason: str, by: Actor, at: datetime) -> PriorsProposal:
    """Propose priors that were fitted to a clinic's own people; no forecast changes until another person approves them."""
    Site.objects.select_for_update().get(pk=site.pk)  # two proposals at one site: one after the other
    require(by, MAY, site)
    if user_id(by) is None:
        raise ActionRefused("nobody", ["Say who proposes it: priors come into force by two named people."])
    if reasons := list(_against(site, told, reason, at=at)):
        raise ActionRefused("cannot-propose", reasons)
    row = PriorsProposal.objects.create(
        site=site,
        scale=told.scale,
        told=own.document(told),
        sha256=own.digest(told),
        reason=reason.strip(),
        proposed_by_id=user_id(by),
        proposed_at=at,
    )
    _audit(row, "priors of forecasts proposed", by=by, at=at)
    return row


@transaction.atomic
def approve_priors(*, proposal_id: int, by: Actor, at: datetime) -> PriorsRuling:
    """Let a site's forecasts rest on these priors from now on, as another person than the one who proposed them."""
    proposal = _open(proposal_id, by=by)
    if proposal.proposed_by_id == user_id(by):
        raise ActionRefused("own-proposal", ["The one who proposed it cannot approve it."])
    return _rule(proposal, approved=True, reason="", did="priors of forecasts approved", by=by, at=at)


@transaction.atomic
def turn_down_priors(*, proposal_id: int, reason: str, by: Actor, at: datetime) -> PriorsRuling:
    """Turn a proposal down, or take back one's own before anybody ruled, with the reason."""
    proposal = _open(proposal_id, by=by)
    _require_reason(reason)
    return _rule(proposal, approved=False, reason=reason, did="priors of forecasts turned down", by=by, at=at)


@transaction.atomic
def take_back_priors(*, proposal_id: int, reason: str, by: Actor, at: datetime) -> PriorsEnd:
    """Let the published priors speak again from now on: no second person is needed for that."""
    proposal = _locked(proposal_id, by=by)
    _require_reason(reason)
    standing = approval_in_force(proposal.site_id, proposal.scale, at=at)
    if standing is None or standing.proposal_id != proposal.pk:
        raise ActionRefused("not-in-force", ["These priors are not in force."])
    row = PriorsEnd.objects.create(ruling=standing, reason=reason.strip(), by_id=user_id(by), at=at)
    _audit(proposal, "priors of forecasts taken back", by=by, at=at)
    return row


def _against(site: Site, told: own.Own, reason: str, *, at: datetime) -> Iterator[Reason | str]:
    """Every reason why these priors cannot be proposed."""
    yield from own.against(told)
    if not reason.strip():
        yield "Say why the site's forecasts should rest on them."
    if waiting({site.pk}).filter(scale=told.scale).exists():
        yield Reason(text="Other priors of this scale wait for a ruling.", who="whoever may approve them")
    standing = approval_in_force(site.pk, told.scale, at=at)
    if standing is not None and standing.proposal.sha256 == own.digest(told):
        yield "Nothing would change: these priors are in force."


def _locked(proposal_id: int, *, by: Actor) -> PriorsProposal:
    """The proposal, with its site locked: everything about one site's priors happens one after the other."""
    proposal = fetch(by, MAY, PriorsProposal.objects.select_related("site"), pk=proposal_id)
    Site.objects.select_for_update().get(pk=proposal.site_id)
    return proposal


def _open(proposal_id: int, *, by: Actor) -> PriorsProposal:
    proposal = _locked(proposal_id, by=by)
    if PriorsRuling.objects.filter(proposal=proposal).exists():
        raise ActionRefused("ruled", ["This proposal has been decided on already."])
    return proposal


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise ActionRefused("no-reason", ["Say why."])


def _rule(proposal: PriorsProposal, *, approved: bool, reason: str, did: str, by: Actor, at: datetime) -> PriorsRuling:
    row = PriorsRuling.objects.create(
        proposal=proposal,
        approved=approved,
        reason=reason.strip(),
        proposed_by_id=proposal.proposed_by_id,
        ruled_by_id=user_id(by),
        ruled_at=at,
    )
    _audit(proposal, did, by=by, at=at)
    return row


def _audit(proposal: PriorsProposal, did: str, *, by: Actor, at: datetime) -> None:
    details = {"scale": proposal.scale, "sha256": proposal.sha256, "proposal": proposal.pk}
    audit.record(by=by, at=at, did=did, on=proposal.site, details=details)
