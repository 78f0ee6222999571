"""Regimens tried beside each other on virtual people: curves, figures, and files that give them again."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ketacare.planning.curve_words import (
    DECIDES_NOTHING,
    DRUGS,
    SITES,
    STATUS_IN_SHORT,
    analyte_words,
    told,
    why_default,
)
from ketacare.planning.exposure import CAVEAT
from ketacare.planning.figures import CONCENTRATION, given
from ketacare.planning.simulator_form import Arm
from ketacare.planning.simulator_sheet import Sheet
from ketacare.science.errors import ScienceError
from ketacare.science.pkpd import guards, scenario
from ketacare.science.pkpd.modelling.model_file import Model
from ketacare.science.pkpd.noncompartmental import NonCompartmental, noncompartmental
from ketacare.science.pkpd.population import Population, simulate_population
from ketacare.science.pkpd.scenario import Drawn
from ketacare.science.pkpd.series import Series
from ketacare.science.pkpd.simulate import simulate
from ketacare.science.pkpd.solving.arrays import Floats
from ketacare.ui.curves import Curve, CurveChart, Pictures, curve_chart, pictures

PAPER = "#ffffff"
PLASMA, EFFECT_SITE = "plasma", "effect-site"
CSV_COLUMNS = ("curve", "regimen", "model", "site", "status", "analyte", "t_min", "typical_ng_per_ml", "says")


@dataclass(frozen=True, kw_only=True)
class Run:
    """One regimen simulated."""

    arm: Arm
    series: Series
    people: Population | None
    analytes: tuple[tuple[str, NonCompartmental], ...]
    yaml: str

    @property
    def site(self) -> str:
        """Where the blood is thought to be drawn, in words."""
        return SITES[self.series.site]

    @property
    def status(self) -> str:
        """How well the model is known, in words."""
        return STATUS_IN_SHORT[self.series.status]

    @property
    def effect_site(self) -> tuple[float, float]:
        """The highest at the effect site, and when."""
        values = self.series.effect_site_ng_per_ml
        return float(values.max()), float(self.series.t_min[values.argmax()])

    @property
    def of_model(self) -> tuple[str, ...]:
        """What a reader must know of the model, whatever is simulated."""
        return told(flag for flag in self.series.flags if flag.code == CAVEAT)

    @property
    def of_this(self) -> tuple[str, ...]:
        """What a reader must know of this very curve, its band and its figures; first why a default is a weak one."""
        regimen = self.arm.regimen
        _, weak = why_default(self.arm.model, regimen.doses[0].route, regimen.drug)
        both = (*self.series.flags, *(self.people.flags if self.people else ()))
        figures = (f"{label}: {one}" for label, of in self.analytes for one in told(of.flags))
        found = (*filter(None, [weak]), *told(both), *figures)
        return tuple(one for one in found if one not in self.of_model)


@dataclass(frozen=True, kw_only=True)
class Simulated:
    """Every regimen of a sheet beside the others."""

    runs: tuple[Run, ...]
    compared: tuple[str, ...]
    plasma: Pictures
    effect_site: Pictures
    band: str


def simulated(sheet: Sheet) -> Simulated | None:
    """Simulate what a valid sheet asks for; nothing, with the problem in the sheet, where that has no answer."""
    if not sheet.is_valid or sheet.t_min is None:
        return None
    try:
        runs = tuple(run(arm, sheet, sheet.t_min) for arm in sheet.arms)
    except ScienceError as bad:
        sheet.add_problems(bad.problems)
        return None
    return Simulated(
        runs=runs,
        compared=told(guards.compare(*(one.series for one in runs))),
        plasma=pictures(chart(runs, PLASMA)),
        effect_site=pictures(chart(runs, EFFECT_SITE)),
        band=f"Band: 5 to 95 % of {sheet.people:,} virtual people, seed {sheet.seed}." if sheet.people else "",
    )


def run(arm: Arm, sheet: Sheet, t_min: Floats) -> Run:
    """One regimen for the typical person, with virtual people around where they were asked for."""
    drawn = Drawn(n=sheet.people, seed=sheet.seed) if sheet.people else None
    series = simulate(arm.model, arm.regimen, arm.subject, t_min, interactions=arm.interactions)
    people = None
    if drawn:
        asked = {"rng": drawn.seed, "quantiles": drawn.quantiles, "interactions": arm.interactions}
        people = simulate_population(arm.model, arm.regimen, drawn.n, t_min, subject=arm.subject, **asked)
    said = scenario.of(arm.model, arm.regimen, arm.subject, t_min, interactions=arm.interactions, population=drawn)
    figures = tuple(
        (analyte_words(arm.model, name), noncompartmental(series, name))
        for name in shown_analytes(arm.model)
        if (series.concentration_ng_per_ml[name] > 0).any()
    )
    return Run(arm=arm, series=series, people=people, analytes=figures, yaml=scenario.dump(said))


def shown_analytes(model: Model) -> Iterator[str]:
    """The drug itself and what becomes of it, without the drug's parts."""
    molecules = {name: one.molecule for name, one in model.analytes.items()}
    return (name for name, one in molecules.items() if name == model.parent or one != molecules[model.parent])


def chart(runs: Sequence[Run], what: str, *, notes: tuple[str, ...] = ()) -> CurveChart:
    """The curves of every regimen in one drawing."""
    given_drugs = {one.series.drug for one in runs}
    drug = DRUGS[given_drugs.pop() or "any"] if len(given_drugs) == 1 else "each its own drug"
    where = "Plasma" if what == PLASMA else "Effect site"
    return CurveChart(
        title=f"{where}: {drug}",
        quantity=f"{where}: {drug}",
        unit=CONCENTRATION,
        curves=tuple(curve(one, what) for one in runs),
        given=tuple(dict.fromkeys(span for one in runs for span in given(one.arm.regimen))),
        notes=notes,
        name=f"simulated-{what}",
    )


def curve(of: Run, what: str) -> Curve:
    """One regimen's line with its band."""
    series, people = of.series, of.people
    values = series.concentration_ng_per_ml[series.parent] if what == PLASMA else series.effect_site_ng_per_ml
    low, high = ((), ()) if people is None else edges(people, what)
    return Curve(label=of.arm.words, t_min=series.t_min.tolist(), values=values.tolist(), low=low, high=high)


def edges(people: Population, what: str) -> tuple[list[float], list[float]]:
    """The lowest and the highest quantile."""
    band = people.bands[people.parent] if what == PLASMA else people.effect_site_band
    return band[0].tolist(), band[-1].tolist()


def as_svg(found: Simulated, what: str) -> str:
    """A drawing that stands alone, with what each curve is under it."""
    notes = [
        f"{one.arm.letter}: {one.site}; model {one.arm.model.id} {one.arm.model.version} ({one.series.status})."
        for one in found.runs
    ]
    under = (*notes, *found.compared, found.band, DECIDES_NOTHING)
    drawing = chart(found.runs, what, notes=tuple(filter(None, under)))
    return curve_chart(replace(drawing, ground=PAPER))


def as_csv(found: Simulated) -> str:
    """Every curve, a moment a line, every digit kept."""
    quantiles = next((one.people.quantiles for one in found.runs if one.people), ())
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*CSV_COLUMNS[:-1], *(f"q{one:g}_ng_per_ml" for one in quantiles), CSV_COLUMNS[-1]])
    for one in found.runs:
        writer.writerows(csv_rows(one))
    return text.getvalue()


def csv_rows(of: Run) -> Iterator[list[str]]:
    """The lines of one regimen."""
    series, people = of.series, of.people
    lines: dict[str, tuple[Floats, Floats | None]] = {
        name: (values, people.bands[name] if people else None)
        for name, values in series.concentration_ng_per_ml.items()
    }
    lines["effect_site"] = (series.effect_site_ng_per_ml, people.effect_site_band if people else None)
    about = [of.arm.letter, of.arm.words, series.model, series.site, series.status]
    for name, (values, band) in lines.items():
        for place, moment in enumerate(series.t_min):
            around = [] if band is None else [repr(float(edge)) for edge in band[:, place]]
            yield [*about, name, repr(float(moment)), repr(float(values[place])), *around, DECIDES_NOTHING]
