"""The curves of a regimen for one person: typical, and the band of people like them. Made once for each change of the doses."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import ceil
from sys import float_info
from types import MappingProxyType

import numpy as np

from ketacare.science.pkpd import models
from ketacare.science.pkpd.modelling.defaults import defaults
from ketacare.science.pkpd.modelling.model_file import Model
from ketacare.science.pkpd.population import simulate_population
from ketacare.science.pkpd.regimen import Regimen
from ketacare.science.pkpd.series import Flag, Series
from ketacare.science.pkpd.simulate import simulate
from ketacare.science.pkpd.solving.arrays import Floats
from ketacare.science.pkpd.subject import Subject

SLOWEST_MIN = float_info.max  # an infusion as long as can be: what the usual question is about
PEOPLE, SEED = 200, 4  # of the band; the same people for every session, so a band moves only when the doses do
QUANTILES = (0.05, 0.5, 0.95)
AFTER_MIN = 180  # drawn after the last dose: beyond the longest usual watch
MOST_POINTS = 240  # of a curve, at whole minutes; a very long session is drawn more coarsely
KEPT = 64  # curves in memory: more than a day has changes of dose in eight chairs
OTHER_SITE = (
    "What is in within {shortest:g} min has an early peak that the {usual} model cannot show: this curve is for {site} blood. "
    "Arterial and venous curves differ for an hour and more: do not compare them."
)


@dataclass(frozen=True, kw_only=True)
class Curves:
    """The typical curve of a person, and the band of people like them."""

    typical: Series
    low: Floats
    median: Floats
    high: Floats
    flags: tuple[Flag, ...]
    drawn: Mapping[str, tuple[float, ...]]  # minutes, and each line in ng/mL to three digits

    @property
    def t_min(self) -> Floats:
        return self.typical.t_min

    @property
    def plasma(self) -> Floats:
        return self.typical.concentration_ng_per_ml[self.typical.parent]

    @property
    def effect_site(self) -> Floats:
        return self.typical.effect_site_ng_per_ml


@lru_cache(maxsize=KEPT)
def curves(regimen: Regimen, subject: Subject) -> Curves:
    """The curves of a regimen: made once for each change of the doses, then read."""
    model, flags = model_for(regimen)
    t_min = times(regimen)
    typical = simulate(model, regimen, subject, t_min)
    people = simulate_population(
        model, regimen, PEOPLE, t_min, rng=SEED, quantiles=QUANTILES, subject=subject, workers=1
    )
    low, median, high = people.bands[people.parent]
    every = {one.says: one for one in (*flags, *typical.flags, *people.flags)}
    lines = {"plasma_low": low, "plasma_median": median, "plasma_high": high}
    lines |= {"plasma": typical.concentration_ng_per_ml[typical.parent], "effect_site": typical.effect_site_ng_per_ml}
    drawn = {name: tuple(float(f"{one:.3g}") for one in values) for name, values in lines.items()}
    return Curves(
        typical=typical,
        low=low,
        median=median,
        high=high,
        flags=tuple(every.values()),
        drawn=MappingProxyType({"t_min": tuple(t_min.round(2).tolist()), **drawn}),
    )


def model_for(regimen: Regimen) -> tuple[Model, tuple[Flag, ...]]:
    """The default model; an injection into a vein takes the one that can show its peak, and its other site is said."""
    asked = {"route": regimen.doses[0].route, "drug": regimen.drug or ""}
    usual = models.default_for(**asked, duration_min=SLOWEST_MIN)
    fitting = models.default_for(**asked, duration_min=fastest_min(regimen))
    said = tuple(_says(row.says) for row in defaults().rows if row.says and row.model == fitting.id)
    if fitting.site == usual.site:
        return fitting, said
    says = OTHER_SITE.format(shortest=usual.shortest_iv_min, usual=usual.site, site=fitting.site)
    return fitting, (*said, Flag(code="other-site", about="site", says=says))


def _says(text: str) -> Flag:
    return Flag(code="of-the-default", about="model", says=text)


def fastest_min(regimen: Regimen) -> float:
    """In what time all of a session would be in at the fastest rate it ran at: a pause makes no injection of an infusion."""
    total = sum(one.amount_mg for one in regimen.doses)
    return min(one.duration_min * (total / one.amount_mg) for one in regimen.doses)


def times(regimen: Regimen) -> Floats:
    """The minutes of a curve: evenly spaced, and each at which a dose begins or ends."""
    ends = [moment for one in regimen.doses for moment in (one.start_min, one.end_min)]
    last = ceil(max(ends)) + AFTER_MIN
    return np.unique(np.concatenate([np.arange(0, last + 1, ceil(last / MOST_POINTS), dtype=float), ends]))


def local_peaks(values: Floats) -> list[int]:
    """The places at which a curve stops rising and falls."""
    return [place for place in range(1, len(values) - 1) if values[place - 1] < values[place] > values[place + 1]]


def half_min(drawn: Curves, peak: int) -> float | None:
    """When the effect site has fallen to half of its peak, min; None: not within what is drawn."""
    after, half = drawn.effect_site[peak:], drawn.effect_site[peak] / 2
    below = np.flatnonzero(after <= half)
    if not below.size:
        return None
    place = peak + int(below[0])
    pair = slice(place - 1, place + 1)
    return float(np.interp(-half, -drawn.effect_site[pair], drawn.t_min[pair]))
