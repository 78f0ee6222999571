"""A made-up person and their monitor, second by second: for load and fault runs, never a prediction."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated

import numpy as np
from pydantic import Field as Key
from pydantic import ValidationError

from ketacare.science.errors import BadReference
from ketacare.science.reference import Frozen, Mark, Review, newest, problems_of, read_yaml
from ketacare.science.units import MINUTES_PER_DAY, MINUTES_PER_HOUR

Span = Annotated[tuple[float, float], Key(strict=False)]
HOURS_PER_DAY = MINUTES_PER_DAY / MINUTES_PER_HOUR
SECONDS_PER_HOUR = 60 * MINUTES_PER_HOUR
PRESSURES = ("bp_sys", "bp_dia")


class Drawn(Frozen):
    """How a body's own value is drawn."""

    mean: float
    sd: float
    span: Span
    unit: str


class Noise(Frozen):
    """A first-order autoregression."""

    stays: float
    sd: float


class Trouble(Frozen):
    """Something that happens now and then, and what a monitor shows meanwhile."""

    per_h: float
    lasts_s: Span
    heart_rate: float | None = None
    resp_rate: float | None = None
    spo2_falls_by: float = 0
    spo2_falls_over_s: float = 1


class Drug(Frozen):
    """How people differ in their answer to the drug."""

    pressure_spread_sd: float
    heart_rate_share: float


class Cuff(Frozen):
    """How often the cuff measures."""

    every_s: int


class SimulatedRooms(Frozen):
    """The parsed ``data/protocols/simulated_rooms``."""

    id: str
    version: int
    review: Review
    sources: list[str]
    mark: Mark
    bodies: dict[str, Drawn]
    noise: dict[str, Noise]
    circadian: dict[str, float]
    drug: Drug
    cuff: Cuff
    events: dict[str, Trouble]


@cache
def simulated_rooms() -> SimulatedRooms:
    """Return the newest numbers of simulated rooms."""
    file = newest("protocols/simulated_rooms")
    try:
        return SimulatedRooms.model_validate(read_yaml(file))
    except ValidationError as error:
        raise BadReference(problems_of(error, place=file)) from error


@dataclass(kw_only=True)
class SimulatedPatient:
    """One made-up body with its noise and what is happening to it; every second is drawn from ``rng``."""

    rng: np.random.Generator
    own: Mapping[str, float]
    pressure_factor: float
    cuff_offset_s: int
    wander: dict[str, float] = field(default_factory=dict)
    until: dict[str, float] = field(default_factory=dict)  # event -> the second at which it ends
    since: dict[str, float] = field(default_factory=dict)


def patient(rng: np.random.Generator) -> SimulatedPatient:
    """Return a made-up patient, drawn.

    Args:
        rng: where every draw comes from; the same generator state gives the same patient and the same seconds.

    Returns:
        A patient at rest at second 0, with nothing happening.

    Assumes: nothing of real people beyond the plausible spans of the data file.
    Source: simulated_rooms data file (default).
    """
    told = simulated_rooms()
    own = {name: float(np.clip(rng.normal(one.mean, one.sd), *one.span)) for name, one in told.bodies.items()}
    factor = math.exp(rng.normal(0, told.drug.pressure_spread_sd))
    offset = int(rng.integers(told.cuff.every_s))
    return SimulatedPatient(rng=rng, own=own, pressure_factor=factor, cuff_offset_s=offset)


def shown(
    person: SimulatedPatient, *, second: int, rise_mmhg: float, diastolic_share: float, hour: float
) -> dict[str, float]:
    """Return what the monitor shows in one second, and step the patient on.

    Args:
        person: the patient; its noise and events are stepped by this second.
        second: seconds since the start, asked in order.
        rise_mmhg: the mean systolic rise by the drug at this second, mmHg, as the effect model gives it.
        diastolic_share: how much of the systolic rise the diastolic pressure rises.
        hour: the hour of the day, 0 to 24, for the circadian swing.

    Returns:
        Values by the session's names: heart_rate, resp_rate, and while the probe is on spo2 and pulse_rate; bp_sys and
        bp_dia only when the cuff measures. An artefact shows an impossible heart rate beside a good pulse.

    Assumes: each person's rise is the mean rise times a factor of their own; heart rate follows the pressure.
    Source: simulated_rooms data file (default); the mean rise from the pharmacology's effect data.
    """
    told = simulated_rooms()
    _step_noise(person, told)
    _step_events(person, told, second=second)
    rise = rise_mmhg * person.pressure_factor
    raised = {"bp_sys": rise, "bp_dia": rise * diastolic_share, "heart_rate": rise * told.drug.heart_rate_share}
    swing = math.cos(2 * math.pi * (hour - told.circadian["highest_at_h"]) / HOURS_PER_DAY)
    true = {
        name: person.own[name] + person.wander[name] + raised.get(name, 0) + told.circadian.get(name, 0) * swing
        for name in person.own
    }
    return _seen(person, true, told, second=second)


def _step_noise(person: SimulatedPatient, told: SimulatedRooms) -> None:
    for name, noise in told.noise.items():
        fresh = noise.sd * math.sqrt(1 - noise.stays**2) * person.rng.standard_normal()
        person.wander[name] = noise.stays * person.wander.get(name, 0.0) + fresh


def _step_events(person: SimulatedPatient, told: SimulatedRooms, *, second: int) -> None:
    for name, event in told.events.items():
        chance = person.rng.random()
        if second >= person.until.get(name, 0) and chance < event.per_h / SECONDS_PER_HOUR:
            person.since[name] = second
            person.until[name] = second + float(person.rng.uniform(*event.lasts_s))


def _seen(person: SimulatedPatient, true: dict[str, float], told: SimulatedRooms, *, second: int) -> dict[str, float]:
    """What of the truth the sensors show."""
    on = {name for name in told.events if second < person.until.get(name, 0)}
    breathing, artefact = told.events["breathing"], told.events["artefact"]
    resp_rate, spo2, heart_rate = true["resp_rate"], true["spo2"], true["heart_rate"]
    if "breathing" in on:
        resp_rate = breathing.resp_rate if breathing.resp_rate is not None else resp_rate
        fallen = min(1.0, (second - person.since["breathing"]) / breathing.spo2_falls_over_s)
        spo2 -= breathing.spo2_falls_by * fallen
    values: dict[str, float] = {"heart_rate": round(heart_rate), "resp_rate": max(0, round(resp_rate))}
    if "artefact" in on and artefact.heart_rate is not None:
        values["heart_rate"] = artefact.heart_rate
    if "probe_off" not in on:
        values |= {"spo2": min(100, round(spo2)), "pulse_rate": round(heart_rate)}
    if second % told.cuff.every_s == person.cuff_offset_s:
        values |= {name: round(true[name]) for name in PRESSURES}
    return values
