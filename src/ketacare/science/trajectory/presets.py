"""What is believed of a person's course before a score is seen: the priors of the trajectory model, by scale."""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from ketacare.science import reference
from ketacare.science.errors import BadReference, MissingInput, Problem
from ketacare.science.reference import Frozen, Mark, Review

STEM = "trajectory/presets"
STATES = 4  # set-point, fast amplitude, slow amplitude, fluctuation


class Normal(Frozen):
    """A normal distribution, points of a scale."""

    mean: float
    sd: float


class Preset(Frozen):
    """One kind of clinic, on the points of the MADRS."""

    title: str
    set_point: Normal
    fast: Normal
    slow: Normal
    fluctuation_sd: float
    fluctuation_half_life_days: float
    drift_variance_per_day: float
    fast_gain: float
    fast_half_life_days: float
    slow_gain: float
    slow_half_lives_days: list[float]
    weights: list[float]
    mark: Mark
    sources: list[str]
    note: str = ""


class Scale(Frozen):
    """How a scale follows from the MADRS, and its own noise."""

    title: str
    factor: float
    largest: float
    noise_sd: float
    threshold: float | None = None
    mark: Mark
    sources: list[str]
    note: str = ""
    says: str = ""  # what a reader of a forecast by this scale must know


class Limits(Frozen):
    """The risk at which the maintenance window opens, is due and is late."""

    opens: float
    due: float
    late: float
    looked_ahead_days: int
    mark: Mark
    sources: list[str]


class Guard(Frozen):
    """When a forecast says nothing, or that the model does not fit."""

    scores_after_first_infusion: int
    misses_in_a_row: int
    interval: float
    settled_after_h: float
    mark: Mark
    sources: list[str]


class PresetFile(Frozen):
    """The whole file."""

    id: str
    version: int
    schema_: str
    title: str
    status: str
    review: Review
    presets: dict[str, Preset]
    scales: dict[str, Scale]
    preset_of_a_clinic: str
    threshold_of_first_score: float
    window: Limits
    guard: Guard


@dataclass(frozen=True, kw_only=True)
class Prior:
    """The model of one person before a score is seen, in points of one scale and days."""

    scale: str
    preset: str
    mean: tuple[float, float, float, float]  # set-point, fast amplitude, slow amplitude, fluctuation; points
    sd: tuple[float, float, float, float]
    fluctuation_half_life_days: float
    drift_variance_per_day: float  # of the set-point, points squared
    noise_sd: float  # of one score, points
    fast_gain: float
    fast_half_life_days: float
    slow_gain: float
    slow_half_lives_days: tuple[float, ...]
    weights: tuple[float, ...]  # of the slow half-lives; their sum is 1
    floor: float | None = (
        None  # a score at or below it says only that severity is no higher; None: it is taken at its word
    )

    @property
    def log_weights(self) -> NDArray[np.float64]:
        """Logarithms of the weights; minus infinity for none."""
        with np.errstate(divide="ignore"):
            return np.log(np.asarray(self.weights, dtype=np.float64))


@cache
def file() -> PresetFile:
    """Return the newest file of priors; BadReference when it is not what it must be."""
    name = reference.newest(STEM)
    raw = dict(reference.read_yaml(name))
    raw["schema_"] = raw.pop("schema", "")
    try:
        read = PresetFile.model_validate(raw)
    except ValidationError as error:
        raise BadReference(reference.problems_of(error, place=name)) from error
    if wrong := list(_wrong(read)):
        raise BadReference([Problem(place=f"{name}: {place}", says=says) for place, says in wrong])
    return read


def _wrong(read: PresetFile) -> list[tuple[str, str]]:
    found = []
    for name, one in read.presets.items():
        if len(one.weights) != len(one.slow_half_lives_days):
            found.append((name, "as many weights as slow half-lives"))
        if abs(sum(one.weights) - 1) > 1e-9:
            found.append((name, f"weights must sum to 1, not {sum(one.weights):g}"))
    if not read.window.opens < read.window.due < read.window.late < 1:
        found.append(("window", "the limits must rise: opens, due, late"))
    return found


def id_of(scale: str) -> str:
    """Return the id of a scale as people write its name (``MADRS``, ``PHQ-9``); an unknown name as it is."""
    written = _letters(scale)
    return next(
        (one for one, stated in file().scales.items() if written in (_letters(one), _letters(stated.title))), scale
    )


def _letters(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def prior(scale: str = "madrs", preset: str = "research") -> Prior:
    """Return what is believed of a person's course before a score is seen.

    Args:
        scale: the id of a scale: ``madrs``, ``phq9``, ``qids_sr16``, ``hamd17``.
        preset: ``research`` or ``community``.

    Returns:
        The prior, in points of the scale.

    Raises:
        MissingInput: no such scale or preset; both name what there is.

    Source: own model (data/trajectory/presets), after the published figures it names.
    """
    read = file()
    problems = [
        Problem(place=place, says=f"there is no {wanted!r}; there are: {', '.join(sorted(known))}")
        for place, wanted, known in (("scale", scale, read.scales), ("preset", preset, read.presets))
        if wanted not in known
    ]
    if problems:
        raise MissingInput(problems)
    one, on = read.presets[preset], read.scales[scale]
    normals = (one.set_point, one.fast, one.slow, Normal(mean=0.0, sd=one.fluctuation_sd))
    mean, sd = zip(*((on.factor * normal.mean, on.factor * normal.sd) for normal in normals), strict=True)
    return Prior(
        scale=scale,
        preset=preset,
        mean=mean,
        sd=sd,
        fluctuation_half_life_days=one.fluctuation_half_life_days,
        drift_variance_per_day=one.drift_variance_per_day,
        noise_sd=on.noise_sd,
        fast_gain=one.fast_gain,
        fast_half_life_days=one.fast_half_life_days,
        slow_gain=one.slow_gain,
        slow_half_lives_days=tuple(one.slow_half_lives_days),
        weights=tuple(one.weights),
    )


def scaled(before: Prior, factor: float, *, noise_sd: float, scale: str) -> Prior:
    """Return a prior in points of another scale: set-point, amplitudes, fluctuation and drift by a factor, with the scale's own noise."""
    mean, sd = (tuple(factor * one for one in values) for values in (before.mean, before.sd))
    return replace(
        before,
        scale=scale,
        mean=(mean[0], mean[1], mean[2], mean[3]),
        sd=(sd[0], sd[1], sd[2], sd[3]),
        drift_variance_per_day=factor * factor * before.drift_variance_per_day,
        noise_sd=noise_sd,
    )


def centred(before: Prior, baseline: float) -> Prior:
    """Return a prior whose set-point is centred on a known baseline score, with what such a score scatters (points)."""
    sd = float(np.hypot(before.sd[3], before.noise_sd))
    return replace(before, mean=(baseline, *before.mean[1:]), sd=(sd, *before.sd[1:]))
