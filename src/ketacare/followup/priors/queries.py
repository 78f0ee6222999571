"""Which priors speak at a site, which wait for somebody's ruling, and what became of each."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from ketacare.clinic.models import Site
from ketacare.followup.priors.models import PriorsProposal, PriorsRuling
from ketacare.science.errors import BadFacts, Problem
from ketacare.science.trajectory import own
from ketacare.science.trajectory.presets import Prior, file, prior


@dataclass(frozen=True, kw_only=True)
class Speaking:
    """The priors that a forecast rests on."""

    prior: Prior
    preset: str  # the published one, or the one that a refit began with
    proposal: PriorsProposal | None  # None: a published preset speaks

    @property
    def kept(self) -> dict[str, object]:
        """What is kept of them beside a decision."""
        if self.proposal is None:
            return {"preset": self.preset}
        return {"preset": self.preset, "own": self.proposal.pk, "sha256": self.proposal.sha256}


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One scale at one site: what speaks, what waits, what was."""

    scale: str
    title: str
    in_force: PriorsProposal | None
    waiting: PriorsProposal | None
    earlier: tuple[PriorsProposal, ...]  # newest first


def proposals() -> QuerySet[PriorsProposal]:
    """Proposals with what a page about one names."""
    return PriorsProposal.objects.select_related("site", "proposed_by", "ruling__ruled_by", "ruling__end__by")


def waiting(sites: Collection[int]) -> QuerySet[PriorsProposal]:
    """Proposals at these sites on which nobody has ruled yet, oldest first."""
    return proposals().filter(site__in=sites, ruling__isnull=True).order_by("proposed_at", "pk")


def approval_in_force(site_id: int, scale: str, *, at: datetime) -> PriorsRuling | None:
    """The newest approval of a scale's own priors, if nobody had taken it back; at a past moment the answer never changes again."""
    rows = PriorsRuling.objects.filter(proposal__site=site_id, proposal__scale=scale, approved=True, ruled_at__lte=at)
    newest = rows.select_related("proposal", "ruled_by", "end").order_by("-pk").first()
    if newest is None or (hasattr(newest, "end") and newest.end.at <= at):
        return None
    return newest


def speaking(site_id: int, scale: str, preset: str | None, *, at: datetime) -> Speaking:
    """The priors of a scale: a published preset where one is named, else what is in force at the site.

    Raises:
        ScienceError: no such scale or preset; what is kept of a site's own is not what was approved.
    """
    found = None if preset else approval_in_force(site_id, scale, at=at)
    if found is None:
        name = preset or file().preset_of_a_clinic
        return Speaking(prior=prior(scale, name), preset=name, proposal=None)
    told = told_of(found.proposal)
    return Speaking(prior=own.prior_of(told), preset=told.made.refit_of, proposal=found.proposal)


def told_of(proposal: PriorsProposal) -> own.Own:
    """The file of a proposal; BadFacts where it is no longer what was proposed."""
    told = own.parse(proposal.told, place=str(proposal))
    if own.digest(told) != proposal.sha256:
        raise BadFacts([Problem(place=str(proposal), says="is not what was proposed: its digest differs")])
    return told


def standings(site: Site, *, at: datetime) -> list[Standing]:
    """Every scale that forecasts know, at a site."""
    rows = list(proposals().filter(site=site).order_by("-pk"))
    return [_standing(scale, [row for row in rows if row.scale == scale]) for scale in file().scales]


def _standing(scale: str, rows: list[PriorsProposal]) -> Standing:
    approved = [row for row in rows if hasattr(row, "ruling") and row.ruling.approved]
    newest = max(approved, key=lambda row: row.ruling.pk, default=None)
    in_force = None if newest is None or hasattr(newest.ruling, "end") else newest
    waits = next((row for row in rows if not hasattr(row, "ruling")), None)
    return Standing(
        scale=scale,
        title=file().scales[scale].title,
        in_force=in_force,
        waiting=waits,
        earlier=tuple(row for row in rows if row not in (in_force, waits)),
    )
