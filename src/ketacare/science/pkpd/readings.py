"""What is read off simulated curves: at a moment, the largest, its time, areas, half-life, clearance; one subject or many alike."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ketacare.science.errors import MissingInput, OutOfRange, Problem
from ketacare.science.pkpd import dose_text, effects, entering, models
from ketacare.science.pkpd.effects import Effect
from ketacare.science.pkpd.modelling import assemble, parameters
from ketacare.science.pkpd.modelling.absorption import with_absorption
from ketacare.science.pkpd.modelling.model_file import EFFECT_SITE, Model
from ketacare.science.pkpd.noncompartmental import NonCompartmental, curve_noncompartmental
from ketacare.science.pkpd.population import simulate_population
from ketacare.science.pkpd.regimen import Dose, Regimen
from ketacare.science.pkpd.series import Series
from ketacare.science.pkpd.simulate import simulate
from ketacare.science.pkpd.solving.arrays import Floats
from ketacare.science.pkpd.subject import Subject
from ketacare.science.pkpd.targets import Given, Measure
from ketacare.science.pkpd.virtual import exposure
from ketacare.science.units import MINUTES_PER_DAY, MINUTES_PER_HOUR

NG_PER_MG, ML_PER_L = 1e6, 1000
# A grid that shows a curve's own peak and areas: (until so long after the last dose, min; step, min). A quarter of a minute
# tells a peak to 1e-5 of itself in the fastest model; after ten days less than 1e-9 of any dose is left.
DENSE = ((6 * MINUTES_PER_HOUR, 0.25), (MINUTES_PER_DAY, 2), (10 * MINUTES_PER_DAY, 30))
CURVES: Mapping[str, Callable[[Series], Effect]] = {
    "blood_pressure.systolic": lambda series: effects.blood_pressure(series, pressure="systolic"),
    "blood_pressure.diastolic": lambda series: effects.blood_pressure(series, pressure="diastolic"),
    "drug_high": effects.drug_high,
    "cardiac_output": effects.cardiac_output,
    "antinociception": effects.antinociception,
    "nmda_occupancy": effects.nmda_occupancy,
}
CALENDAR, CONCENTRATION = "antidepressant", "ng/mL"
FEWEST_POINTS = 2  # of a curve with an area
TIMES = {"min": 1.0, "h": 1 / MINUTES_PER_HOUR, "d": 1 / MINUTES_PER_DAY}
Simulator = Callable[[Given, tuple[float, ...]], Series]


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """One number for each subject, shape (s,), and what each unit it can be said in makes of it."""

    values: Floats
    units: Mapping[str, float]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Curve:
    """A curve of each subject: ``t_min`` shape (t,), ascending; ``values`` shape (t, s)."""

    t_min: Floats
    values: Floats
    unit: str


def model_of(given: Given) -> Model:
    """Return the model that is simulated, with the caller's own absorption where there is one."""
    model = models.load(given.model or "")
    return with_absorption(model, given.absorption) if given.absorption else model


def regimen_of(given: Given) -> Regimen:
    """Return what is given."""
    return Regimen(dose_text.doses(given.doses, weight_kg=given.subject.weight_kg), given.drug, given.salt)


def subject_of(given: Given) -> Subject:
    """Return whom it is given to, or around whom the population is drawn."""
    return Subject(**given.subject.model_dump())


def simulated(given: Given, t_min: tuple[float, ...]) -> Series:
    """Return the curves of the typical subject, arrays of shape (t,), or of a population, (t, s).

    Raises:
        ScienceError: whatever the simulation refuses.
    """
    model, regimen, subject = model_of(given), regimen_of(given), subject_of(given)
    if given.population is None:
        return simulate(model, regimen, subject, t_min, interactions=given.interactions)
    drawn = given.population
    found = simulate_population(
        model, regimen, drawn.n, t_min, rng=drawn.seed, subject=subject, interactions=given.interactions, keep=True
    )
    assert found.curves is not None  # noqa: S101  # they were asked for
    return found.curves


def measured(given: Given, measure: Measure, simulate_with: Simulator = simulated) -> Reading:
    """Return what a measure is, for each subject.

    Args:
        given: what is simulated.
        measure: what is read.
        simulate_with: ``simulated``, or a cache of it.

    Raises:
        ScienceError: a curve that the model does not have, or what the simulation refuses.
    """
    if measure.quantity == "mass_error":
        return Reading(values=np.array([_mass_error(given)]), units={"1": 1})
    curve = _curve(given, measure, simulate_with)
    if measure.quantity == "at":
        return Reading(values=_at(curve, measure.at_min or 0), units={curve.unit: 1})
    return READ[measure.quantity](curve, given, measure)


def grid(given: Given, measure: Measure) -> tuple[float, ...]:
    """Return the times that a measure needs, min: a study's own, one moment, or a dense grid with the ends of the window."""
    if measure.quantity == "at":
        return (measure.at_min or 0,)
    if given.sampled_at_min:
        return tuple(sorted(set(given.sampled_at_min)))
    doses = dose_text.doses(given.doses, weight_kg=given.subject.weight_kg)
    return whole(doses, measure.from_min, *([measure.to_min] if measure.to_min else []))


def whole(doses: Sequence[Dose], *more_min: float) -> tuple[float, ...]:
    """Return times that show the whole of a curve, from the first moment until nothing is left, min; with some more of one's own."""
    moments = {0.0, *more_min, *(moment for dose in doses for moment in (dose.start_min, dose.end_min))}
    start, last = 0.0, max((dose.end_min for dose in doses), default=0.0)
    for after, step in DENSE:
        moments |= {step * n for n in range(math.ceil(start / step), math.ceil((last + after) / step))}
        start = last + after
    return tuple(sorted(moments))


def _curve(given: Given, measure: Measure, simulate_with: Simulator) -> _Curve:
    times = grid(given, measure)
    if measure.of == CALENDAR:
        effect = effects.antidepressant(np.array(times) / MINUTES_PER_DAY)
        return _windowed(np.array(times), effect.value, effect.unit, measure)
    if given.model is None:
        raise MissingInput([Problem(place="model", says="no model is named")])
    series = simulate_with(given, times)
    name = measure.of or series.parent
    if name in CURVES:
        effect = CURVES[name](series)
        return _windowed(series.t_min, effect.value, effect.unit, measure)
    there = {**series.concentration_ng_per_ml, EFFECT_SITE: series.effect_site_ng_per_ml}
    if name not in there:
        says = f"{name!r} is none of {', '.join([*there, *CURVES, CALENDAR])}"
        raise OutOfRange([Problem(place="of", says=says)])
    return _windowed(series.t_min, there[name], CONCENTRATION, measure)


def _windowed(t_min: Floats, values: Floats, unit: str, measure: Measure) -> _Curve:
    upto = math.inf if measure.to_min is None else measure.to_min
    inside = (t_min >= measure.from_min) & (t_min <= upto) if measure.quantity != "at" else np.full(len(t_min), True)
    if not inside.any():
        raise OutOfRange([Problem(place="to_min", says="no time lies in the window")])
    return _Curve(t_min=t_min[inside], values=values.reshape(len(t_min), -1)[inside], unit=unit)


def _at(curve: _Curve, at_min: float) -> Floats:
    return np.asarray(curve.values[int(np.searchsorted(curve.t_min, at_min))])


def _max(curve: _Curve, given: Given, measure: Measure) -> Reading:
    """The largest departure from 0: an effect may be a fall."""
    where = np.argmax(np.abs(curve.values), axis=0)
    return Reading(values=np.take_along_axis(curve.values, where[None], axis=0)[0], units={curve.unit: 1})


def _time_of_max(curve: _Curve, given: Given, measure: Measure) -> Reading:
    return Reading(values=curve.t_min[np.argmax(np.abs(curve.values), axis=0)], units=TIMES)


def _auc(curve: _Curve, given: Given, measure: Measure) -> Reading:
    return Reading(values=exposure.area_h(curve.t_min, curve.values), units=_areas(curve))


def _auc_inf(curve: _Curve, given: Given, measure: Measure) -> Reading:
    found = [_of_one(curve, subject).auc_inf_ng_h_per_ml for subject in range(curve.values.shape[1])]
    return Reading(values=_numbers(found), units=_areas(curve))


def _areas(curve: _Curve) -> Mapping[str, float]:
    """The units of an area; under an effect there is none that anybody uses."""
    if curve.unit != CONCENTRATION:
        raise OutOfRange([Problem(place="of", says=f"an area is read under a concentration, not under {curve.unit}")])
    return {"ng*h/mL": 1, "ng*min/mL": MINUTES_PER_HOUR}


def _half_life(curve: _Curve, given: Given, measure: Measure) -> Reading:
    """Of a study's points as non-compartmental analysis chooses them; of a whole curve between the ends of the window."""
    if given.sampled_at_min:
        found = [_of_one(curve, subject).half_life_min for subject in range(curve.values.shape[1])]
        return Reading(values=_numbers(found), units=TIMES)
    first, last = curve.values[0], curve.values[-1]
    if measure.to_min is None or not (last > 0).all() or not (last < first).all():
        says = "a half-life is read between from_min and to_min, and the curve must fall between them"
        raise OutOfRange([Problem(place="to_min", says=says)])
    return Reading(values=np.log(2) * np.ptp(curve.t_min) / np.log(first / last), units=TIMES)


def _clearance(curve: _Curve, given: Given, measure: Measure) -> Reading:
    """Dose over area to infinity; where only a part of the dose is what is measured, ``dose_share`` says it."""
    area = _auc_inf(curve, given, measure).values
    litres_per_h = regimen_of(given).amount_mg * measure.dose_share * NG_PER_MG / ML_PER_L / area
    per_min = litres_per_h / MINUTES_PER_HOUR
    kg = given.subject.weight_kg
    return Reading(values=per_min, units={"L/min": 1, "L/h": MINUTES_PER_HOUR, "mL/min/kg": ML_PER_L / kg})


def _of_one(curve: _Curve, subject: int) -> NonCompartmental:
    values = curve.values[:, subject]
    if len(values) < FEWEST_POINTS or not (values > 0).any():
        raise OutOfRange([Problem(place="of", says="nothing of it is there at these times")])
    return curve_noncompartmental(curve.t_min, values, analyte="")


def _numbers(found: list[float | None]) -> Floats:
    if any(one is None for one in found):
        raise OutOfRange([Problem(place="sampled_at_min", says="the last points show no terminal phase")])
    return np.array(found, dtype=np.float64)


def _mass_error(given: Given) -> float:
    """The largest share of the dose that is in no compartment although it has entered, or the reverse."""
    model, regimen, subject = model_of(given), regimen_of(given), subject_of(given)
    values = parameters.values(model, [subject])
    forcing = entering.forcing(model, values, regimen, assemble.system(model, values, eliminated=True))
    last = regimen.end_min + MINUTES_PER_DAY
    times = np.unique(np.concatenate([np.linspace(0, last, 200), forcing.at_min]))
    held = np.sum(list(simulate(model, regimen, subject, times).amounts_mg.values()), axis=0)
    bolus, rate = forcing.bolus_mg[0].sum(axis=-1), forcing.rate_mg_per_min[0].sum(axis=-1)
    entered = np.zeros_like(times)
    ends = np.append(forcing.at_min[1:], np.inf)
    for start, end, amount, per_min in zip(forcing.at_min, ends, bolus, rate, strict=True):
        entered += np.where(times >= start, amount + per_min * np.clip(np.minimum(times, end) - start, 0, None), 0)
    return float(np.max(np.abs(held - entered)) / regimen.amount_mg)


READ: Mapping[str, Callable[[_Curve, Given, Measure], Reading]] = {
    "max": _max,
    "time_of_max": _time_of_max,
    "auc": _auc,
    "auc_inf": _auc_inf,
    "half_life": _half_life,
    "clearance": _clearance,
}
