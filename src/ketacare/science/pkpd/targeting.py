"""The infusion that reaches a target effect-site concentration and holds it: for research, never offered on a clinic page."""

import math
from dataclasses import dataclass

import numpy as np
import scipy

from ketacare.science.errors import OutOfRange, Problem
from ketacare.science.pkpd import entering, guards, models
from ketacare.science.pkpd.doses import Drug, Regimen
from ketacare.science.pkpd.given import or_nan, refuse_strangers, said
from ketacare.science.pkpd.giving import giving
from ketacare.science.pkpd.modelling import assemble, parameters
from ketacare.science.pkpd.modelling.model_file import Model
from ketacare.science.pkpd.solving.arrays import Floats
from ketacare.science.pkpd.subject import Subject

# By then the effect site has peaked after a stop: twenty of its half-lives, and no model of ours is slower there.
LOOK_AHEAD_MIN = 120
# Between two looks at this distance the effect site rises above both by less than OVERSHOOT: its curvature there is ke0 times the
# fall of the plasma, and a rise is an eighth of curvature times distance squared.
LOOK_EVERY_MIN = 0.25
# The stated tolerance: nowhere does the effect site exceed the target by more than this share of it.
OVERSHOOT = 1e-3
# From this share of the target on the plasma is held at it, and the effect site follows: loading to the end would swing about it.
HELD_FROM = 0.98
# More changes than a pump of a week, changed every minute.
MOST_STEPS = 10_080


@dataclass(frozen=True, kw_only=True, slots=True)
class _Pump:
    """How one step of the pump moves the compartments, and how plasma and effect site answer it.

    ``moved`` (n, n) and ``added`` (n,) carry the state over a step: ``moved @ state + rate * added``. ``kept`` (j, n) and ``answer`` (j,)
    are the effect site at j later moments: ``kept @ state + rate * answer``, the pump off after the step, the first
    ``looks`` of them in it. ``plasma`` (n,) reads the parent.
    """

    moved: Floats
    added: Floats
    kept: Floats
    answer: Floats
    plasma: Floats

    looks: int

    def loading(self, state: Floats, target_ng_per_ml: float) -> float:
        """Return the fastest rate after which the effect site does not pass the target, mg/min; below 0: even none does."""
        return float(((target_ng_per_ml - self.kept @ state) / self.answer).min())

    def holding(self, state: Floats, target_ng_per_ml: float) -> float:
        """Return the rate that brings the plasma to the target by the end of the step, mg/min."""
        return float((target_ng_per_ml - self.plasma @ self.moved @ state) / (self.plasma @ self.added))

    def highest(self, state: Floats, rate_mg_per_min: float) -> float:
        """Return the highest effect-site concentration during a step, ng/mL."""
        return float((self.kept @ state + rate_mg_per_min * self.answer)[: self.looks].max())


def target(
    model: Model | str,
    subject: Subject,
    target_ng_per_ml: float,
    until_min: float,
    step_min: float,
    max_rate_mg_per_min: float,
    *,
    drug: Drug | None = None,
) -> Regimen:
    """Return the infusion that reaches a target effect-site concentration soonest and holds it: for research only.

    In each step the pump runs as fast as it may, such that the effect site would not exceed the target if the pump stopped after the
    step. So it loads fast; once the effect site is there the plasma is held at the target, with falling rates. Nothing here is a dose
    for a patient.

    Args:
        model: one with the route "iv", or its name.
        subject: to whom; typical values.
        target_ng_per_ml: effect-site concentration of the model's parent, ng/mL, > 0.
        until_min: how long it is held, min, > 0.
        step_min: how long each rate lasts, min, > 0; the last may be shorter.
        max_rate_mg_per_min: the fastest rate, mg/min, > 0.
        drug: which ketamine; None: the model's.

    Returns:
        The rates as doses, with pauses where the rate is 0.

    Raises:
        OutOfRange: a number that is not above 0, too many steps, a model without this route, and what ``guards.flags`` refuses.

    Assumes: overshoot is at most ``OVERSHOOT`` of the target; a target that the fastest rate cannot reach is approached with it.
    Source: pharmacology.md 3.6; the system is linear, so each step's rate is a smallest quotient and not a search.

    Example:
        >>> given = target("kamp2020_iv", Subject(70), 100, until_min=30, step_min=5, max_rate_mg_per_min=5)
        >>> [(dose.start_min, round(dose.amount_mg / dose.duration_min, 2)) for dose in given.doses]
        [(0.0, 1.89), (10.0, 0.36), (15.0, 0.33), (20.0, 0.31), (25.0, 0.29)]
    """
    used = models.used(model)
    refuse_strangers(subject=(subject, Subject))
    _refuse(used, target_ng_per_ml, until_min, step_min, max_rate_mg_per_min)
    target_ng_per_ml, until_min = float(target_ng_per_ml), float(until_min)
    step_min, max_rate_mg_per_min = float(step_min), float(max_rate_mg_per_min)
    pump = _pump(used, subject, step_min)
    rates, state, is_there = [], np.zeros(len(pump.added)), False
    for number in range(math.ceil(until_min / step_min)):
        wanted = [pump.loading(state, target_ng_per_ml), max_rate_mg_per_min]
        if is_there:
            wanted.append(pump.holding(state, target_ng_per_ml))
        rate = max(min(wanted), 0)
        is_there = is_there or pump.highest(state, rate) >= HELD_FROM * target_ng_per_ml
        state = pump.moved @ state + rate * pump.added
        rates.append((number * step_min, rate))
    found = Regimen.from_rates(rates, until_min, drug=drug or (None if used.drug == "any" else used.drug))
    guards.flags(used, found, [subject])
    return found


def _pump(model: Model, subject: Subject, step_min: float) -> _Pump:
    values = parameters.values(model, [subject])
    system = assemble.system(model, values)
    unit = Regimen.infusion(1, 1)
    entering_mg_per_min = entering.forcing(model, values, unit, system).rate_mg_per_min[0, 0]
    looks = math.ceil(step_min / LOOK_EVERY_MIN)
    every_min = step_min / looks
    n = len(entering_mg_per_min)
    driven = np.zeros((n + 1, n + 1))
    driven[:n, :n], driven[:n, n] = system.rates_per_min[0], entering_mg_per_min
    small = scipy.linalg.expm(driven * every_min)
    during = [np.eye(n + 1)]
    for _ in range(looks):
        during.append(small @ during[-1])
    step = during[-1]
    after = [step]
    still = np.pad(small[:n, :n], ((0, 1), (0, 1)))
    for _ in range(math.ceil(LOOK_AHEAD_MIN / every_min)):
        after.append(still @ after[-1])
    effect_site = np.array([one[n - 1] for one in (*during[1:], *after[1:])])
    plasma = system.readout[0, system.outputs.index(model.parent)]
    return _Pump(
        moved=step[:n, :n],
        added=step[:n, n],
        kept=effect_site[:, :n],
        answer=effect_site[:, n],
        plasma=plasma,
        looks=looks,
    )


def _refuse(
    model: Model, target_ng_per_ml: float, until_min: float, step_min: float, max_rate_mg_per_min: float
) -> None:
    given = {
        "target_ng_per_ml": target_ng_per_ml,
        "until_min": until_min,
        "step_min": step_min,
        "max_rate_mg_per_min": max_rate_mg_per_min,
    }
    wrong = [
        Problem(place=name, says=f"{said(value)} is not a number above 0")
        for name, value in given.items()
        if not or_nan(value) > 0
    ]
    if not wrong:
        wrong += _too_long(float(until_min), float(step_min))
    if "iv" not in model.routes:
        wrong.append(Problem(place="model", says=f"{model.id} has no route iv"))
    if wrong:
        raise OutOfRange(wrong)


def _too_long(until_min: float, step_min: float) -> list[Problem]:
    longest = giving().longest_infusion_min.value
    told = {
        ("step_min", f"{until_min / step_min:.0f} steps are more than {MOST_STEPS}"): until_min / step_min > MOST_STEPS,
        ("step_min", f"{step_min:g} min is longer than the whole {until_min:g} min"): step_min > until_min,
        ("until_min", f"{until_min:g} min is more than {longest:g}: is it in minutes?"): until_min > longest,
    }
    return [Problem(place=place, says=says) for (place, says), is_wrong in told.items() if is_wrong]
