"""How far the drug raises the pressure in a simulated room: the pharmacology's own relation, with its marks."""

from collections.abc import Callable

import numpy as np

from ketacare.science.pkpd.doses import Dose
from ketacare.science.pkpd.effects import blood_pressure
from ketacare.science.pkpd.effects.book import book
from ketacare.science.pkpd.regimen import Regimen
from ketacare.science.pkpd.simulate import simulate
from ketacare.science.pkpd.subject import Subject

MODEL, WEIGHT_KG, DOSE_MG, OVER_MIN, UNTIL_MIN = "racemate_iv_venous", 70, 35, 40, 240
SECONDS_PER_MINUTE = 60


def mean_rise() -> Callable[[float], float]:
    """The mean systolic rise, mmHg, so many seconds after the start of the infusion."""
    t_min = np.arange(UNTIL_MIN + 1, dtype=float)
    given = Regimen((Dose(DOSE_MG, "iv", 0, OVER_MIN),), drug="racemic_ketamine")
    rise = blood_pressure(simulate(MODEL, given, Subject(WEIGHT_KG), t_min)).value
    return lambda second: float(np.interp(second / SECONDS_PER_MINUTE, t_min, rise))


def diastolic_share() -> float:
    """How much of the systolic rise the diastolic pressure rises."""
    return book().parameter("blood_pressure", "diastolic_share").value
