"""Priors that were fitted to made-up people, as the demo keeps them, and what a test changes of them."""

from datetime import datetime
from typing import Any

from ketacare.clinic.models import Site
from ketacare.config.demo.people import read
from ketacare.followup.priors import actions
from ketacare.followup.priors.models import PriorsProposal
from ketacare.science.trajectory import own
from tests.cast import Cast


def told(**changed: dict[str, Any]) -> own.Own:
    """The file, with some keys of its parts changed."""
    raw = read("priors.yaml")
    return own.parse(raw | {part: raw[part] | given for part, given in changed.items()}, place="priors.yaml")


def proposed(
    cast: Cast, *, at: datetime, by: str = "prescriber", there: bool = False, what: own.Own | None = None
) -> PriorsProposal:
    """Somebody of a site proposes them."""
    site = Site.objects.get(pk=cast.there if there else cast.here)
    return actions.propose_priors(
        site=site, told=what or told(), reason="Our own people", by=cast.actor(by, there=there), at=at
    )


def in_force(cast: Cast, *, at: datetime, what: own.Own | None = None) -> PriorsProposal:
    """One prescriber proposes, the other approves."""
    row = proposed(cast, at=at, what=what)
    actions.approve_priors(proposal_id=row.pk, by=cast.actor("second-prescriber"), at=at)
    return row
