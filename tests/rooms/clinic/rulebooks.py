"""Proposing and approving rulebooks, as the tests of several rooms do it."""

from datetime import datetime, timedelta

from ketacare.clinic import actions
from ketacare.clinic.models import RulebookProposal, RulebookRuling, Site
from tests.cast import NOW, Cast

BOOK = "eligibility"
HERE = "here"


def propose(
    cast: Cast,
    *,
    role: str = "prescriber",
    site: str = HERE,
    book: str = BOOK,
    version: int = 1,
    at: datetime = NOW,
    **values: float,
) -> RulebookProposal:
    """Somebody of a site proposes a version and numbers of its own."""
    return actions.propose_rulebook(
        site=Site.objects.get(pk=getattr(cast, site)),
        book=book,
        version=version,
        parameters=values,
        reason="Our cardiologist asks for it",
        by=cast.actor(role, there=site != HERE),
        at=at,
    )


def approve(
    cast: Cast, proposal: RulebookProposal, *, role: str = "second-prescriber", at: datetime = NOW, days: int = 0
) -> RulebookRuling:
    """Another person puts it in force, some days from now."""
    day = (at + timedelta(days=days)).date()
    return actions.approve_rulebook(proposal_id=proposal.pk, effective_on=day, by=cast.actor(role), at=at)
