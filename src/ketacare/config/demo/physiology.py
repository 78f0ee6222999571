"""What the demo's bedside monitor shows: a body at rest, its answer to the drug, and noise. A picture, never a prediction."""

import math
from dataclasses import dataclass

from ketacare.config.demo.people import Body, chance, read

CALM, SURGE, DIP = "calm", "surge", "dip"
PULSE = ("heart_rate", "spo2", "resp_rate")  # what a monitor sends by itself
CUFF = ("bp_sys", "bp_dia")
HIGHEST = {"spo2": 100}


@dataclass(frozen=True, kw_only=True)
class Infused:
    """Where a body stands in a treatment, in minutes. None: not yet."""

    since_start_min: float | None = None
    since_end_min: float | None = None


def effect(infused: Infused) -> float:
    """How strongly the drug acts, from 0 to nearly 1: it builds up while it runs and fades after its end."""
    told = read("body.yaml")
    if infused.since_start_min is None or infused.since_start_min <= 0:
        return 0.0
    given_min = infused.since_start_min - (infused.since_end_min or 0)
    built_up = 1 - math.exp(-given_min / told["rises_over_min"]["value"])
    return built_up * math.exp(-(infused.since_end_min or 0) / told["falls_over_min"]["value"])


def vitals(body: Body, infused: Infused, *, names: tuple[str, ...], at_min: float, profile: str) -> dict[str, int]:
    """What the monitor or the cuff shows at a minute (``at_min``, which the noise hangs on)."""
    acts, trouble = effect(infused), trouble_of(profile, infused)
    shown = {}
    for name in names:
        rise = read("body.yaml")["peak_rise"][name]["value"] * acts
        value = trouble.get(name, getattr(body, name) + rise) + noise(body, name, at_min)
        shown[name] = min(round(value), HIGHEST.get(name, round(value)))
    return shown


def trouble_of(profile: str, infused: Infused) -> dict[str, float]:
    """The values that a body in trouble shows in the place of its own; none while it is well."""
    told = read("body.yaml").get(profile)
    if told is None or infused.since_start_min is None or infused.since_end_min is not None:
        return {}
    is_on = told["from_min"] <= infused.since_start_min < told["until_min"]
    return {name: told[name] for name in PULSE + CUFF if name in told} if is_on else {}


def noise(body: Body, name: str, at_min: float) -> float:
    """A slow wander and a quick jitter; the same minute of the same body gives the same noise."""
    told = read("body.yaml")
    phase = chance(body.key, name).uniform(0, math.tau)
    wander = told["wander"][name] * math.sin(phase + math.tau * at_min / told["wander_over_min"]["value"]) / 2
    jitter = told["jitter"][name]
    return wander + max(-2 * jitter, min(2 * jitter, chance(body.key, name, round(at_min, 2)).gauss(0, jitter)))


def dissociation(body: Body, infused: Infused) -> int:
    """How far away the patient feels, of 10: fullest at the end of the infusion, then fading."""
    built_up = effect(Infused(since_start_min=(infused.since_start_min or 0) - (infused.since_end_min or 0)))
    fading = math.exp(-(infused.since_end_min or 0) / read("body.yaml")["dissociation_falls_over_min"]["value"])
    return round(body.dissociation * built_up * fading)
