"""What a change of the main score means: how many percent, response, remission, reliable change, relapse."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from ketacare.science.errors import OutOfRange, Problem
from ketacare.science.scales.conditions import COMPARE, Comparison
from ketacare.science.scales.definition import ChangeRule, Instrument, ScoreRule
from ketacare.science.scales.scoring import round_half_up

PERCENT_DECIMALS = 2
MEASURED: Mapping[str, str] = {
    "percent_drop": "percent",
    "points": "points",
    "share_of_gain_lost": "share_of_gain_lost",
    "score_lt": "current",
    "score_lte": "current",
}
CUT_BY: Mapping[str, Comparison] = {"score_lt": "<", "score_lte": "<="}


@dataclass(frozen=True, kw_only=True)
class Change:
    """Baseline against current, on one scale. None: not defined for the scale, or not decidable from what is there."""

    percent_change: Decimal | None
    response: bool | None
    partial_response: bool | None
    remission: bool | None
    clinically_significant: bool | None
    mcid_met: bool | None
    reliable_improvement: bool | None
    reliable_deterioration: bool | None
    relapse: bool | None
    from_prorated: bool


@dataclass(frozen=True, kw_only=True)
class _Moves:
    """Improvements on one scale, positive is better, whichever way its points run."""

    current: Decimal | None
    points: Fraction | None
    percent: Fraction | None
    share_of_gain_lost: Fraction | None


def change(
    instrument: Instrument,
    *,
    baseline: Decimal | None,
    current: Decimal | None,
    best: Decimal | None = None,
    from_prorated: bool = False,
) -> Change:
    """Read the change between two main scores by the scale's own rules.

    Args:
        instrument: the scale; its `change` holds the cuts.
        baseline: main score before treatment, points; None when there is none.
        current: main score now, points; None when there is none.
        best: the best main score in between, points; only relapse needs it.
        from_prorated: whether one of the scores was prorated; carried along, changes nothing.

    Returns:
        Percent change rounded half up to two decimals, positive = improvement; the categories are decided on the unrounded
        value. A category the scale does not define, or that lacks a score it needs, is None.

    Raises:
        OutOfRange: a score the scale cannot have, every such score at once.

    Assumes: both scores come from the same version and recall window.
    Source: instruments catalogue, global_rules.percent_change and change_categories; relapse: share of the gain lost again,
        session protocols MAINT-PRN (our default).
    """
    main = instrument.score_rule(instrument.main_score)
    _check_range(main, {"baseline": baseline, "current": current, "best": best})
    moves = _moves(main, baseline, current, best)
    rules = instrument.change
    worse = replace(moves, points=None if moves.points is None else -moves.points)
    return Change(
        percent_change=None if moves.percent is None else round_half_up(moves.percent, PERCENT_DECIMALS),
        response=_decide(rules.response, moves),
        partial_response=_decide(rules.partial_response, moves),
        remission=_decide(rules.remission, moves),
        clinically_significant=_decide(rules.clinically_significant, moves),
        mcid_met=_decide(rules.mcid, moves),
        reliable_improvement=_decide(rules.reliable_change, moves),
        reliable_deterioration=_decide(rules.reliable_change, worse),
        relapse=_decide(rules.relapse, moves),
        from_prorated=from_prorated,
    )


def _check_range(main: ScoreRule | None, scores: Mapping[str, Decimal | None]) -> None:
    if main is None:
        raise OutOfRange("this scale has no main score, so its change is not defined")
    low, high = main.range
    wrong = [
        Problem(place=name, says=f"{value} is outside {low} to {high}")
        for name, value in scores.items()
        if value is not None and not low <= value <= high
    ]
    if wrong:
        raise OutOfRange(wrong)


def _moves(main: ScoreRule | None, baseline: Decimal | None, current: Decimal | None, best: Decimal | None) -> _Moves:
    better = 1 if main and main.direction == "higher_better" else -1
    points = _gain(baseline, current, better)
    gained, lost = _gain(baseline, best, better), _gain(current, best, better)
    return _Moves(
        current=current,
        points=points,
        percent=points / Fraction(baseline) * 100 if points is not None and baseline else None,
        share_of_gain_lost=lost / gained * 100 if lost is not None and gained is not None and gained > 0 else None,
    )


def _gain(before: Decimal | None, after: Decimal | None, better: int) -> Fraction | None:
    return None if before is None or after is None else (Fraction(after) - Fraction(before)) * better


def _decide(rule: ChangeRule | None, moves: _Moves) -> bool | None:
    """Apply one cut; None when it is not defined or lacks what it needs."""
    if rule is None:
        return None
    measured = getattr(moves, MEASURED[rule.type])
    if measured is None:
        return None
    reached = COMPARE[CUT_BY.get(rule.type, ">=")](measured, rule.value)
    return reached and (rule.below is None or measured < rule.below)
