"""Made-up people: drawn from the model itself, or from a simulator that is not quite it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import scipy
from numpy.typing import NDArray
from pydantic import ValidationError

from ketacare.science import reference
from ketacare.science.errors import BadReference
from ketacare.science.reference import Frozen, Mark, Review
from ketacare.science.trajectory.course import FULL_DOSE, Course
from ketacare.science.trajectory.presets import Normal, Prior
from ketacare.science.trajectory.refills import refill

Floats = NDArray[np.float64]
STEM = "trajectory/cohorts"


class Kind(Frozen):
    """One simulator."""

    title: str
    set_point: Normal
    set_point_within: list[float]
    fast: Normal
    slow: Normal
    fast_gain: float
    fast_half_life_days: float
    slow_gain: float
    slow_half_life_median_days: float
    slow_half_life_log_sd: float
    holds: float
    fluctuation_sd: float
    fluctuation_half_life_days: float
    infusion_days: list[float]
    score_days: list[float]
    mark: Mark
    sources: list[str]
    note: str = ""


class Floor(Frozen):
    """Scores scatter less where little is left to measure: the noise's SD shrinks with severity, down to a least share."""

    below: float  # points
    least_share: float


class Records(Frozen):
    """One folder of real records: how its scale follows from the MADRS."""

    title: str
    factor: float
    noise_sd: float
    largest: float
    mark: Mark
    sources: list[str]
    note: str = ""


class RefitLimits(Frozen):
    """When priors may be fitted to a clinic's own people, and how far they may go."""

    least_people: int
    least_scores: int
    full_weight_people: int
    held_out: float
    farthest: float
    mark: Mark
    sources: list[str]
    note: str = ""


class CohortFile(Frozen):
    """The whole file."""

    id: str
    version: int
    schema_: str
    title: str
    status: str
    review: Review
    cohorts: dict[str, Kind]
    holds_half_life_days: float
    noise_sd: float
    lost_at_each_visit: float
    missed: float
    floor: Floor
    largest: float
    records: dict[str, Records]
    refit: RefitLimits


@cache
def file() -> CohortFile:
    """Return the newest file of simulators; BadReference when it is not what it must be."""
    name = reference.newest(STEM)
    raw = dict(reference.read_yaml(name))
    raw["schema_"] = raw.pop("schema", "")
    try:
        return CohortFile.model_validate(raw)
    except ValidationError as error:
        raise BadReference(reference.problems_of(error, place=name)) from error


@dataclass(frozen=True, kw_only=True)
class Truth:
    """People of the model with what is true of them. Shapes: T days, n people."""

    courses: tuple[Course, ...]
    half_life: NDArray[np.intp]  # (n,): which of the prior's
    state: Floats  # (4, n) on the last day
    severity: Floats  # (T, n)


def drawn(prior: Prior, infusions: Sequence[float], days: Floats, n: int, *, rng: np.random.Generator) -> Truth:
    """Return people exactly as the model believes they are; their scores are not rounded.

    Args:
        prior: the model.
        infusions: days.
        days: (T,) of the scores, in order.
        n: people.
        rng: chance.
    """
    state = rng.normal(np.array(prior.mean)[:, None], np.array(prior.sd)[:, None], (4, n))
    half_life = rng.choice(len(prior.weights), size=n, p=np.array(prior.weights))
    given = tuple((float(day), FULL_DOSE) for day in infusions)
    fast = refill(given, days, gain=prior.fast_gain, half_life_days=prior.fast_half_life_days)
    each = [refill(given, days, gain=prior.slow_gain, half_life_days=one) for one in prior.slow_half_lives_days]
    severity, last = np.empty((len(days), n)), min([0.0, *infusions, *days])
    for row, day in enumerate(days):
        keep = 2 ** ((last - day) / prior.fluctuation_half_life_days)
        state[0] += rng.normal(0, np.sqrt(prior.drift_variance_per_day * (day - last)), n)
        state[3] = keep * state[3] + rng.normal(0, prior.sd[3] * np.sqrt(1 - keep**2), n)
        severity[row] = state[0] - state[1] * fast[row] - state[2] * np.array(each)[half_life, row] + state[3]
        last = day
    scores = severity + rng.normal(0, prior.noise_sd, severity.shape)
    courses = tuple(
        Course(infusions=given, scores=tuple(zip(days.tolist(), one, strict=True))) for one in scores.T.tolist()
    )
    return Truth(courses=courses, half_life=half_life, state=state, severity=severity)


def lifelike(kind: str, n: int, *, floor: bool, rng: np.random.Generator) -> tuple[Course, ...]:
    """Return people of a simulator: whole scores within the scale, some missed, some people lost.

    Args:
        kind: research or community.
        n: people.
        floor: whether the noise shrinks near the floor of the scale.
        rng: chance.

    Source: own simulator (data/trajectory/cohorts).
    """
    one, about = file().cohorts[kind], file()
    low, high = ((edge - one.set_point.mean) / one.set_point.sd for edge in one.set_point_within)
    base = scipy.stats.truncnorm.rvs(low, high, one.set_point.mean, one.set_point.sd, size=n, random_state=rng)
    fast, slow = (
        scipy.stats.truncnorm.rvs(-each.mean / each.sd, np.inf, each.mean, each.sd, size=n, random_state=rng)
        for each in (one.fast, one.slow)
    )
    half_life = one.slow_half_life_median_days * np.exp(rng.normal(0, one.slow_half_life_log_sd, n))
    half_life = np.where(rng.random(n) < one.holds, about.holds_half_life_days, half_life)
    days = np.array(one.score_days)
    given = tuple((day, FULL_DOSE) for day in one.infusion_days)
    quick = refill(given, days, gain=one.fast_gain, half_life_days=one.fast_half_life_days)
    lasting = [refill(given, days, gain=one.slow_gain, half_life_days=each) for each in half_life]
    severity = base - np.outer(quick, fast) - np.array(lasting).T * slow + _fluctuation(one, days, n, rng)
    share = np.clip(severity / about.floor.below, about.floor.least_share, 1) if floor else 1.0
    scores = np.rint(severity + share * rng.normal(0, about.noise_sd, severity.shape)).clip(0, about.largest)
    there = _there(days, n, last_infusion=max(one.infusion_days), rng=rng)
    return tuple(
        Course(
            infusions=given,
            scores=tuple(zip(days[seen].tolist(), line[seen].tolist(), strict=True)),
        )
        for line, seen in zip(scores.T, there.T, strict=True)
    )


def _fluctuation(one: Kind, days: Floats, n: int, rng: np.random.Generator) -> Floats:
    found = [rng.normal(0, one.fluctuation_sd, n)]
    for gap in np.diff(days):
        keep = 2 ** (-gap / one.fluctuation_half_life_days)
        found.append(keep * found[-1] + rng.normal(0, one.fluctuation_sd * np.sqrt(1 - keep**2), n))
    return np.array(found)


def _there(days: Floats, n: int, *, last_infusion: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Which scores were given: the first always; some are missed; after the last infusion some people stay away."""
    about = file()
    seen = rng.random((len(days), n)) >= about.missed
    seen[0] = True
    stays = rng.random((len(days), n)) >= about.lost_at_each_visit
    stays[days <= last_infusion] = True
    return np.asarray(seen & (np.cumprod(stays, axis=0) == 1), dtype=np.bool_)
