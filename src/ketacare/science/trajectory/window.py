"""When to look again: the maintenance window, whether the model fits this person, and whether anything answered."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ketacare.science.trajectory.forecast import Fit
from ketacare.science.trajectory.presets import Limits, file

MIDDLE = 0.8  # of the half-lives' weight, in the interval around a date


@dataclass(frozen=True, kw_only=True)
class Date:
    """The first day with so much risk."""

    name: str  # opens | due | late
    risk: float
    days: int | None  # after the last score; None: not within the days that were looked ahead
    between: tuple[int | None, int | None]  # 80 % of the half-lives' weight; None: later than looked ahead, or never


@dataclass(frozen=True, kw_only=True)
class Window:
    """A planning aid; the clinician decides. Without dates it says why."""

    dates: tuple[Date, ...]
    says_why_not: str  # empty where there are dates
    looked_ahead_days: int
    fits: bool
    effect: bool  # whether treatment had a measurable one

    def date(self, name: str) -> Date | None:
        """The date of that name, if there is one."""
        return next((one for one in self.dates if one.name == name), None)


def window(
    fit: Fit,
    *,
    threshold: float,
    infusions: Sequence[float] = (),
    limits: Limits | None = None,
    at_least_days: int = 0,
    at_most_days: int | None = None,
) -> Window:
    """Return when the risk of relapse reaches each limit.

    Args:
        fit: the model after the scores.
        threshold: a severity above it is a relapse, points.
        infusions: more of them, on days after the last score: what if. Dates then count from the last of them.
        limits: of risk; None: the file's.
        at_least_days: the protocol's least spacing, counted from the last infusion; no date is sooner.
        at_most_days: how far is looked ahead from the last score; None: the file's.

    Returns:
        Window. No dates while fewer than two scores follow the first infusion, or when the model does not fit.

    Source: own model (data/trajectory/presets).
    """
    limits = limits or file().window
    horizon = limits.looked_ahead_days if at_most_days is None else at_most_days
    known = {"looked_ahead_days": horizon, "fits": fits(fit), "effect": sum(fit.amplitudes) > 0}
    if why := _why_not(fit, fits_=known["fits"] is True):
        return Window(dates=(), says_why_not=why, **known)  # type: ignore[arg-type]
    last = fit.course.last_day
    days = np.arange(horizon + 1, dtype=np.float64)
    risks = fit.risk_ahead((last + days).tolist(), threshold=threshold, infusions=infusions)
    given = [day for day, _ in fit.course.infusions] + list(infusions)
    latest = max(given, default=last) - last
    soonest, after = int(np.ceil(latest + at_least_days)), int(max(0, np.floor(latest)))
    dates = tuple(
        _date(name, limit, fit, risks, soonest=soonest, after=after)
        for name, limit in (("opens", limits.opens), ("due", limits.due), ("late", limits.late))
    )
    return Window(dates=dates, says_why_not="", **known)  # type: ignore[arg-type]


def _date(name: str, limit: float, fit: Fit, risks: np.ndarray, *, soonest: int, after: int) -> Date:
    first = _first((fit.weights[:, None] * risks).sum(axis=0), limit, after=after)
    each = [_first(one, limit, after=after) for one in risks]
    return Date(
        name=name,
        risk=limit,
        days=None if first is None else max(first, soonest),
        between=(_share((1 - MIDDLE) / 2, each, fit), _share((1 + MIDDLE) / 2, each, fit)),
    )


def _first(risk: np.ndarray, limit: float, *, after: int) -> int | None:
    """The first day with so much risk, after the day of the last score or of the last infusion."""
    reached = np.flatnonzero(risk[after + 1 :] >= limit)
    return int(reached[0]) + after + 1 if len(reached) else None


def _share(share: float, each: list[int | None], fit: Fit) -> int | None:
    """The day by which this share of the half-lives' weight has reached the limit."""
    total = 0.0
    for days, weight in sorted(zip(each, fit.weights, strict=True), key=lambda one: (one[0] is None, one[0] or 0)):
        total += float(weight)
        if total >= share:
            return days
    return None


def _why_not(fit: Fit, *, fits_: bool) -> str:
    guard = file().guard
    first = min((day for day, _ in fit.course.infusions), default=None)
    if first is None:
        return "No infusion has been given."
    after = sum(day > first for day, _ in fit.course.scores)
    if after < guard.scores_after_first_infusion:
        return f"At least {guard.scores_after_first_infusion} scores after the first infusion are needed; there {'is' if after == 1 else 'are'} {after}."
    return "" if fits_ else "The model does not fit this patient: the last scores all lay outside what it expected."


def fits(fit: Fit) -> bool:
    """Whether at least one of the last scores lay within what was expected of it."""
    guard = file().guard
    last = fit.course.scores[-guard.misses_in_a_row :]
    if len(last) < guard.misses_in_a_row:
        return True
    low, high = fit.score_intervals(guard.interval)
    return any(a <= score <= b for (_, score), a, b in zip(last, low[-len(last) :], high[-len(last) :], strict=True))
