"""What a course did to one scale: before the first session against after the last, and what was lost again of the best."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Literal

from ketacare.science.scales.bridges import Bridge
from ketacare.science.scales.change import Change, change
from ketacare.science.scales.definition import ChangeRule, Instrument

Verdict = Literal["worse", "lost", "remission", "response", "partial", "better", "chance", "undefined", "unknown"]
Missing = Literal["", "baseline", "current", "both", "conversion"]


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One main score and when it was taken."""

    at: datetime
    value: Decimal
    is_prorated: bool = False


@dataclass(frozen=True, kw_only=True)
class CourseResponse:
    """How one scale stands in a course. `verdict` unknown: a score is missing, and `missing` says which."""

    baseline: Measured | None
    current: Measured | None
    verdict: Verdict
    missing: Missing = ""
    best: Measured | None = None
    change: Change | None = None
    points_better: Decimal | None = None  # below 0: worse
    had_response: bool | None = None

    @property
    def is_lost(self) -> bool:
        """Whether a response was reached and is lost again, however bad it is now."""
        return self.had_response is True and self.change is not None and self.change.relapse is True


def course_response(
    instrument: Instrument,
    scores: Sequence[Measured],
    *,
    first_at: datetime,
    last_at: datetime,
    relapse: ChangeRule | None = None,
) -> CourseResponse:
    """Judge a course by one scale.

    Args:
        instrument: the scale; its main score has a direction.
        scores: main scores in this course, any order; of two at one moment the later in the sequence counts.
        first_at: start of the first session.
        last_at: start of the last session.
        relapse: what counts as a relapse where the scale's own file does not say.

    Returns:
        The last score up to the first session as baseline, the latest after the last session as current, the best after the
        first session, and a verdict. Without one of the two the verdict is unknown, which is never "no change". A response
        that was reached and of whose gain so much is gone again that the relapse rule holds is lost.

    Assumes: all scores come from one version of the scale, asked in the same words.
    Source: session protocols, MAINT-PRN (relapse); the scale's own file (every other cut); surveillance book,
        fu.improvement_pct (which scores count).
    """
    in_order = sorted(scores, key=lambda one: one.at)
    before = [one for one in in_order if one.at <= first_at]
    after = [one for one in in_order if one.at > last_at]
    baseline, current = before[-1] if before else None, after[-1] if after else None
    if baseline is None or current is None:
        missing: Missing = "both" if baseline is current else "baseline" if baseline is None else "current"
        return CourseResponse(baseline=baseline, current=current, verdict="unknown", missing=missing)
    better = better_by(instrument)
    best = max((one for one in in_order if one.at > first_at), key=lambda one: (one.value * better, one.at))
    asked = with_relapse(instrument, relapse)
    found = change(
        asked,
        baseline=baseline.value,
        current=current.value,
        best=best.value,
        from_prorated=baseline.is_prorated or current.is_prorated,
    )
    had = change(asked, baseline=baseline.value, current=best.value).response
    return CourseResponse(
        baseline=baseline,
        best=best,
        current=current,
        change=found,
        points_better=(current.value - baseline.value) * better,
        had_response=had,
        verdict=verdict(found, had_response=had),
    )


def bridged_response(
    instrument: Instrument,
    bridge: Bridge,
    scores: Sequence[Measured],
    converted: Sequence[Measured],
    *,
    first_at: datetime,
    last_at: datetime,
) -> CourseResponse:
    """Judge a course by one scale where some scores were taken with another that a published table converts.

    Args:
        instrument: the scale converted to.
        bridge: the published conversion.
        scores: main scores on that scale.
        converted: main scores on the scale converted from.
        first_at: start of the first session.
        last_at: start of the last session.

    Returns:
        The response with the lower ends of the converted scores, when the upper ends come to the same verdict; otherwise an
        unknown verdict.

    Raises:
        OutOfRange: the source allows the conversion for groups only, or its table lacks a score.

    Source: the conversion's own.
    """
    ends = []
    for end in (0, 1):
        told = [replace(one, value=Decimal(bridge.span(int(one.value))[end])) for one in converted]
        ends.append(course_response(instrument, [*scores, *told], first_at=first_at, last_at=last_at))
    low, high = ends
    if low.verdict == high.verdict:
        return low
    return replace(low, change=None, points_better=None, had_response=None, verdict="unknown", missing="conversion")


def verdict(found: Change, *, had_response: bool | None) -> Verdict:
    """Return the one word that a change comes to, harm before benefit."""
    said: tuple[tuple[Verdict, bool | None], ...] = (
        ("worse", found.reliable_deterioration),
        ("lost", had_response and found.relapse),
        ("remission", found.remission),
        ("response", found.response),
        ("partial", found.partial_response),
        ("better", found.reliable_improvement or found.mcid_met),
        ("chance", found.reliable_improvement is False),
    )
    return next((word for word, holds in said if holds), "undefined")


def better_by(instrument: Instrument) -> int:
    """Return 1 where more points are better, -1 where fewer are."""
    main = instrument.score_rule(instrument.main_score)
    return 1 if main is not None and main.direction == "higher_better" else -1


def with_relapse(instrument: Instrument, relapse: ChangeRule | None) -> Instrument:
    """Return the scale with a relapse rule, its own before the one given."""
    if relapse is None or instrument.change.relapse is not None:
        return instrument
    return instrument.model_copy(update={"change": instrument.change.model_copy(update={"relapse": relapse})})
