"""Whom a simulation is about: the few things the models look at."""

from dataclasses import dataclass
from typing import Literal, get_args

from ketacare.science.errors import OutOfRange, Problem
from ketacare.science.pkpd.given import number, said
from ketacare.science.pkpd.giving import giving

Sex = Literal["female", "male"]
Race = Literal["asian", "japanese", "other"]


@dataclass(frozen=True, slots=True)
class Subject:
    """One person, as far as a model sees them.

    Args:
        weight_kg: body weight, kg, > 0.
        age_years: age, years, >= 0; None: not said (a model that looks at it answers for its reference age, with a flag).
        sex: sex at birth; no default model looks at it (pharmacology.md, section 4).
        race: "japanese" counts as Asian too; None: not said (answered as "other", with a flag where the model looks at it).

    Raises:
        OutOfRange: a weight that is not above 0, an age below 0, one of them that must be in another unit, a word that is not known;
            every one at once.
    """

    weight_kg: float
    age_years: float | None = None
    sex: Sex | None = None
    race: Race | None = None

    def __post_init__(self) -> None:
        for name in ("weight_kg", "age_years"):
            if (found := number(getattr(self, name))) is not None:
                object.__setattr__(self, name, found)
        weight, age = number(self.weight_kg), number(self.age_years)
        wrong = [*_too_much(weight, age)]
        if weight is None or weight <= 0:
            wrong.append(Problem(place="weight_kg", says=f"{said(self.weight_kg)} is not a weight above 0 kg"))
        if self.age_years is not None and (age is None or age < 0):
            wrong.append(Problem(place="age_years", says=f"{said(self.age_years)} is not an age of 0 years or more"))
        for name, value, known in (("sex", self.sex, get_args(Sex)), ("race", self.race, get_args(Race))):
            if value is not None and not (isinstance(value, str) and value in known):
                wrong.append(Problem(place=name, says=f"{said(value)} is none of {', '.join(known)}"))
        if wrong:
            raise OutOfRange(wrong)


def _too_much(weight_kg: float | None, age_years: float | None) -> list[Problem]:
    bounds = {
        "weight_kg": (weight_kg or 0, giving().heaviest_kg.value, "kg"),
        "age_years": (age_years or 0, giving().oldest_years.value, "years"),
    }
    return [
        Problem(place=name, says=f"{value:g} is more than {bound:g}: is it in {unit}?")
        for name, (value, bound, unit) in bounds.items()
        if value > bound
    ]
