"""What the page of a proposal shows: what the priors were worth before and after, and each value beside the published one."""

from collections.abc import Iterator
from dataclasses import dataclass

from ketacare.followup.priors.models import PriorsProposal
from ketacare.followup.priors.queries import told_of
from ketacare.science.trajectory import own
from ketacare.science.trajectory.presets import Prior, file, prior

PERCENT = 100
FINE = 3  # digits of what differs little
POINTS, DAYS = "points", "days"
STATES = ("Severity without treatment", "Fast relief at its fullest", "Slow relief at its fullest", "Good and bad days")
SPREAD = "how far people differ in it (SD)"
# how the illness moves by itself, in words: name, unit, and where it stands
MOVES = (
    ("Half of a bad spell is over after", DAYS, lambda one: one.fluctuation_half_life_days),
    ("Slow change of the illness itself, a day", "points²", lambda one: one.drift_variance_per_day),
)


@dataclass(frozen=True, kw_only=True)
class Line:
    """A number before and after."""

    name: str
    unit: str
    before: float
    after: float
    ideal: str = ""  # what it would be if forecasts were perfect
    is_heading: bool = True
    digits: int = 2  # behind the point


@dataclass(frozen=True, kw_only=True)
class ProposalPage:
    """A proposal with what it rests on."""

    told: own.Own
    scale: str
    preset: str  # title of the published one
    worth: tuple[Line, ...]
    beliefs: tuple[Line, ...]


def proposal_page(proposal: PriorsProposal) -> ProposalPage:
    """Everything that the page of a proposal tells.

    Raises:
        BadFacts: it is no longer what was proposed.
    """
    told = told_of(proposal)
    published = prior(told.scale, told.made.refit_of)
    return ProposalPage(
        told=told,
        scale=file().scales[told.scale].title,
        preset=file().presets[told.made.refit_of].title,
        worth=tuple(_worth(told)),
        beliefs=tuple(_beliefs(published, own.prior_of(told))),
    )


def _worth(told: own.Own) -> Iterator[Line]:
    before, after = told.held_out["before"], told.held_out["after"]
    yield Line(
        name="How far off (CRPS)",
        unit=POINTS,
        before=before.crps,
        after=after.crps,
        ideal="less is better",
        digits=FINE,
    )
    yield Line(
        name="How surprised (log score)",
        unit="",
        before=before.log_score,
        after=after.log_score,
        ideal="less is better",
        digits=FINE,
    )
    for level, share in before.coverage.items():
        came = after.coverage.get(level, 0.0)
        yield Line(
            name=f"Scores in the {level} band",
            unit="%",
            before=PERCENT * share,
            after=PERCENT * came,
            ideal=f"nearer to {level} is better",
            digits=1,
        )


def _beliefs(before: Prior, after: Prior) -> Iterator[Line]:
    means, spreads = zip(before.mean, after.mean, strict=True), zip(before.sd, after.sd, strict=True)
    for name, mean, spread in zip(STATES, means, spreads, strict=True):
        yield Line(name=name, unit=POINTS, before=mean[0], after=mean[1])
        yield Line(name=SPREAD, unit=POINTS, before=spread[0], after=spread[1], is_heading=False)
    for name, unit, value in MOVES:
        yield Line(name=name, unit=unit, before=value(before), after=value(after))
    published = dict(zip(before.slow_half_lives_days, before.weights, strict=True))
    for half_life, weight in zip(after.slow_half_lives_days, after.weights, strict=True):
        yield Line(
            name=f"People in whom half of the slow relief is gone after {half_life:g} days",
            unit="%",
            before=PERCENT * published.get(half_life, 0.0),
            after=PERCENT * weight,
            digits=1,
        )
