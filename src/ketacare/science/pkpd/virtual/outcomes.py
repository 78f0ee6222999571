"""What a virtual trial looks at in each subject: exposure and effects, as numbers with a name, a title and a unit."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ketacare.science.errors import OutOfRange, Problem
from ketacare.science.pkpd import effects
from ketacare.science.pkpd.modelling.model_file import EFFECT_SITE, Model
from ketacare.science.pkpd.series import Flag, Series
from ketacare.science.pkpd.solving.arrays import Floats
from ketacare.science.pkpd.subject import Subject
from ketacare.science.pkpd.virtual import exposure, individuals, sampling
from ketacare.science.pkpd.virtual.blocks import Few
from ketacare.science.pkpd.virtual.individuals import Question

NG_PER_ML = "ng/mL"


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """One thing that is looked at in every subject.

    Args:
        name: to ask for it by: "cmax", "tmax", "auc" of an analyte; "effect_site_max", "time_above_100", "drug_high_max", "systolic_rise_max".
        of: the analyte; "effect_site" or an effect's name otherwise.
        title: what to call it on a page.
        unit: of its values.
        status: how well it is known: the model's word for a concentration, the effect's own for an effect.
        flags: what a reader must know of this outcome beside what holds for the whole trial.
    """

    name: str
    of: str
    title: str
    unit: str
    status: str
    flags: tuple[Flag, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class _Subjects:
    """The curves of s subjects, and how each departs from the mean rise of blood pressure, shape (s,)."""

    curves: Series
    pressure_eta: Floats


Read = Callable[[_Subjects], Floats]


def outcomes(asked: Question, typical: Subject, limits_ng_per_ml: Sequence[float]) -> tuple[Outcome, ...]:
    """Return what is looked at, in the order in which it is shown.

    Raises:
        OutOfRange: a limit that is not a number of 0 or more.
    """
    wrong = [
        Problem(place=f"limits_ng_per_ml[{number}]", says=f"{limit:g} is not a number of 0 or more")
        for number, limit in enumerate(limits_ng_per_ml, start=1)
        if not (np.isfinite(limit) and limit >= 0)
    ]
    if wrong:
        raise OutOfRange(wrong)
    shown = individuals.series(asked, individuals.curves(asked, [typical], [{}] * len(individuals.occasions(asked))))
    said = {effect.name: effect.flags for effect in (effects.drug_high(shown), effects.blood_pressure(shown))}
    told = (outcome for outcome, _ in _readers(asked.model, limits_ng_per_ml))
    return tuple(replace(one, flags=said.get(one.of, ())) for one in told)


def read(asked: Question, few: Few, limits_ng_per_ml: Sequence[float], etas: Sequence[dict[str, Floats]]) -> Floats:
    """Return every outcome of one block of subjects, shape (outcomes, s)."""
    found = individuals.series(asked, individuals.curves(asked, few.people, etas))
    chance = sampling.stream(few.seed, few.number, sampling.EFFECTS).standard_normal(sampling.BLOCK)
    variance = effects.book().parameter("blood_pressure", "eta_omega2").value
    subjects = _Subjects(curves=found, pressure_eta=np.sqrt(variance) * chance[: few.size])
    return np.stack([reader(subjects) for _, reader in _readers(asked.model, limits_ng_per_ml)])


def _readers(model: Model, limits: Sequence[float]) -> Iterator[tuple[Outcome, Read]]:
    """Each outcome with how it is read."""
    for name, one in model.analytes.items():
        analyte = _Analyte(name)
        yield (
            Outcome(name="cmax", of=name, title=f"Highest {one.label}", unit=NG_PER_ML, status=model.status),
            analyte.highest,
        )
        yield (
            Outcome(name="tmax", of=name, title=f"Time of the highest {one.label}", unit="min", status=model.status),
            analyte.when,
        )
        yield (
            Outcome(name="auc", of=name, title=f"Area under {one.label}", unit="ng*h/mL", status=model.status),
            analyte.area,
        )
    parent = model.analytes[model.parent].label
    for limit in limits:
        title = f"Time with {parent} above {limit:g} {NG_PER_ML}"
        told = Outcome(name=f"time_above_{limit:g}", of=model.parent, title=title, unit="min", status=model.status)
        yield told, _Analyte(model.parent, limit).above
    title = "Highest at the effect site"
    yield (
        Outcome(name="effect_site_max", of=EFFECT_SITE, title=title, unit=NG_PER_ML, status=model.status),
        _effect_site,
    )
    yield _of_effect("drug_high_max", "drug_high", "Strongest felt effect"), _drug_high
    yield _of_effect("systolic_rise_max", "blood_pressure", "Largest modelled rise of systolic pressure"), _systolic


def _of_effect(name: str, effect: str, title: str) -> Outcome:
    known = effects.book().effects[effect]
    return Outcome(name=name, of=effect, title=title, unit=known.unit, status=known.status)


@dataclass(frozen=True, slots=True)
class _Analyte:
    """Reads one analyte's curves."""

    name: str
    limit: float = 0

    def highest(self, subjects: _Subjects) -> Floats:
        return exposure.peak(subjects.curves.t_min, subjects.curves.concentration_ng_per_ml[self.name])[0]

    def when(self, subjects: _Subjects) -> Floats:
        return exposure.peak(subjects.curves.t_min, subjects.curves.concentration_ng_per_ml[self.name])[1]

    def area(self, subjects: _Subjects) -> Floats:
        return exposure.area_h(subjects.curves.t_min, subjects.curves.concentration_ng_per_ml[self.name])

    def above(self, subjects: _Subjects) -> Floats:
        return exposure.time_above(
            subjects.curves.t_min, subjects.curves.concentration_ng_per_ml[self.name], self.limit
        )


def _effect_site(subjects: _Subjects) -> Floats:
    return _highest(subjects.curves.effect_site_ng_per_ml)


def _drug_high(subjects: _Subjects) -> Floats:
    return _highest(effects.drug_high(subjects.curves).value)


def _systolic(subjects: _Subjects) -> Floats:
    return _highest(effects.blood_pressure(subjects.curves, eta=subjects.pressure_eta).value)


def _highest(curves: Floats) -> Floats:
    found: Floats = curves.max(axis=0)
    return found
