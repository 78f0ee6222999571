"""Relapse within some days: how good the chances were, among people of whom some were lost before the days were over."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from ketacare.science.stats.shares import wilson
from ketacare.science.trajectory.course import Course
from ketacare.science.trajectory.forecast import fit
from ketacare.science.trajectory.presets import Prior
from ketacare.science.trajectory.relapse import stays_below

Floats = NDArray[np.float64]
HORIZONS = (7, 14, 28)  # days
SHARE = 0.5  # of the first score: at or below it a person has responded, above it again relapsed
POINTS = 2**9  # of each integral: errors of some thousandths, far below what so many people tell
GROUPS = 10
NEVER = 1e-6  # chances are kept this far from 0 and 1 before their odds are taken
STEPS = 50  # of Newton's method, which takes five
LEAST_EVENTS = 10  # below it no line of calibration is drawn


@dataclass(frozen=True, kw_only=True)
class Followed:
    """People from the day they had responded. Shapes: n people, h horizons."""

    chance: (
        Floats  # (n, h) of a score above the limit on a visit within each horizon; NaN where no visit was due within it
    )
    relapsed_after: Floats  # (n,) days; infinite where it was not seen
    seen_for: Floats  # (n,) days until the relapse or the last score


@dataclass(frozen=True, kw_only=True)
class Group:
    """People who were given about the same chance."""

    people: int
    expected: float
    observed: float
    between: tuple[float, float]  # Wilson, 95 %, of the people that the weights stand for


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """How good the chances of one horizon were."""

    horizon_days: int
    people: int
    relapses: int
    lost: int  # before the days were over: those who stayed count for them
    brier: float  # 0 right, 0.25 as good as a coin
    scaled: (
        float | None
    )  # share of what knowing only how many relapse leaves unexplained: 1 right, 0 no better; None: too few to tell
    intercept: float | None  # log odds; 0: as many as expected. None: too few relapses to tell
    slope: float | None  # 1: neither too bold nor too timid
    groups: tuple[Group, ...]


def followed(prior: Prior, courses: Sequence[Course], *, due: Sequence[float] | None = None) -> Followed:
    """Return people who responded, with the chances the model gave them on that day and what became of them.

    A person counts from the first score after the last infusion at or below half of the first one.

    Args:
        prior: the model.
        courses: infusions and scores.
        due: days on which everybody was to be seen, or None: each person's own days, those with a score.
    """
    rows = [row for one in courses if (row := _followed(prior, one, due)) is not None]
    return Followed(
        chance=np.array([row[0] for row in rows]).reshape(-1, len(HORIZONS)),
        relapsed_after=np.array([row[1] for row in rows]),
        seen_for=np.array([row[2] for row in rows]),
    )


def _followed(prior: Prior, one: Course, due: Sequence[float] | None) -> tuple[Floats, float, float] | None:
    if not one.scores:
        return None
    limit, given = SHARE * one.scores[0][1], max((day for day, _ in one.infusions), default=one.scores[0][0])
    at = next((i for i, (day, score) in enumerate(one.scores) if i and day > given and score <= limit), None)
    if at is None:
        return None
    start, later = one.scores[at][0], one.scores[at + 1 :]
    visits = [day for day in (due if due is not None else [day for day, _ in later]) if 0 < day - start <= HORIZONS[-1]]
    if not visits:
        return None
    relapse = next((day - start for day, score in later if score > limit), np.inf)
    return _chances(prior, one, at, visits, limit), relapse, min(relapse, one.scores[-1][0] - start)


def _chances(prior: Prior, one: Course, at: int, visits: Sequence[float], limit: float) -> Floats:
    """Of a score above the limit by the last visit of each horizon: scores scatter about the severity."""
    known = fit(Course(infusions=one.infusions, scores=one.scores[: at + 1]), prior)
    mean, cov = known.ahead(visits)
    cov = cov + prior.noise_sd**2 * np.eye(len(visits))
    by_visit = 1 - (known.weights[:, None] * stays_below(mean, cov, limit, points=POINTS)).sum(axis=0)
    count = np.searchsorted(np.array(visits) - one.scores[at][0], HORIZONS, side="right")
    return np.where(count > 0, by_visit[count - 1], np.nan)


def still_seen(times: Floats, is_lost: NDArray[np.bool_], at: Floats) -> Floats:
    """Return the chance of being seen beyond each time (Kaplan and Meier, of the loss).

    Args:
        times: (n,) until the relapse or the last score.
        is_lost: (n,) whether it was the last score.
        at: (m,) times.
    """
    order, lost = np.unique(times[is_lost], return_counts=True)
    at_risk = len(times) - np.searchsorted(np.sort(times), order, side="left")
    curve = np.append(1.0, np.cumprod(1 - lost / np.maximum(at_risk, 1)))
    return np.asarray(curve[np.searchsorted(order, at, side="right")], dtype=np.float64)


def weights(found: Followed, horizon: float) -> tuple[Floats, NDArray[np.bool_]]:
    """Return each person's weight, and who relapsed within the horizon; who was lost sooner has weight 0.

    Source: Graf, Schmoor, Sauerbrei and Schumacher 1999: weights by the inverse of the chance of being seen.
    """
    is_lost = ~np.isfinite(found.relapsed_after)
    relapsed = found.relapsed_after <= horizon
    stayed = ~relapsed & (found.seen_for >= horizon)
    just_before = np.nextafter(found.seen_for, -np.inf)
    seen = still_seen(found.seen_for, is_lost, np.where(relapsed, just_before, np.nextafter(horizon, -np.inf)))
    return np.where(relapsed | stayed, 1 / np.maximum(seen, NEVER), 0.0), relapsed


def calibration(found: Followed, horizon: int) -> Calibration | None:
    """Return how good the chances of one horizon were; None where nobody was to be seen within it."""
    at = HORIZONS.index(horizon)
    asked = ~np.isnan(found.chance[:, at])
    if not asked.any():
        return None
    few = Followed(
        chance=found.chance[asked], relapsed_after=found.relapsed_after[asked], seen_for=found.seen_for[asked]
    )
    weight, relapsed = weights(few, horizon)
    chance = few.chance[:, at]
    share = float(np.average(relapsed, weights=weight))
    brier = float((weight * np.square(relapsed - chance)).sum() / weight.sum())
    enough = min(int(relapsed.sum()), int((~relapsed & (weight > 0)).sum())) >= LEAST_EVENTS
    return Calibration(
        horizon_days=horizon,
        people=len(chance),
        relapses=int(relapsed.sum()),
        lost=int((weight == 0).sum()),
        brier=brier,
        scaled=1 - brier / (share * (1 - share)) if enough else None,
        intercept=_line(chance, relapsed, weight, with_slope=False)[0] if enough else None,
        slope=_line(chance, relapsed, weight, with_slope=True)[1] if enough else None,
        groups=tuple(_groups(chance, relapsed, weight)),
    )


def _line(chance: Floats, came: NDArray[np.bool_], weight: Floats, *, with_slope: bool) -> tuple[float, float]:
    """Weighted logistic regression of what came on the log odds that were given; without slope these stay as they are."""
    odds = logit(np.clip(chance, NEVER, 1 - NEVER))
    design = np.column_stack([np.ones_like(odds), odds]) if with_slope else np.ones((len(odds), 1))
    fixed = np.zeros_like(odds) if with_slope else odds
    found = np.array([0.0, 1.0])[: design.shape[1]]
    for _ in range(STEPS):
        expected = expit(fixed + design @ found)
        slope = design.T @ (weight * (came - expected))
        bend = (design * (weight * expected * (1 - expected))[:, None]).T @ design
        step = np.linalg.solve(bend, slope)
        found = found + np.clip(step, -1, 1)
        if np.abs(step).max() < NEVER:
            break
    return float(found[0]), float(found[-1])


def _groups(chance: Floats, came: NDArray[np.bool_], weight: Floats) -> list[Group]:
    """Ten groups of people by the chance they were given."""
    found = []
    for some in np.array_split(np.argsort(chance, kind="stable"), GROUPS):
        total = weight[some].sum()
        if total == 0:
            continue
        observed = float((weight * came)[some].sum() / total)
        people = float(total**2 / np.square(weight[some]).sum())  # as many as equal weights would be
        found.append(
            Group(
                people=len(some),
                expected=float(chance[some].mean()),
                observed=observed,
                between=wilson(observed, people),
            )
        )
    return found
