"""What was measured, and how far a measurement lies from the curve by the model's residual error."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ketacare.science.errors import MissingInput, OutOfRange, Problem
from ketacare.science.pkpd.given import number, or_nan, said
from ketacare.science.pkpd.modelling.defaults import defaults
from ketacare.science.pkpd.modelling.model_file import Model, Residual
from ketacare.science.pkpd.regimen import Regimen
from ketacare.science.pkpd.solving.arrays import Floats


@dataclass(frozen=True, slots=True)
class Observation:
    """One measured concentration.

    Args:
        t_min: when the blood was drawn, min from the first moment of the regimen, >= 0.
        analyte: one of the model's analytes.
        concentration_ng_per_ml: ng/mL, > 0. A result below the limit of quantification is no number and is not handled.

    Raises:
        OutOfRange: a time below 0, a concentration that is not above 0; every problem at once.
    """

    t_min: float
    analyte: str
    concentration_ng_per_ml: float

    def __post_init__(self) -> None:
        for name in ("t_min", "concentration_ng_per_ml"):
            if (found := number(getattr(self, name))) is not None:
                object.__setattr__(self, name, found)
        wrong = []
        if not or_nan(self.t_min) >= 0:
            wrong.append(Problem(place="t_min", says=f"{said(self.t_min)} is not a number of 0 or more"))
        if not isinstance(self.analyte, str):
            wrong.append(Problem(place="analyte", says=f"{said(self.analyte)} is no name of an analyte"))
        if not or_nan(self.concentration_ng_per_ml) > 0:
            says = f"{said(self.concentration_ng_per_ml)} is not a concentration above 0; one below the limit of quantification is not handled"
            wrong.append(Problem(place="concentration_ng_per_ml", says=says))
        if wrong:
            raise OutOfRange(wrong)


def refuse_unfit(model: Model, regimen: Regimen, observations: Sequence[Observation]) -> None:
    """Refuse observations that the model cannot be held against; every problem at once.

    Raises:
        MissingInput: there is no observation.
        OutOfRange: an analyte that the model does not have or has no residual error for; blood drawn before anything was given.
    """
    strangers = [place for place, one in enumerate(observations, start=1) if not isinstance(one, Observation)]
    if strangers:
        raise OutOfRange([Problem(place=f"observations[{place}]", says="is no Observation") for place in strangers])
    if not observations:
        raise MissingInput([Problem(place="observations", says="there is none: the answer would be the population")])
    wrong = [
        Problem(place=f"observations[{number}].{field}", says=says)
        for number, one in enumerate(observations, start=1)
        for field, says in _unfit(model, regimen, one)
    ]
    if wrong:
        raise OutOfRange(wrong)


def _unfit(model: Model, regimen: Regimen, one: Observation) -> list[tuple[str, str]]:
    wrong = []
    if one.analyte not in model.analytes:
        says = model.refused_analytes.get(one.analyte, f"{model.id} has {', '.join(model.analytes)}")
        wrong.append(("analyte", f"{one.analyte!r}: {says}"))
    elif (residual := model.residual.get(one.analyte)) is None:
        wrong.append(("analyte", f"the residual error of {one.analyte} is not known for {model.id}"))
    elif residual.log_sd and (residual.proportional_sd or residual.additive_sd):
        wrong.append(("analyte", f"{one.analyte} has a residual error both on the log scale and off it"))
    if one.t_min <= min(dose.start_min for dose in regimen.doses):
        wrong.append(("t_min", "the blood was drawn before anything was given"))
    return wrong


@dataclass(frozen=True, kw_only=True, slots=True)
class ResidualError:
    """The residual error of n observations.

    Args:
        observed: shape (n,), ng/mL.
        proportional: standard deviation as a share of the curve, shape (n,).
        additive: standard deviation, ng/mL, shape (n,).
        log: standard deviation on the log scale, shape (n,); where it is above 0 the other two are 0.
    """

    observed: Floats
    proportional: Floats
    additive: Floats
    log: Floats

    def deviations(self, curve: Floats) -> Floats:
        """Return how many standard deviations the observations lie above the curve, shape (..., n) as ``curve``."""
        scale = np.where(self.log > 0, self.log, np.sqrt(self._variance(curve)))
        gap = np.where(self.log > 0, np.log(self.observed / curve), self.observed - curve)
        return np.asarray(gap / scale)

    def cost(self, curve: Floats) -> Floats:
        """Return minus the log likelihood of each observation but for a constant, shape (..., n) as ``curve``."""
        spread = np.where(self.log > 0, 1, self._variance(curve))
        return np.asarray((self.deviations(curve) ** 2 + np.log(spread)) / 2)

    def slope(self, curve: Floats) -> Floats:
        """Return the derivative of ``cost`` by the curve, shape (n,)."""
        variance, by_curve = self._variance(curve), 2 * self.proportional**2 * curve
        gap = self.observed - curve
        normal = -gap / variance - gap**2 * by_curve / variance**2 / 2 + by_curve / variance / 2
        return np.where(self.log > 0, -self.deviations(curve) / np.where(self.log > 0, self.log, 1) / curve, normal)

    def bend(self, curve: Floats) -> Floats:
        """Return the second derivative of ``cost`` by the curve, shape (n,): as measured, so it may be below 0 far from the curve."""
        variance, by_curve, twice = self._variance(curve), 2 * self.proportional**2 * curve, 2 * self.proportional**2
        gap, scale = self.observed - curve, np.where(self.log > 0, self.log, 1)
        of_gap = 1 / variance + 2 * gap * by_curve / variance**2
        of_spread = gap**2 * (by_curve**2 / variance**3 - twice / variance**2 / 2)
        normal = of_gap + of_spread + twice / variance / 2 - (by_curve / variance) ** 2 / 2
        return np.where(self.log > 0, (1 + scale * self.deviations(curve)) / (scale * curve) ** 2, normal)

    def information(self, curve: Floats) -> Floats:
        """Return what an observation is expected to tell of the curve (Fisher), shape (n,), 1/(ng/mL)^2."""
        variance, by_curve = self._variance(curve), 2 * self.proportional**2 * curve
        normal = 1 / variance + (by_curve / variance) ** 2 / 2
        return np.where(self.log > 0, (np.where(self.log > 0, self.log, 1) * curve) ** -2.0, normal)

    def _variance(self, curve: Floats) -> Floats:
        """The variance about the curve; 1 where the error is on the log scale, so that nothing divides by 0."""
        return np.where(self.log > 0, 1, (self.proportional * curve) ** 2 + self.additive**2)


def residual_error(model: Model, observations: Sequence[Observation]) -> ResidualError:
    """Return the residual error of observations that fit the model."""
    told = [(model.residual[one.analyte], model.analytes[one.analyte].molecule) for one in observations]
    return ResidualError(
        observed=np.array([one.concentration_ng_per_ml for one in observations]),
        proportional=np.array([residual.proportional_sd for residual, _ in told]),
        additive=np.array([_additive(residual, molecule) for residual, molecule in told]),
        log=np.array([residual.log_sd for residual, _ in told]),
    )


def _additive(residual: Residual, molecule: str) -> float:
    per_unit = defaults().molecular_weights[molecule].value if residual.additive_unit == "nmol/mL" else 1
    return residual.additive_sd * per_unit
