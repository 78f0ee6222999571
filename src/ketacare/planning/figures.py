"""Predicted curves as figures: a drawing with what it is, which model drew it, how well that is known, and what it is never for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ketacare.planning.curve_words import EFFECT_STATUS, SITES, STATUS_IN_SHORT, analyte_words
from ketacare.planning.exposure import Band, Exposure
from ketacare.science.pkpd.effects import Effect, book
from ketacare.science.pkpd.regimen import Regimen
from ketacare.science.pkpd.series import Series
from ketacare.science.pkpd.solving.arrays import Floats
from ketacare.ui.curves import Curve, CurveChart, Pictures, pictures

CONCENTRATION = "ng/mL"
NO_BAND = "Typical person alone"


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A drawing on a page, with everything that must stand beside it."""

    title: str
    pictures: Pictures
    site: str
    model: str
    status: str
    says: str
    more: tuple[str, ...] = ()  # what it shows and must not be used for, at length
    sources: tuple[str, ...] = ()


def plasma_figure(of: Exposure, band: Band | None) -> Figure:
    """Plasma with its band, and the effect site that follows it."""
    series, called = of.shown, analyte_words(of.asked.model, of.shown.parent)
    curves = (
        curve("Plasma, typical person", series.t_min, plasma(series), band, series.parent),
        curve("Effect site, typical person", series.t_min, series.effect_site_ng_per_ml),
    )
    return figure_of(f"Predicted {called} after {of.asked.dose}", called, curves, of, name="plasma", band=band)


def metabolite_figures(of: Exposure, band: Band | None) -> Iterator[Figure]:
    """What the drug becomes, each with its band; the parts of the drug itself are left out."""
    analytes, series = of.asked.model.analytes, of.shown
    for name, values in series.concentration_ng_per_ml.items():
        if analytes[name].molecule != analytes[series.parent].molecule:
            curves = (curve("Typical person", series.t_min, values, band, name),)
            label = analytes[name].label
            yield figure_of(f"Predicted {label}", label, curves, of, name=f"of-{name}", band=band)


def figure_of(
    title: str, quantity: str, curves: tuple[Curve, ...], of: Exposure, *, name: str, band: Band | None = None
) -> Figure:
    """Concentrations as a figure with its facts."""
    chart = CurveChart(
        title=title,
        quantity=quantity,
        unit=CONCENTRATION,
        curves=curves,
        given=given(of.asked.regimen),
        name=name.replace("_", "-"),
    )
    return Figure(
        title=title,
        pictures=pictures(chart),
        site=SITES[of.shown.site],
        model=of.shown.model,
        status=STATUS_IN_SHORT[of.shown.status],
        says=band_words(band) if band else NO_BAND,
    )


def effect_figure(quantity: str, effects: Mapping[str, Effect], of: Exposure) -> Figure:
    """One effect, or two of a kind, with the range that its sources allow, as well known as it is."""
    one = next(iter(effects.values()))
    title = book().effects[one.name].title
    chart = CurveChart(
        title=title,
        quantity=quantity,
        unit=one.unit,
        curves=tuple(effect_curve(label, effect) for label, effect in effects.items()),
        given=given(of.asked.regimen),
        name=f"effect-{one.name.replace('_', '-')}",
    )
    of_curve = {flag.says for flag in of.shown.flags}
    assumed = [flag.says for flag in one.flags if flag.says not in of_curve]
    return Figure(
        title=title,
        pictures=pictures(chart),
        site=f"from the effect site of {SITES[of.shown.site]}",
        model=of.shown.model,
        status=EFFECT_STATUS[one.status],
        says=NO_BAND if one.low is None else "band: what its sources allow",
        more=(one.says, *assumed),
        sources=book().effects[one.name].sources,
    )


def effect_curve(label: str, effect: Effect) -> Curve:
    """An effect as a line, with its range where one is known."""
    low, high = (() if edge is None else edge.tolist() for edge in (effect.low, effect.high))
    return Curve(label=label, t_min=effect.t_min.tolist(), values=effect.value.tolist(), low=low, high=high)


def curve(label: str, t_min: Floats, values: Floats, band: Band | None = None, analyte: str = "") -> Curve:
    """A line, with the band of virtual people around it where there is one."""
    low, high = ((), ()) if band is None else (band.low[analyte].tolist(), band.high[analyte].tolist())
    return Curve(label=label, t_min=t_min.tolist(), values=values.tolist(), low=low, high=high)


def plasma(series: Series) -> Floats:
    """The curve of the drug itself."""
    return series.concentration_ng_per_ml[series.parent]


def band_words(band: Band) -> str:
    """What a band is of."""
    return f"band: 5 to 95 % of {band.people:,} virtual people of this weight and age (seed {band.seed})"


def given(regimen: Regimen) -> tuple[tuple[float, float], ...]:
    """When the drug is given, for the bar on the time axis."""
    return tuple((dose.start_min, dose.end_min) for dose in regimen.doses)
