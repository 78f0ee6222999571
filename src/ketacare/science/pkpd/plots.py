"""Pictures of populations and virtual trials, as altair charts that are saved as SVG or PNG without a browser.

Needs the extra: ``pip install 'ketacare[research]'``. Lines differ by dash and letter as well as by colour, and every picture
carries its model, site and status, and that it decides nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from textwrap import wrap

import numpy as np
from numpy.typing import NDArray

from ketacare.science.errors import MissingInput, OutOfRange, Problem
from ketacare.science.pkpd import captions
from ketacare.science.pkpd.modelling.model_file import EFFECT_SITE
from ketacare.science.pkpd.population import Population
from ketacare.science.pkpd.series import Series
from ketacare.science.pkpd.solving.arrays import Floats
from ketacare.science.pkpd.trial import SHOWN, Trial
from ketacare.science.units import MINUTES_PER_HOUR

try:
    import altair as alt
except ImportError as error:
    _NEEDS = "plots need altair: pip install 'ketacare[research]'"
    raise MissingInput([Problem(place="altair", says=_NEEDS)]) from error

COLOURS = ("#0b6e69", "#75399c", "#7a4a00", "#4d5c68")
DASHES = ([1, 0], [9, 5], [2, 4], [12, 4, 2, 4])
LETTERS = "ABCD"
MOST_CURVES = len(LETTERS)
INK, QUIET, GRID = "#1d2b36", "#4d5c68", "#cfd8da"
WIDTH, HEIGHT, ROW_HEIGHT, LINE_LENGTH = 640, 320, 110, 108
LETTER_WIDTH = 14
BINS = 40  # of a distribution
TICKS = 8  # about as many marks on the axis of time
IN_HOURS_FROM_MIN = 180
FORMATS = (".svg", ".png")

LOOK = alt.Config(
    view=alt.ViewConfig(stroke=None),
    axis=alt.AxisConfig(
        gridColor=GRID, labelColor=INK, titleColor=INK, titleFontWeight="normal", labelFontSize=12, titleFontSize=12
    ),
    legend=alt.LegendConfig(
        orient="bottom",
        symbolType="stroke",
        symbolSize=500,
        symbolStrokeWidth=2,
        symbolOpacity=1,
        labelFontSize=12,
        labelLimit=300,
    ),
)

Row = dict[str, float | str]
_Layers = alt.LayerChart | alt.FacetChart  # what alt.layer may give


@dataclass(frozen=True, kw_only=True, slots=True)
class _Band:
    """A line with its band, under a name; each of shape (t,)."""

    name: str
    line: Floats
    low: Floats
    high: Floats


def band_chart(population: Population, analytes: Sequence[str] | None = None) -> alt.VConcatChart:
    """Return the median and band of some analytes over time.

    Args:
        population: from ``simulate_population``; its outermost quantiles are the band, the middle one is the line.
        analytes: up to four names of ``population.bands``, or "effect_site"; None: the parent and its effect site.

    Raises:
        OutOfRange: none of them, too many, or one that the population does not have.
    """
    names = (population.parent, EFFECT_SITE) if analytes is None else tuple(analytes)
    _refuse("analytes", names, (*population.bands, EFFECT_SITE))
    drawn = [_band(_label(population, name), population, name) for name in names]
    title = f"{_label(population, population.parent)} in a virtual population"
    return _with_caption(_curves(title, "Concentration, ng/mL", population.t_min, drawn), captions.about([population]))


def curve_chart(series: Series, labels: Mapping[str, str] | None = None) -> alt.VConcatChart:
    """Return one subject's parent and its effect site over time.

    Args:
        series: from ``simulate``.
        labels: what to call each analyte; None: by its name in the model.
    """
    label = (labels or {}).get(series.parent, series.parent)
    there = {label: series.concentration_ng_per_ml[series.parent], "Effect site": series.effect_site_ng_per_ml}
    drawn = [_Band(name=name, line=values, low=values, high=values) for name, values in there.items()]
    says = "One subject, so there is no band: how much people differ is not shown"
    caption = [captions.source(series), says, *captions.said(series.flags), captions.DECIDES_NOTHING]
    chart = _curves(f"{label} in one subject", "Concentration, ng/mL", series.t_min, drawn)
    return _with_caption(chart, caption)


def comparison(populations: Mapping[str, Population], analyte: str | None = None) -> alt.VConcatChart:
    """Return up to four populations on one pair of axes.

    Args:
        populations: by the name to show; all at the same times and quantiles.
        analyte: a name of their ``bands``, or "effect_site"; None: each one's parent.

    Raises:
        OutOfRange: none, more than four, an analyte that one does not have, other times or quantiles.
    """
    _refuse("populations", tuple(populations), populations)
    for one in populations.values():
        _refuse("analyte", (analyte or one.parent,), (*one.bands, EFFECT_SITE))
    drawn = [_band(name, one, analyte or one.parent) for name, one in populations.items()]
    first, *others = populations.values()
    for one in others:
        if one.quantiles != first.quantiles or not np.array_equal(one.t_min, first.t_min):
            raise OutOfRange([Problem(place="populations", says="they are of other times or other quantiles")])
    title = f"{_label(first, analyte or first.parent)} in {len(drawn)} virtual populations"
    return _with_caption(
        _curves(title, "Concentration, ng/mL", first.t_min, drawn), captions.about(populations.values())
    )


def distributions(trial: Trial, name: str, of: str | None = None) -> alt.VConcatChart:
    """Return how one outcome is distributed in each arm: a histogram a row on the same axes, each with three percentiles.

    Args:
        trial: from ``simulate_trial``.
        name: an outcome's name, such as "cmax".
        of: an analyte; None: the parent.

    Raises:
        OutOfRange: the trial has no such outcome, or more than four arms.
    """
    _refuse("arms", trial.arms, trial.arms)
    told = trial.outcome(name, of)
    values = [trial.of(arm, name, of) for arm in trial.arms]
    edges = np.histogram_bin_edges(np.concatenate(values), bins=BINS)
    shares = [100 * np.histogram(one, edges)[0] / trial.n for one in values]
    rows = [
        _histogram(
            place, arm, told.unit, edges, share, one, is_last=place == len(values) - 1, most=float(np.max(shares))
        )
        for place, (arm, share, one) in enumerate(zip(trial.arms, shares, values, strict=True))
    ]
    lines = [
        captions.source(trial),
        f"{trial.n:,} subjects, each in every arm, seed {trial.seed}; marked: median, 5th and 95th percentile",
        *([f"How well this outcome is known: {told.status.replace('_', ' ')}"] if told.status != trial.status else []),
        *captions.said((*trial.flags, *told.flags)),
        captions.DECIDES_NOTHING,
    ]
    return _with_caption(alt.vconcat(*rows, spacing=14, title=_title(f"{told.title}, {told.unit}")), lines)


def save(chart: alt.TopLevelMixin, path: str | Path) -> Path:
    """Write a chart as SVG or PNG, by the ending of the path; give the path.

    Raises:
        OutOfRange: another ending.
    """
    there = Path(path)
    if there.suffix.lower() not in FORMATS:
        raise OutOfRange([Problem(place="path", says=f"{there.name} does not end in {' or '.join(FORMATS)}")])
    chart.save(str(there), scale_factor=2 if there.suffix.lower() == ".png" else 1)  # twice the dots for paper
    return there


def _refuse(place: str, names: Sequence[str], there: Iterable[str]) -> None:
    known = list(there)
    wrong = [
        Problem(place=place, says=f"{name!r} is none of {', '.join(known)}") for name in names if name not in known
    ]
    if not 1 <= len(names) <= MOST_CURVES:
        wrong.append(Problem(place=place, says=f"{len(names)} is not a number from 1 to {MOST_CURVES}"))
    if wrong:
        raise OutOfRange(wrong)


def _band(name: str, population: Population, analyte: str) -> _Band:
    """The outermost quantiles around the middle one; around the mean where their number is even."""
    of_effect_site = analyte == EFFECT_SITE
    values = np.sort(population.effect_site_band if of_effect_site else population.bands[analyte], axis=0)
    mean = population.effect_site_mean if of_effect_site else population.mean[analyte]
    middle = values[len(values) // 2] if len(values) % 2 else mean
    return _Band(name=name, line=middle, low=values[0], high=values[-1])


def _curves(title: str, quantity: str, t_min: Floats, drawn: Sequence[_Band]) -> alt.VConcatChart:
    """Lines over bands, with a letter at each line's peak."""
    unit, per_unit = ("h", MINUTES_PER_HOUR) if np.ptp(t_min) > IN_HOURS_FROM_MIN else ("min", 1)
    order = np.argsort(t_min, kind="stable")
    when = t_min[order] / per_unit
    names = [f"{letter}  {one.name}" for letter, one in zip(LETTERS, drawn, strict=False)]
    rows = [row for name, one in zip(names, drawn, strict=True) for row in _rows(name, when, one, order)]
    peaks = [_peak(name, when, one.line[order]) for name, one in zip(names, drawn, strict=True)]
    colour = alt.Color("curve:N", scale=alt.Scale(domain=names, range=list(COLOURS[: len(names)])), title=None)
    dash = alt.StrokeDash("curve:N", scale=alt.Scale(domain=names, range=list(DASHES[: len(names)])), title=None)
    axis = alt.Axis(tickCount=TICKS, labelFlush=False)
    across = alt.X("t:Q", title=f"Time from the start, {unit}", scale=alt.Scale(nice=False), axis=axis)
    height = alt.Scale(domainMin=0)  # rounding leaves a hair below it
    up = alt.Y("line:Q", title=quantity, scale=height)
    base = alt.Chart(alt.InlineData(values=rows))
    layers = [base.mark_line(strokeWidth=2).encode(across, up, colour, dash)]
    if any((one.low < one.high).any() for one in drawn):
        band = base.mark_area(opacity=0.16, line=False).encode(
            across, alt.Y("low:Q", title=quantity, scale=height), alt.Y2("high:Q"), colour
        )
        edges = [
            base.mark_line(strokeWidth=0.7, opacity=0.8).encode(
                across, alt.Y(f"{edge}:Q", title=quantity, scale=height), colour, dash
            )
            for edge in ("low", "high")
        ]
        layers = [band, *edges, *layers]
    for place, peak in enumerate(peaks):  # beside each other where two lines peak together
        beside = (place - (len(peaks) - 1) / 2) * LETTER_WIDTH
        text = alt.Chart(alt.InlineData(values=[peak])).mark_text(dy=-9, dx=beside, fontSize=13, fontWeight="bold")
        layers.append(text.encode(across, up, text="letter:N", color=colour))
    return alt.vconcat(alt.layer(*layers).properties(width=WIDTH, height=HEIGHT), title=_title(title))


def _rows(name: str, when: Floats, one: _Band, order: NDArray[np.intp]) -> list[Row]:
    return [
        {"curve": name, "t": float(t), "line": float(line), "low": float(low), "high": float(high)}
        for t, line, low, high in zip(when, one.line[order], one.low[order], one.high[order], strict=True)
    ]


def _peak(name: str, when: Floats, line: Floats) -> Row:
    at = int(np.argmax(line))
    return {"curve": name, "t": float(when[at]), "line": float(line[at]), "letter": name[0]}


def _histogram(
    place: int, arm: str, unit: str, edges: Floats, share: Floats, values: Floats, *, is_last: bool, most: float
) -> _Layers:
    """One arm: its histogram, and lines with their values at three percentiles."""
    bars: list[Row] = [
        {"from": float(low), "to": float(high), "share": float(one)}
        for (low, high), one in zip(pairwise(edges), share, strict=True)
    ]
    marks: list[Row] = [{"at": float(one), "says": f"{one:.3g}"} for one in np.quantile(values, list(SHOWN.values()))]
    scale = alt.Scale(domain=[float(edges[0]), float(edges[-1])], nice=False)
    axis = alt.Axis(labels=is_last, ticks=is_last)
    across, at = (
        alt.X(f"{name}:Q", scale=scale, axis=axis, title=unit if is_last else None) for name in ("from", "at")
    )
    up = alt.Y("share:Q", title="% of subjects", scale=alt.Scale(domain=[0, most]))
    bar = alt.Chart(alt.InlineData(values=bars)).mark_rect(
        color=COLOURS[place], opacity=0.55, stroke="white", strokeWidth=0.5
    )
    found = alt.Chart(alt.InlineData(values=marks))
    rule = found.mark_rule(color=INK, strokeDash=DASHES[place], strokeWidth=1.4)
    text = found.mark_text(color=INK, dy=-7, fontSize=11)
    return alt.layer(
        bar.encode(across, alt.X2("to:Q"), up), rule.encode(at), text.encode(at, y=alt.value(0), text="says:N")
    ).properties(width=WIDTH, height=ROW_HEIGHT, title=_title(f"{LETTERS[place]}  {arm}", size=12))


def _title(text: str, size: int = 15) -> alt.TitleParams:
    return alt.TitleParams(text, anchor="start", fontSize=size, color=INK)


def _with_caption(chart: alt.VConcatChart, lines: Sequence[str]) -> alt.VConcatChart:
    broken = [part for line in lines for part in wrap(line, LINE_LENGTH)]
    under = alt.TitleParams(
        broken, orient="bottom", anchor="start", fontSize=11, fontWeight="normal", color=QUIET, offset=10
    )
    return alt.vconcat(chart, title=under, config=LOOK)


def _label(population: Population, name: str) -> str:
    return population.labels.get(name, "Effect site")
