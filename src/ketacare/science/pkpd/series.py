"""What a simulation answers: curves with their site, model, status and flags."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ketacare.science.pkpd.doses import Drug
from ketacare.science.pkpd.solving.arrays import Floats
from ketacare.science.reference import Reference

Site = Literal["arterial", "venous", "unspecified"]
# published: read in the paper; transcription: read in a transcription of it; calibration: chosen by this project.
Status = Literal["published", "transcription", "calibration"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Flag:
    """Something whoever reads a curve must know: a short code, the field it is about, and the sentence to show."""

    code: str
    about: str
    says: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Series:
    """One subject's curves, typical or individual.

    Args:
        model: the model's id; ``reference`` names the very data file.
        site: where the blood of ``concentration_ng_per_ml`` is thought to be drawn.
        status: how well the model's numbers are known.
        parent: the analyte that drives the effect site.
        t_min: shape (t,), min, as asked for.
        concentration_ng_per_ml: by analyte, shape (t,), ng/mL.
        effect_site_ng_per_ml: shape (t,), ng/mL; follows ``parent`` with the ke0 that the flags name.
        amounts_mg: by compartment, shape (t,), mg; with "eliminated" they add up to what has entered.
        flags: what a reader must know.
        drug: which ketamine was given; None: neither the regimen nor the model says it.
    """

    model: str
    reference: Reference
    site: Site
    status: Status
    parent: str
    t_min: Floats
    concentration_ng_per_ml: Mapping[str, Floats]
    effect_site_ng_per_ml: Floats
    amounts_mg: Mapping[str, Floats]
    flags: tuple[Flag, ...]
    drug: Drug | None = None
