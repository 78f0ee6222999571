"""The explanatory band: what the doses as given are expected to do in plasma and at the effect site, and when.

It explains. No alarm, gate or way home knows of it: a contract of the import linter holds that.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType

import numpy as np

from ketacare.clinic.routes import route_name
from ketacare.infusion.as_given import MINUTE, NO_PLANNED_END, RUNS_OVER, AsGiven, Way, as_given
from ketacare.infusion.foreseen import Curves, curves, half_min, local_peaks
from ketacare.planning.curve_words import DECIDES_NOTHING, SITES, STATUS
from ketacare.planning.prescribed import GIVEN_AS
from ketacare.science.errors import ScienceError
from ketacare.science.monitoring.delivered import DoseStep
from ketacare.science.pkpd import models
from ketacare.science.pkpd.modelling.model_file import Model
from ketacare.science.pkpd.series import Flag
from ketacare.science.pkpd.subject import Subject
from ketacare.ui.curves import Curve, CurveChart

# Flags that a model carries whoever it is about: read once, so they stand folded away; all others stand open beside the curve.
OF_THE_MODEL = frozenset({"caveat", "variability-borrowed", "effect-site-not-arterial"})
NO_DOSE = "Nothing has been given yet: there is no curve to show."
WHICH_WAY = "No curve: whether it was swallowed or kept under the tongue is not recorded."
NO_WEIGHT = "No curve: there is no order with the weight that the models need."
UNPLANNED = frozenset({RUNS_OVER, NO_PLANNED_END})
AT_ONCE = MappingProxyType({"iv": "the push", "im": "the injection", "intranasal": "the last device"})
STEPS = MappingProxyType(
    {
        "start": "the start",
        "rate": "the change of rate",
        "pause": "the pause",
        "resume": "the resuming",
        "stop": "the end of the drug",
    }
)


@dataclass(frozen=True, kw_only=True)
class Peak:
    """A moment at which the effect site stops rising, with the dose step it follows."""

    at: datetime
    after: str
    after_min: int


@dataclass(frozen=True, kw_only=True)
class Exposure:
    """The band of one session at one moment, with what it says in words."""

    model: Model
    curves: Curves
    begins_at: datetime
    given: tuple[tuple[float, float], ...]  # from minute to minute; the same twice: at once
    flags: tuple[Flag, ...]
    pump_ends_at: datetime | None  # by the order, of a pump that runs
    now: Mapping[str, str] | None  # ng/mL by line, to two digits; None: beyond what is drawn
    highest: Peak
    next_peak: Peak | None  # the one that comes before the highest; None: the highest is next, or over
    half_at: datetime | None  # when the effect site will have fallen to half of its peak; None: later than is drawn

    @property
    def drawn_until(self) -> datetime:
        return self.begins_at + self.curves.t_min[-1] * MINUTE

    @property
    def notices(self) -> tuple[Flag, ...]:
        """What is to be read beside the curve."""
        return tuple(one for one in self.flags if one.code not in OF_THE_MODEL)

    @property
    def caveats(self) -> tuple[Flag, ...]:
        """What the model can never do, whoever it is about."""
        return tuple(one for one in self.flags if one.code in OF_THE_MODEL)


@dataclass(frozen=True, kw_only=True)
class NoExposure:
    """Why there is no curve, in a sentence."""

    says: str


def exposure(
    steps: list[DoseStep],
    route: str,
    *,
    ordered_mg: Decimal | None,
    weight_kg: Decimal | None,
    age_years: int | None,
    at: datetime,
) -> Exposure | NoExposure:
    """What a session's doses are expected to do, seen from a moment, if nothing changes."""
    if not any(one.at <= at for one in steps):
        return NoExposure(says=NO_DOSE)
    ways = GIVEN_AS.get(route, ())
    if len(ways) != 1:
        return NoExposure(
            says=WHICH_WAY if ways else f"No curve: no model of ketamine given {route_name(route)} was seen."
        )
    way = Way(route=ways[0][0], drug=ways[0][1])
    if weight_kg is None:
        return NoExposure(says=NO_WEIGHT)
    try:
        given = as_given(steps, way, ordered_mg=ordered_mg, at=at)
        if given is None:
            return NoExposure(says=NO_DOSE)
        drawn = curves(given.regimen, Subject(weight_kg=float(weight_kg), age_years=age_years))
    except ScienceError as error:
        return NoExposure(says=f"No curve: {'; '.join(one.says for one in error.problems)}.")
    return seen(drawn, given, dict(named_steps(steps, given, way, at=at)), at=at)


def seen(drawn: Curves, given: AsGiven, said: Mapping[datetime, str], *, at: datetime) -> Exposure:
    """Curves with their peak, their fall and where they stand now."""
    peak = int(np.argmax(drawn.effect_site))
    highest = peak_of(drawn, given, said, peak)
    coming = (peak_of(drawn, given, said, place) for place in local_peaks(drawn.effect_site))
    first = next((one for one in coming if one.at >= at), None)
    half = half_min(drawn, peak)
    return Exposure(
        model=models.load(drawn.typical.model),
        curves=drawn,
        begins_at=given.begins_at,
        given=tuple((one.start_min, one.end_min) for one in given.regimen.doses),
        flags=(*given.flags, *drawn.flags),
        pump_ends_at=None if UNPLANNED & set(given.flags) else given.ends_at,
        now=standing(drawn, (at - given.begins_at) / MINUTE),
        highest=highest,
        next_peak=first if first and first.at < highest.at else None,
        half_at=None if half is None else given.begins_at + half * MINUTE,
    )


def peak_of(drawn: Curves, given: AsGiven, said: Mapping[datetime, str], place: int) -> Peak:
    """A peak in words: which dose step it follows, and how long after."""
    at = given.begins_at + drawn.t_min[place] * MINUTE
    before = max((moment for moment in said if moment <= at), default=given.begins_at)
    return Peak(at=at, after=said.get(before, STEPS["start"]), after_min=round((at - before) / MINUTE))


def standing(drawn: Curves, minute: float) -> Mapping[str, str] | None:
    """Where the typical curves stand at a minute, to two digits: a prediction is no surer."""
    if minute > drawn.t_min[-1]:
        return None
    lines = {"plasma": drawn.plasma, "effect_site": drawn.effect_site}
    return {name: f"{float(f'{np.interp(minute, drawn.t_min, line):.2g}'):g}" for name, line in lines.items()}


def named_steps(steps: list[DoseStep], given: AsGiven, way: Way, *, at: datetime) -> Iterator[tuple[datetime, str]]:
    """The dose steps that move the curve, in words, with the planned end of a pump that runs."""
    for one in (one for one in steps if one.at <= at):
        if one.step == "bolus" or (one.step == "start" and one.dose_mg is not None):
            yield one.at, AT_ONCE.get(way.route, "the dose")
        elif one.step in STEPS:
            yield one.at, STEPS[one.step]
    if given.ends_at is not None:
        yield given.ends_at, "an end of the pump now" if UNPLANNED & set(given.flags) else "the pump's planned end"


def drawing(found: Exposure) -> Mapping[str, object]:
    """What the page draws: when it begins, minutes from there, and every line."""
    return {"begins": found.begins_at.timestamp(), **found.curves.drawn}


def chart(found: Exposure) -> CurveChart:
    """The same curves for a page without JavaScript."""
    t_min, typical = found.curves.t_min, found.curves.typical
    plasma = Curve(
        label=f"{SITES[typical.site].capitalize()}, typical; band: 90 of 100 people",
        t_min=t_min,
        values=found.curves.plasma,
        low=found.curves.low,
        high=found.curves.high,
    )
    effect_site = Curve(label="Effect site, typical", t_min=t_min, values=found.curves.effect_site)
    return CurveChart(
        title="Expected concentration, minutes from the first dose",
        quantity="Expected concentration",
        unit="ng/mL",
        curves=(plasma, effect_site),
        given=found.given,
        notes=(f"Model {typical.model}, {STATUS[typical.status]}.", DECIDES_NOTHING),
        name="exposure",
    )
