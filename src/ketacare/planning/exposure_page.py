"""The page of a course's predicted exposure: figures, landmarks, what changes, and what the simulator may begin with."""

from dataclasses import dataclass, field
from datetime import datetime

from ketacare.clinic.models import Course
from ketacare.planning.curve_words import DECIDES_NOTHING, why_default
from ketacare.planning.exposure import Band, Exposure, exposure, shown_until
from ketacare.planning.exposure_changes import Group, groups
from ketacare.planning.figures import Figure, effect_figure, metabolite_figures, plasma_figure
from ketacare.planning.medicines import taken, to_choose_from
from ketacare.planning.prescribed import NEEDS_NONE, NoCurve, prescribed, said
from ketacare.planning.virtual_people import band_of
from ketacare.science.errors import OutOfRange
from ketacare.science.pkpd.dose_text import written
from ketacare.science.pkpd.effects import blood_pressure, drug_high

ENTERING = {
    "iv": "While the infusion runs more enters than leaves, so the plasma is highest when it ends.",
    "im": "The plasma is highest when as much leaves it as comes in from the muscle.",
    "intranasal": "One part comes in through the nose at once, the swallowed part later through the gut; the plasma is highest when as much leaves it as still comes in.",
}


@dataclass(frozen=True, kw_only=True)
class ExposurePage:
    """Everything on the page; ``none`` says why there is no curve."""

    none: NoCurve | None = None
    exposure: Exposure | None = None
    plasma: Figure | None = None
    band: Band | None = None
    others: tuple[Figure, ...] = ()
    groups: tuple[Group, ...] = ()
    chosen: str = ""
    medicines: tuple[str, ...] = field(default_factory=to_choose_from)
    why_then: str = ""
    decides_nothing: str = DECIDES_NOTHING

    @property
    def for_simulator(self) -> dict[str, str]:
        """What the simulator's sheet begins with: the regimen, the weight and the age, and nothing that names anybody."""
        if self.exposure is None:
            return {}
        asked = self.exposure.asked
        return {
            "a-doses": "\n".join(written(dose) for dose in asked.regimen.doses),
            "a-drug": asked.regimen.drug or "",
            "a-model": asked.model.id,
            "a-weight_kg": f"{asked.subject.weight_kg:g}",
            "a-age_years": f"{asked.subject.age_years:g}",
            "until": f"{shown_until(asked.regimen)} min",
            "step": "2 min",
        }

    @property
    def chosen_because(self) -> tuple[str, str]:
        """Why this model is the default of the route, and what must be said of it beside the curve."""
        if self.exposure is None:
            return "", ""
        asked = self.exposure.asked
        return why_default(asked.model, asked.regimen.doses[0].route, asked.regimen.drug)

    @property
    def around_the_peak(self) -> tuple[float, float] | None:
        """Between what nine of ten virtual people lie when the typical plasma is highest."""
        if self.band is None or self.exposure is None:
            return None
        series = self.exposure.shown
        at, parent = int(series.concentration_ng_per_ml[series.parent].argmax()), series.parent
        return float(self.band.low[parent][at]), float(self.band.high[parent][at])


def exposure_page(course: Course, number: int | None, *, chosen: str, at: datetime) -> ExposurePage:
    """What an order of a course is predicted to come to, or why nothing is."""
    found = prescribed(course, number, at=at)
    if isinstance(found, NoCurve):
        return ExposurePage(none=found)
    try:
        main = exposure(found)
        band = band_of(found, main.shown.t_min)
    except OutOfRange as refused:
        return ExposurePage(none=NoCurve(title="The model refuses this order", why=said(refused), advice=NEEDS_NONE))
    chosen = chosen if chosen in to_choose_from() else ""
    medicines = [*taken(course.patient, at=at), *filter(None, [chosen])]
    return ExposurePage(
        exposure=main,
        plasma=plasma_figure(main, band),
        band=band,
        others=(*metabolite_figures(main, band), *effect_figures(main)),
        groups=groups(main, medicines),
        chosen=chosen,
        why_then=ENTERING.get(found.regimen.doses[0].route, ""),
    )


def effect_figures(of: Exposure) -> tuple[Figure, ...]:
    """What is felt, and how the blood pressure changes."""
    series = of.shown
    pressures = {"Systolic": blood_pressure(series), "Diastolic": blood_pressure(series, pressure="diastolic")}
    felt = drug_high(series)
    return (
        effect_figure("Drug high", {"Typical person": felt}, of),
        effect_figure("Blood pressure", pressures, of),
    )
