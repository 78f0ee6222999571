"""Priors fitted to a clinic's own people, as a file: where they come from, what they are, and what they changed for people held out."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from pydantic import ValidationError

from ketacare.science import reference
from ketacare.science.errors import BadFacts, MissingInput, Problem
from ketacare.science.reference import Frozen
from ketacare.science.trajectory.course import Course
from ketacare.science.trajectory.presets import Prior, file, prior
from ketacare.science.trajectory.refitting import refit, split, usable
from ketacare.science.trajectory.validating import cohorts
from ketacare.science.trajectory.validating.foretelling import by_model
from ketacare.science.trajectory.validating.judging import Judged, judge

SCHEMA = "ketacare.trajectory-own/1"
FLOOR = 0.0  # of every scale that has priors


class Provenance(Frozen):
    """Where the priors come from."""

    refit_of: str
    people: int
    held_out: int
    scores: int
    weight: float  # of the fit beside the published priors, 0 to 1
    data_sha256: str
    seed: int
    made_on: str
    software: str
    converged: bool


class Worth(Frozen):
    """What forecasts of the next score were worth for the people held out."""

    crps: float  # points
    log_score: float
    coverage: dict[str, float]


class Values(Frozen):
    """The priors, in points of the scale and days."""

    mean: list[float]
    sd: list[float]
    fluctuation_half_life_days: float
    drift_variance_per_day: float
    noise_sd: float
    fast_gain: float
    fast_half_life_days: float
    slow_gain: float
    slow_half_lives_days: list[float]
    weights: list[float]
    floor: float


class Own(Frozen):
    """The whole file. It is in force nowhere by itself: a site puts it in force, by two people."""

    schema_: str
    scale: str
    made: Provenance
    held_out: dict[str, Worth]  # before, after
    priors: Values


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a refit is made from."""

    scale: str
    preset: str
    courses: tuple[Course, ...]
    data_sha256: str
    seed: int
    made_on: str
    software: str


def made(asked: Asked, *, on_step: Callable[[int], None] = lambda step: None) -> Own:
    """Fit the priors to two thirds of the people and judge them on the others.

    Args:
        asked: the people, and what is written down of them.
        on_step: told the number of each step of the fit.

    Raises:
        MissingInput: too few people; no such scale or preset; forecasts for the people held out got no better.

    Source: own model; see `refitting.refit`.
    """
    published = prior(asked.scale, asked.preset)
    start = replace(published, floor=FLOOR)
    people, held = split(usable(asked.courses), rng=np.random.default_rng(asked.seed))
    found = refit(start, people, on_step=on_step)
    before, after = (_worth(one, held, asked) for one in (start, found.prior))
    if after.log_score >= before.log_score:
        says = (
            f"for the {len(held)} people held out forecasts got no better (log score {before.log_score:.3f} before, "
            f"{after.log_score:.3f} after): keep the published priors"
        )
        raise MissingInput([Problem(place="refit", says=says)])
    return Own(
        schema_=SCHEMA,
        scale=asked.scale,
        made=Provenance(
            refit_of=asked.preset,
            people=len(people),
            held_out=len(held),
            scores=sum(len(one.scores) for one in people),
            weight=found.weight,
            data_sha256=asked.data_sha256,
            seed=asked.seed,
            made_on=asked.made_on,
            software=asked.software,
            converged=found.converged,
        ),
        held_out={"before": before, "after": after},
        priors=_values(found.prior),
    )


def _worth(one: Prior, held: Sequence[Course], asked: Asked) -> Worth:
    largest = file().scales[asked.scale].largest
    found: Judged = judge(by_model(one, held), largest=largest, rng=np.random.default_rng(asked.seed))
    return Worth(
        crps=found.crps,
        log_score=found.log_score,
        coverage={f"{100 * level:g} %": share for level, share in found.coverage.items()},
    )


def _values(one: Prior) -> Values:
    plain = {name: getattr(one, name) for name in Values.model_fields}
    listed = {name: list(value) if isinstance(value, tuple) else value for name, value in plain.items()}
    return Values.model_validate(listed)


def document(own: Own) -> dict[str, Any]:
    """The file as plain values."""
    told = own.model_dump()
    return {"schema": told.pop("schema_"), **told}


def parse(raw: Any, *, place: str) -> Own:
    """Read a file; BadFacts with every problem."""
    given = dict(raw) if isinstance(raw, Mapping) else {"": raw}
    given["schema_"] = given.pop("schema", "")
    try:
        read = Own.model_validate(given)
    except ValidationError as error:
        raise BadFacts(reference.problems_of(error, place=place)) from error
    if wrong := _wrong(read):
        raise BadFacts([Problem(place=place, says=says) for says in wrong])
    return read


def _wrong(read: Own) -> list[str]:
    values = read.priors
    positive = [*values.sd, values.fluctuation_half_life_days, values.noise_sd, values.fast_half_life_days]
    checks = {
        f"schema: {SCHEMA} is what is known, not {read.schema_!r}": read.schema_ == SCHEMA,
        f"scale: there is no {read.scale!r}": read.scale in file().scales,
        f"made: refit_of: there is no preset {read.made.refit_of!r}": read.made.refit_of in file().presets,
        "held_out: before and after, and nothing else": set(read.held_out) == {"before", "after"},
        "priors: mean and sd: four numbers each": len(values.mean) == len(values.sd) == 4,
        "priors: as many weights as slow half-lives": len(values.weights) == len(values.slow_half_lives_days) > 0,
        "priors: weights: none below 0, and their sum is 1": min(values.weights, default=-1) >= 0
        and abs(sum(values.weights) - 1) < 1e-6,
        "priors: spreads, half-lives and noise are above 0": min([*positive, *values.slow_half_lives_days]) > 0,
        "priors: drift_variance_per_day: not below 0": values.drift_variance_per_day >= 0,
        "priors: gains lie between 0 and 1": min(values.fast_gain, values.slow_gain) >= 0
        and max(values.fast_gain, values.slow_gain) <= 1,
    }
    return [says for says, is_right in checks.items() if not is_right]


def digest(own: Own) -> str:
    """SHA-256 of what a file says, however it is written down."""
    return hashlib.sha256(json.dumps(document(own), sort_keys=True).encode()).hexdigest()


def against(own: Own) -> Iterator[str]:
    """Why forecasts should not rest on what a file says: too few people, or no better for those held out."""
    people, least = own.made.people + own.made.held_out, cohorts.file().refit.least_people
    if people < least:
        yield f"It rests on {people} people; {least} are needed to say more than the published priors do."
    if own.made.held_out < 1:
        yield "Nobody was held out: what the priors are worth is not known."
    before, after = own.held_out["before"], own.held_out["after"]
    if after.log_score >= before.log_score:
        yield (
            f"For the {own.made.held_out} people held out forecasts got no better (log score {before.log_score:.3f} "
            f"before, {after.log_score:.3f} after): keep the published priors."
        )


def prior_of(own: Own) -> Prior:
    """The priors as the model takes them."""
    values = own.priors
    base, fast, slow, loose = values.mean
    base_sd, fast_sd, slow_sd, loose_sd = values.sd
    return Prior(
        scale=own.scale,
        preset=f"{own.made.refit_of}, refitted to {own.made.people} people",
        mean=(base, fast, slow, loose),
        sd=(base_sd, fast_sd, slow_sd, loose_sd),
        fluctuation_half_life_days=values.fluctuation_half_life_days,
        drift_variance_per_day=values.drift_variance_per_day,
        noise_sd=values.noise_sd,
        fast_gain=values.fast_gain,
        fast_half_life_days=values.fast_half_life_days,
        slow_gain=values.slow_gain,
        slow_half_lives_days=tuple(values.slow_half_lives_days),
        weights=tuple(values.weights),
        floor=values.floor,
    )
