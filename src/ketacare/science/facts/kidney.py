"""Kidney function from creatinine."""

import math

from ketacare.science.facts.codes import CkdEpi


def egfr_ckd_epi_2021(creatinine_mg_per_dl: float, *, age_years: int, female: bool, equation: CkdEpi) -> float:
    """Return the estimated glomerular filtration rate of an adult.

    Args:
        creatinine_mg_per_dl: creatinine in serum, mg/dL, > 0.
        age_years: whole years on the day of the sample, 18 or more.
        female: sex at birth; the equation knows two.
        equation: its constants, from data/codes/observations.

    Returns:
        mL/min per 1.73 m2 of body surface.

    Assumes: a steady creatinine, measured by a method traceable to IDMS.
    Source: Inker et al 2021, N Engl J Med 385:1737 (recalled); checked against values that published calculators give.
    """
    constants = equation.female if female else equation.male
    ratio = creatinine_mg_per_dl / float(constants.k)
    low, high = math.pow(min(ratio, 1), float(constants.a)), math.pow(max(ratio, 1), float(equation.above))
    return float(equation.scale) * low * high * math.pow(float(equation.age), age_years) * float(constants.factor)
