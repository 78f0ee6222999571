"""The predicted exposure of a course: curves of its order, their landmarks, and what each analyte comes to."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from ketacare.planning.curve_words import analyte_words, told
from ketacare.planning.prescribed import Asked
from ketacare.science.pkpd.modelling.defaults import Quantity, defaults
from ketacare.science.pkpd.noncompartmental import NonCompartmental, noncompartmental
from ketacare.science.pkpd.regimen import Regimen
from ketacare.science.pkpd.series import Flag, Series
from ketacare.science.pkpd.simulate import simulate
from ketacare.science.pkpd.solving.arrays import Floats

SHOWN_AFTER_MIN = 6 * 60  # drawn after the last dose, a point a minute
FOLLOWED_MIN, FOLLOWED_EVERY_MIN = 48 * 60, 15  # beyond that for areas and half-lives alone
FRACTIONS = ((1 / 2, "half"), (1 / 4, "a quarter"), (1 / 10, "a tenth"))
CAVEAT = "caveat"


@dataclass(frozen=True, kw_only=True)
class Fall:
    """When a curve has fallen to a fraction of its highest; None: later than it was followed."""

    words: str
    plasma_min: float | None
    effect_site_min: float | None


@dataclass(frozen=True, kw_only=True)
class Landmarks:
    """Where the curves are highest, and when they have fallen."""

    plasma: float
    plasma_min: float
    effect_site: float
    effect_site_min: float
    falls: tuple[Fall, ...]

    @property
    def later_min(self) -> float:
        """How long after the plasma the effect site is highest."""
        return self.effect_site_min - self.plasma_min


@dataclass(frozen=True, kw_only=True)
class Band:
    """How far virtual people lie around the typical one, by analyte, and who they are."""

    low: Mapping[str, Floats]
    middle: Mapping[str, Floats]
    high: Mapping[str, Floats]
    people: int
    seed: int
    flags: tuple[Flag, ...]


@dataclass(frozen=True, kw_only=True)
class Exposure:
    """Everything of one regimen for one typical person."""

    asked: Asked
    shown: Series
    landmarks: Landmarks
    analytes: Mapping[str, NonCompartmental]
    lag: Quantity

    @property
    def parent(self) -> NonCompartmental:
        """What the drug itself comes to."""
        return self.analytes[self.shown.parent]

    @property
    def lines(self) -> list[tuple[str, NonCompartmental, float | None]]:
        """Every analyte: what it is called, what it comes to, its half-life in hours."""
        return [
            (analyte_words(self.asked.model, name), one, None if one.half_life_min is None else one.half_life_min / 60)
            for name, one in self.analytes.items()
        ]

    @property
    def of_this(self) -> tuple[str, ...]:
        """What a reader must know of these very curves."""
        return told(one for one in self.shown.flags if one.code != CAVEAT)

    @property
    def of_model(self) -> tuple[str, ...]:
        """What a reader must know of the model, whatever is simulated."""
        return told(one for one in self.shown.flags if one.code == CAVEAT)

    @property
    def of_figures(self) -> tuple[str, ...]:
        """What a reader must know of the figures, by analyte."""
        return tuple(f"{label}: {one}" for label, figures, _ in self.lines for one in told(figures.flags))


def exposure(asked: Asked) -> Exposure:
    """What the order of a course comes to in a typical person of this weight and age."""
    followed = simulate(
        asked.model, asked.regimen, asked.subject, times(asked.regimen), interactions=asked.interactions
    )
    until = shown_until(asked.regimen)
    return Exposure(
        asked=asked,
        shown=cut(followed, until),
        landmarks=landmarks(followed),
        analytes={name: noncompartmental(followed, name) for name in followed.concentration_ng_per_ml},
        lag=defaults().effect_site.half_life_min,
    )


def shown_until(regimen: Regimen) -> int:
    """The last minute drawn: whole hours after the last dose."""
    return 60 * -(-int(regimen.end_min + SHOWN_AFTER_MIN) // 60)


def times(regimen: Regimen) -> Floats:
    """Every minute that is drawn and every end of a dose, then the rest of two days."""
    until = shown_until(regimen)
    drawn = np.arange(0, until + 1, dtype=np.float64)
    after = np.arange(until + FOLLOWED_EVERY_MIN, until + FOLLOWED_MIN + 1, FOLLOWED_EVERY_MIN, dtype=np.float64)
    ends = np.array([dose.end_min for dose in regimen.doses])
    return np.concatenate([np.union1d(drawn, ends), after])


def cut(series: Series, until: float) -> Series:
    """The part of a series that is drawn."""
    kept = series.t_min <= until
    return replace(
        series,
        t_min=series.t_min[kept],
        concentration_ng_per_ml={name: values[kept] for name, values in series.concentration_ng_per_ml.items()},
        effect_site_ng_per_ml=series.effect_site_ng_per_ml[kept],
        amounts_mg={name: values[kept] for name, values in series.amounts_mg.items()},
    )


def landmarks(series: Series) -> Landmarks:
    """The highest points of plasma and effect site, and when each has fallen to a fraction of its own."""
    plasma, site = series.concentration_ng_per_ml[series.parent], series.effect_site_ng_per_ml
    return Landmarks(
        plasma=float(plasma.max()),
        plasma_min=float(series.t_min[plasma.argmax()]),
        effect_site=float(site.max()),
        effect_site_min=float(series.t_min[site.argmax()]),
        falls=tuple(falls(series.t_min, plasma, site)),
    )


def falls(t_min: Floats, plasma: Floats, site: Floats) -> Iterator[Fall]:
    """When each curve has fallen to a half, a quarter, a tenth of its highest, for good."""
    for fraction, words in FRACTIONS:
        yield Fall(
            words=words,
            plasma_min=fallen_at(t_min, plasma, fraction),
            effect_site_min=fallen_at(t_min, site, fraction),
        )


def fallen_at(t_min: Floats, values: Floats, fraction: float) -> float | None:
    """The first time from which a curve stays at or below a fraction of its highest."""
    above = np.flatnonzero(values > fraction * values.max())
    return None if above[-1] == len(values) - 1 else float(t_min[above[-1] + 1])
