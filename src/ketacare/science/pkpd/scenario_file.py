"""What a scenario file says: shapes only; ``scenario`` writes, reads and runs it."""

from itertools import pairwise
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field as Key
from pydantic import field_validator, model_validator

from ketacare.science.errors import OutOfRange, Problem
from ketacare.science.pkpd.modelling.absorption import Absorption
from ketacare.science.pkpd.regimen import Dose, Drug, Regimen, Route, Salt
from ketacare.science.pkpd.simulate import MOST_TIMES
from ketacare.science.pkpd.solving.arrays import Floats
from ketacare.science.pkpd.subject import Race, Sex, Subject
from ketacare.science.pkpd.virtual.blocks import MOST_SUBJECTS
from ketacare.science.reference import Frozen, Reference

SCHEMA: Literal["ketacare.scenario/1"] = "ketacare.scenario/1"
DEFAULT_QUANTILES = (0.05, 0.5, 0.95)
# A last step shorter than this share of a step is rounding, not a step.
_ROUNDING = 1e-9
NotNegative = Annotated[float, Key(ge=0)]
Positive = Annotated[float, Key(gt=0)]
Names = Annotated[tuple[str, ...], Key(strict=False)]


class DoseSaid(Frozen):
    """One dose; as ``Dose`` has it."""

    amount_mg: Positive
    route: Route
    start_min: NotNegative = 0
    duration_min: NotNegative = 0


class RegimenSaid(Frozen):
    """What is given; as ``Regimen`` has it."""

    drug: Drug | None = None
    salt: Salt = "base"
    doses: Annotated[tuple[DoseSaid, ...], Key(strict=False, min_length=1)]

    def regimen(self) -> Regimen:
        """Return it checked as a whole: in order, nothing at the same moment."""
        doses = (Dose(one.amount_mg, one.route, one.start_min, one.duration_min) for one in self.doses)
        return Regimen(tuple(doses), self.drug, self.salt)


class SubjectSaid(Frozen):
    """Who it is given to; as ``Subject`` has it."""

    weight_kg: Positive
    age_years: NotNegative | None = None
    sex: Sex | None = None
    race: Race | None = None

    def subject(self) -> Subject:
        """Return the subject."""
        return Subject(self.weight_kg, self.age_years, self.sex, self.race)


class Times(Frozen):
    """When: every ``step_min`` from 0 until ``until_min``, or the very moments."""

    until_min: Positive | None = None
    step_min: Positive | None = None
    at_min: Annotated[tuple[NotNegative, ...], Key(strict=False, min_length=1)] | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        steps = (self.until_min is not None) + (self.step_min is not None)
        if (steps, self.at_min is not None) not in ((2, False), (0, True)):
            raise ValueError("give until_min and step_min, or at_min")
        return self

    def t_min(self) -> Floats:
        """Return the moments, min."""
        if self.until_min is None or self.step_min is None:
            return np.array(self.at_min, dtype=np.float64)
        return grid(self.until_min, self.step_min)


class Drawn(Frozen):
    """A virtual population around the subject."""

    n: Annotated[int, Key(ge=1, le=MOST_SUBJECTS)]
    seed: Annotated[int, Key(ge=0)]
    quantiles: Annotated[tuple[Annotated[float, Key(gt=0, lt=1)], ...], Key(strict=False, min_length=1)] = (
        DEFAULT_QUANTILES
    )

    @field_validator("quantiles")
    @classmethod
    def _ascend(cls, given: tuple[float, ...]) -> tuple[float, ...]:
        if any(later <= one for one, later in pairwise(given)):
            raise ValueError("quantiles must ascend")
        return given


class Scenario(Frozen):
    """Everything a simulation rests on. ``data``: the other data files that its numbers come from, with their digests."""

    schema_: Literal["ketacare.scenario/1"] = Key(alias="schema")
    ketacare: str
    model: Reference
    data: dict[str, str] = Key(default_factory=dict)
    absorption: Absorption | None = None
    subject: SubjectSaid
    regimen: RegimenSaid
    interactions: Names = ()
    times: Times
    population: Drawn | None = None


def grid(until_min: float, step_min: float) -> Floats:
    """Return 0, step, 2 steps ... and ``until_min`` itself, min.

    Raises:
        OutOfRange: a step longer than the whole time, or more moments than a simulation takes.
    """
    if step_min > until_min:
        raise OutOfRange([Problem(place="step", says=f"{step_min:g} min is longer than the whole {until_min:g} min")])
    if until_min / step_min > MOST_TIMES - 1:
        says = f"{until_min:g} min in steps of {step_min:g} min are more than {MOST_TIMES:,} moments"
        raise OutOfRange([Problem(place="step", says=says)])
    moments = np.asarray(step_min * np.arange(int(until_min / step_min + _ROUNDING) + 1), dtype=np.float64)
    is_short = until_min - moments[-1] > _ROUNDING * step_min
    return np.concatenate([moments, [until_min]]) if is_short else moments
