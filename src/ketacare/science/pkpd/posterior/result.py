"""What is known of one person after measuring: parameters with standard errors, and the person's own curve."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from ketacare.science.pkpd.modelling.model_file import Model
from ketacare.science.pkpd.posterior.measured import Observation
from ketacare.science.pkpd.regimen import Regimen
from ketacare.science.pkpd.series import Flag, Series
from ketacare.science.pkpd.simulate import simulate, times
from ketacare.science.pkpd.solving.arrays import Floats
from ketacare.science.pkpd.subject import Subject
from ketacare.science.pkpd.virtual import individuals
from ketacare.science.pkpd.virtual.individuals import Question


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimate:
    """One parameter of one person.

    Args:
        parameter: its name in the model.
        occasion: the session, from 1, where the parameter differs between sessions; None: all of them.
        unit: of ``value``, as in the model's file.
        typical: the value of a typical person of this weight, age and race.
        value: the person's value.
        standard_error: of ``value``, from that of eta to first order.
        low: lower end of the 95 percent interval, from eta's.
        high: upper end likewise.
        eta: how far from typical, on the parameter's own scale (log or logit).
        eta_standard_error: of ``eta``.
        shrinkage: what is left of the population's variance, 0 to 1: 0 the measurements decide, 1 they say nothing.
    """

    parameter: str
    occasion: int | None
    unit: str
    typical: float
    value: float
    standard_error: float
    low: float
    high: float
    eta: float
    eta_standard_error: float
    shrinkage: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Fitted:
    """One measurement beside the curves: ``typical_ng_per_ml``, ``individual_ng_per_ml``, and the distance in standard deviations."""

    observation: Observation
    typical_ng_per_ml: float
    individual_ng_per_ml: float
    deviation: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Posterior:
    """One person's parameters given measured concentrations.

    Args:
        model: with the digest of its file in ``model.reference``.
        regimen: what was given.
        subject: to whom.
        interactions: the medicines that were counted.
        estimates: each parameter that differs between people, in the file's order.
        etas: for each occasion, by parameter: what ``simulate`` takes.
        names: the d effects behind ``covariance``: parameter and occasion (from 1, or None).
        covariance: of the etas given the measurements, shape (d, d).
        fitted: each measurement beside the curves, in the order given.
        cost: minus the log of prior times likelihood but for a constant: to compare fits of the same measurements.
        flags: what a reader must know.
    """

    model: Model
    regimen: Regimen
    subject: Subject
    interactions: tuple[str, ...]
    estimates: tuple[Estimate, ...]
    etas: tuple[Mapping[str, float], ...]
    names: tuple[tuple[str, int | None], ...]
    covariance: Floats
    fitted: tuple[Fitted, ...]
    cost: float
    flags: tuple[Flag, ...]

    def estimate(self, parameter: str, occasion: int | None = None) -> Estimate:
        """Return the estimate of one parameter; where it differs between occasions, of the occasion named (None: the first)."""
        found = {(one.parameter, one.occasion): one for one in self.estimates}
        return found.get((parameter, occasion)) or found[parameter, occasion or 1]

    def predicted(self, t_min: ArrayLike) -> Series:
        """Return this person's own curves.

        Args:
            t_min: when, shape (t,), min, >= 0, any order.

        Returns:
            A series as ``simulate`` gives it, with the flags of the fit; no amounts where the regimen has several occasions of which the
            model knows that they differ.
        """
        if len(self.etas) == 1:
            found = simulate(
                self.model, self.regimen, self.subject, t_min, interactions=self.interactions, etas=self.etas[0]
            )
            return replace(found, flags=tuple(dict.fromkeys((*self.flags, *found.flags))))
        asked = Question(
            model=self.model, regimen=self.regimen, t_min=times(t_min, self.regimen), interactions=self.interactions
        )
        etas = [{name: np.array([one]) for name, one in occasion.items()} for occasion in self.etas]
        return individuals.series(asked, individuals.curves(asked, [self.subject], etas)[..., 0], self.flags)
