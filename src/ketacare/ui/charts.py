"""The chart of a session's vital signs as SVG for paper: one time axis, one panel a kind, the dose steps beneath.

A reading that is not there is a hatched gap, never a guess. Colours are attributes, so that the drawing stands alone in
print; on a screen the classes let the theme recolour it. Each kind of sign has its own line, marker and legend.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from django.utils.safestring import SafeString

from ketacare.ui.axes import Scale, number, ticks

Point = tuple[float, float | None]  # minutes, value; None where a reading was due and is not there


@dataclass(frozen=True, kw_only=True)
class Line:
    """One vital sign over time: ``key`` is hr, spo2 or rr."""

    key: str
    points: tuple[Point, ...]
    joins_within_min: float  # the longest time between two readings that a line may bridge


@dataclass(frozen=True, kw_only=True)
class Pressure:
    """One blood pressure."""

    t_min: float
    systolic_mmhg: float
    diastolic_mmhg: float


@dataclass(frozen=True, kw_only=True)
class DoseStep:
    """The rate from this minute on, until the next step."""

    t_min: float
    rate: float


@dataclass(frozen=True, kw_only=True)
class Bolus:
    """A dose given at once."""

    t_min: float
    text: str  # with its unit, such as "10 mg"


@dataclass(frozen=True, kw_only=True)
class VitalsChart:
    """Everything on one chart. Minutes count from the start of treatment; earlier ones are negative."""

    title: str
    from_min: float
    to_min: float
    lines: tuple[Line, ...] = ()
    pressures: tuple[Pressure, ...] = ()
    doses: tuple[DoseStep, ...] = ()
    boluses: tuple[Bolus, ...] = ()
    dose_unit: str = "mg/h"
    name: str = "vitals"  # unique on the page: the drawing's own links are made with it


@dataclass(frozen=True, kw_only=True)
class Style:
    """How one kind of sign looks: never by colour alone."""

    label: str
    unit: str
    colour: str
    dash: str
    marker: str  # a path around (0, 0)


STYLES = {
    "hr": Style(
        label="Heart rate", unit="/min", colour="#17743a", dash="", marker="M-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0z"
    ),
    "bp": Style(label="Blood pressure", unit="mmHg", colour="#ad2a22", dash="", marker="M-4 0h8"),
    "spo2": Style(label="SpO2", unit="%", colour="#00758a", dash="6 3", marker="M-2.6-2.6h5.2v5.2h-5.2z"),
    "rr": Style(label="Breaths", unit="/min", colour="#56626b", dash="1.5 3", marker="M0-3.4L3.2 2.6H-3.2z"),
    "dose": Style(label="Dose rate", unit="", colour="#75399c", dash="", marker="M0-4L4 0L0 4L-4 0z"),
}


@dataclass(frozen=True, kw_only=True)
class Panel:
    """A strip of the chart: what it holds, how tall it is, and the least range its axis shows."""

    keys: tuple[str, ...]
    height: int
    low: float
    high: float
    steps: int = 4  # about as many lines of the grid


PANELS = (
    Panel(keys=("hr", "bp"), height=150, low=40, high=160, steps=6),
    Panel(keys=("spo2",), height=66, low=90, high=100),
    Panel(keys=("rr",), height=66, low=0, high=30),
    Panel(keys=("dose",), height=66, low=0, high=1),
)
WIDTH, LEFT, RIGHT, LEGEND, FOOT = 720, 56, 12, 20, 40
INK, QUIET, GRID = "#1d2b36", "#4d5c68", "#cfd8da"


def vitals_chart(chart: VitalsChart) -> SafeString:
    """The chart as one SVG element with a title and a description in words."""
    x = Scale(low=chart.from_min, high=max(chart.to_min, chart.from_min + 1), start=LEFT, end=WIDTH - RIGHT)
    body, top = [], 0
    for panel in PANELS:
        top += LEGEND
        body.append(draw_panel(chart, panel, x, top))
        top += panel.height
    body.append(time_axis(x, top))
    ids = f"{chart.name}-title {chart.name}-desc"
    return SafeString(
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 {WIDTH} {top + FOOT}" role="img" '
        f'aria-labelledby="{ids}" font-family="sans-serif" font-size="11" fill="{INK}">'
        f'<title id="{chart.name}-title">{escape(chart.title)}</title>'
        f'<desc id="{chart.name}-desc">{escape(in_words(chart))}</desc>'
        f'<defs><pattern id="{chart.name}-gap" width="6" height="6" patternUnits="userSpaceOnUse">'
        f'<path d="M0 6L6 0" stroke="#9aa6ad" stroke-width="0.7"/></pattern></defs>{"".join(body)}</svg>'
    )


def draw_panel(chart: VitalsChart, panel: Panel, x: Scale, top: int) -> str:
    """One strip: its legend, its grid, its gaps, what it shows."""
    y = value_scale(chart, panel, top)
    lines = [line for line in chart.lines if line.key in panel.keys]
    parts = [legend(chart, panel, top), grid(x, y, panel)]
    parts += [gap(chart, x, y, begin, end) for line in lines for begin, end in gaps(line, chart)]
    if "bp" in panel.keys:
        parts += [whisker(pressure, x, y) for pressure in chart.pressures]
    parts += [draw_line(line, x, y) for line in lines]
    if "dose" in panel.keys:
        parts.append(dose_steps(chart, x, y))
    return "".join(parts)


def value_scale(chart: VitalsChart, panel: Panel, top: int) -> Scale:
    """The panel's vertical axis: its least range, widened to hold every value."""
    values = [value for line in chart.lines if line.key in panel.keys for _, value in line.points if value is not None]
    if "bp" in panel.keys:
        values += [end for one in chart.pressures for end in (one.systolic_mmhg, one.diastolic_mmhg)]
    if "dose" in panel.keys:
        values += [step.rate for step in chart.doses]
    marks = ticks(min([panel.low, *values]), max([panel.high, *values]), most=panel.steps)
    return Scale(low=marks[0], high=marks[-1], start=top + panel.height, end=top)


def legend(chart: VitalsChart, panel: Panel, top: int) -> str:
    """The sample, name and unit of each kind of sign in a panel."""
    parts = []
    for place, key in enumerate(panel.keys):
        style, left = STYLES[key], LEFT + place * 170
        unit = chart.dose_unit if key == "dose" else style.unit
        sample = f"M{left} {top - 8}h22" if key != "bp" else f"M{left + 11} {top - 14}v12"
        parts.append(
            f"{stroke(key, sample)}{marker(key, left + 11, top - 8)}"
            f'<text x="{left + 28}" y="{top - 4}">{escape(style.label)} ({escape(unit)})</text>'
        )
    if "hr" in panel.keys:
        left = WIDTH - RIGHT - 80
        parts.append(
            f'<rect x="{left}" y="{top - 14}" width="22" height="11" fill="url(#{chart.name}-gap)" stroke="{GRID}"/>'
            f'<text x="{left + 28}" y="{top - 4}">no data</text>'
        )
    return "".join(parts)


def grid(x: Scale, y: Scale, panel: Panel) -> str:
    """Horizontal lines with their values, and the panel's floor."""
    parts = []
    for value in ticks(y.low, y.high, most=panel.steps):
        height = number(y.at(value))
        parts.append(
            f'<path class="chart-grid" d="M{x.start} {height}H{x.end}" stroke="{GRID}" stroke-width="0.7"/>'
            f'<text x="{LEFT - 6}" y="{height}" dy="4" text-anchor="end" fill="{QUIET}">{number(value)}</text>'
        )
    return "".join(parts)


def gaps(line: Line, chart: VitalsChart) -> Iterable[tuple[float, float]]:
    """The times in which a sign was not measured for longer than a line may bridge."""
    known = [t for t, value in line.points if value is not None]
    for before, after in pairwise([chart.from_min, *known, chart.to_min]):
        if after - before > line.joins_within_min:
            yield before, after


def gap(chart: VitalsChart, x: Scale, y: Scale, begin: float, end: float) -> str:
    """A hatched band: no data."""
    return (
        f'<rect class="chart-gap" x="{number(x.at(begin))}" y="{number(y.end)}" fill="url(#{chart.name}-gap)" '
        f'width="{number(x.at(end) - x.at(begin))}" height="{number(y.start - y.end)}"/>'
    )


def segments(line: Line) -> list[list[tuple[float, float]]]:
    """The readings in runs that a line may join."""
    runs: list[list[tuple[float, float]]] = [[]]
    for t_min, value in sorted(line.points, key=lambda point: point[0]):
        if value is None:
            runs.append([])
            continue
        if runs[-1] and t_min - runs[-1][-1][0] > line.joins_within_min:
            runs.append([])
        runs[-1].append((t_min, value))
    return [run for run in runs if run]


def draw_line(line: Line, x: Scale, y: Scale) -> str:
    """Each run as a line, each reading as a marker."""
    parts = []
    for run in segments(line):
        places = [(x.at(t_min), y.at(value)) for t_min, value in run]
        path = "L".join(f"{number(across)} {number(down)}" for across, down in places)
        parts.append(stroke(line.key, f"M{path}") if len(run) > 1 else "")
        parts += [marker(line.key, across, down) for across, down in places]
    return "".join(parts)


def whisker(pressure: Pressure, x: Scale, y: Scale) -> str:
    """A blood pressure as an upright line between its two values."""
    across = number(x.at(pressure.t_min))
    high, low = number(y.at(pressure.systolic_mmhg)), number(y.at(pressure.diastolic_mmhg))
    return stroke("bp", f"M{across} {high}V{low}M{float(across) - 4:g} {high}h8M{float(across) - 4:g} {low}h8")


def dose_steps(chart: VitalsChart, x: Scale, y: Scale) -> str:
    """The rate as steps with its value written where it changes, and each bolus as a diamond."""
    path, parts = f"M{number(x.at(chart.from_min))} {number(y.at(0))}", []
    for step in chart.doses:
        across, down = number(x.at(step.t_min)), number(y.at(step.rate))
        path += f"H{across}V{down}"
        beside = 11 if step.rate else -3  # under its line, away from the legend; over the axis when nothing runs
        parts.append(f'<text x="{across}" y="{down}" dx="3" dy="{beside}" font-size="10">{number(step.rate)}</text>')
    parts += [
        f"{marker('dose', x.at(bolus.t_min), y.at(0) - 6)}"
        f'<text x="{number(x.at(bolus.t_min))}" y="{number(y.at(0))}" dx="6" dy="-3" font-size="10">{escape(bolus.text)}</text>'
        for bolus in chart.boluses
    ]
    return stroke("dose", f"{path}H{number(x.at(chart.to_min))}") + "".join(parts)


def stroke(key: str, path: str) -> str:
    """A path in the line style of a sign."""
    style = STYLES[key]
    dash = f' stroke-dasharray="{style.dash}"' if style.dash else ""
    return f'<path class="chart-{key}" d="{path}" fill="none" stroke="{style.colour}" stroke-width="1.3"{dash}/>'


def marker(key: str, across: float, down: float) -> str:
    """The sign's own mark at a place."""
    style = STYLES[key]
    return (
        f'<path class="chart-mark chart-{key}" d="{style.marker}" fill="{style.colour}" stroke="{style.colour}" '
        f'transform="translate({number(across)} {number(down)})"/>'
    )


def time_axis(x: Scale, top: int) -> str:
    """Minutes from the start of treatment."""
    parts = []
    for value in ticks(x.low, x.high, most=10):
        if not x.low <= value <= x.high:
            continue
        across = number(x.at(value))
        parts.append(
            f'<path d="M{across} {top}v5" stroke="{QUIET}"/>'
            f'<text x="{across}" y="{top + 17}" text-anchor="middle" fill="{QUIET}">{number(value)}</text>'
        )
    middle = (x.start + x.end) / 2
    parts.append(
        f'<text x="{number(middle)}" y="{top + 33}" text-anchor="middle">Minutes from the start of treatment</text>'
    )
    return "".join(parts)


def in_words(chart: VitalsChart) -> str:
    """The chart for those who cannot see it."""
    said = [line_in_words(line, chart) for line in chart.lines]
    if chart.pressures:
        highest = max(chart.pressures, key=lambda one: one.systolic_mmhg)
        said.append(
            f"Blood pressure: {len(chart.pressures)} readings, highest {number(highest.systolic_mmhg)}/"
            f"{number(highest.diastolic_mmhg)} mmHg at minute {number(highest.t_min)}."
        )
    said += [f"From minute {number(one.t_min)}: {number(one.rate)} {chart.dose_unit}." for one in chart.doses]
    said += [f"At minute {number(one.t_min)}: {one.text} at once." for one in chart.boluses]
    return " ".join(said) or "No readings and no doses."


def line_in_words(line: Line, chart: VitalsChart) -> str:
    """One sign: how many readings, from what to what, how often missing."""
    style = STYLES[line.key]
    values: Sequence[float] = [value for _, value in line.points if value is not None]
    if not values:
        return f"{style.label}: no data."
    missing = len(list(gaps(line, chart)))
    without = f", {missing} times without data" if missing else ""
    return (
        f"{style.label}: {len(values)} readings, {number(min(values))} to {number(max(values))} {style.unit}{without}."
    )
