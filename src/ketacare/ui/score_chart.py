"""Scores over days as SVG: what was measured as points, what is expected as a line in its bands, sessions as diamonds."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from django.utils.safestring import SafeString

from ketacare.ui.axes import Scale, number, ticks
from ketacare.ui.charts import GRID, INK, QUIET
from ketacare.ui.curves import (
    FONT,
    FOOT,
    LEFT,
    LOOKS,
    NARROW,
    PLOT,
    RIGHT,
    ROW,
    WIDE,
    Pictures,
    path,
    stroke,
    upright,
)

POINT = "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z"
DIAMOND = "M0-5L5 0L0 5L-5 0z"
LIMIT_DASH = "3 3"


@dataclass(frozen=True, kw_only=True)
class Expected:
    """A line of expected scores with two bands around it; days from today."""

    label: str
    days: Sequence[float]
    middle: Sequence[float]
    band_50: tuple[Sequence[float], Sequence[float]] = ((), ())
    band_90: tuple[Sequence[float], Sequence[float]] = ((), ())


@dataclass(frozen=True, kw_only=True)
class ScoreChart:
    """One person's scores. All days count from today."""

    title: str
    scale: str  # its name, which is the unit of the upright axis
    largest: float  # score of the scale
    scores: Sequence[tuple[float, float]]  # day, points
    sessions: Sequence[float]  # days; those to come are hollow
    lines: tuple[Expected, ...]
    threshold: float
    name: str = "scores"


def score_pictures(chart: ScoreChart) -> Pictures:
    """The chart for a wide and for a narrow window."""
    return Pictures(wide=drawn(chart, WIDE, chart.name), narrow=drawn(chart, NARROW, f"{chart.name}-narrow"))


def drawn(chart: ScoreChart, width: int, name: str) -> SafeString:
    """The chart as one SVG element with a title and a description in words."""
    top = ROW * (len(chart.lines) + 3)
    days = [day for one in chart.lines for day in one.days] + [day for day, _ in chart.scores] + list(chart.sessions)
    x = Scale(low=min([*days, 0]), high=max([*days, 1]), start=LEFT, end=width - RIGHT)
    y = Scale(low=0, high=ticks(0, chart.largest)[-1], start=top + PLOT, end=top)
    body = [hatching(chart, name), legend(chart), upright(x, y), along(x, y), sessions(chart, x, y)]
    for place, line in reversed(list(enumerate(chart.lines))):
        body += [shade(line, place, name, x, y), stroke(place, "M" + path(line.days, line.middle, x, y), LOOKS[place])]
    body += [limit(chart, x, y), *(sign(POINT, x.at(day), y.at(score)) for day, score in chart.scores)]
    return SafeString(
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 {width} {top + PLOT + FOOT}" role="img" '
        f'aria-labelledby="{name}-title {name}-desc" font-family="sans-serif" font-size="{FONT}" fill="{INK}">'
        f'<title id="{name}-title">{escape(chart.title)}</title>'
        f'<desc id="{name}-desc">{escape(in_words(chart))}</desc>{"".join(body)}</svg>'
    )


def hatching(chart: ScoreChart, name: str) -> str:
    """The hatchings of the inner bands."""
    return "".join(
        f'<defs><pattern id="{name}-{place}" width="7" height="7" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate({LOOKS[place].turned})"><path class="curve-{place + 1}" d="M0 0V7" '
        f'stroke="{LOOKS[place].colour}" stroke-width="1.6" stroke-opacity="0.4"/></pattern></defs>'
        for place in range(len(chart.lines))
    )


def legend(chart: ScoreChart) -> str:
    """What each sign means."""
    rows = [f'<text x="4" y="{FONT}" font-weight="600">{escape(chart.scale)}, points</text>']
    for place, one in enumerate(chart.lines):
        down = ROW * (place + 1) + FONT - 4
        rows.append(
            f'{stroke(place, f"M4 {down}h34", LOOKS[place])}<text x="44" y="{down + 5}">{escape(one.label)}</text>'
        )
    down = ROW * (len(chart.lines) + 1) + FONT - 4
    rows.append(f'{sign(POINT, 14, down)}<text x="24" y="{down + 5}">measured</text>')
    rows.append(f'{sign(DIAMOND, 114, down)}<text x="124" y="{down + 5}">session, hollow: planned</text>')
    return "".join(rows)


def along(x: Scale, y: Scale) -> str:
    """Days from today, with today marked."""
    parts = [f'<path d="M{number(x.at(0))} {y.end}V{y.start}" stroke="{INK}" stroke-width="1.2"/>']
    for value in ticks(x.low, x.high, most=8 if x.end > NARROW else 5):
        if x.low <= value <= x.high:
            across = number(x.at(value))
            text = "today" if value == 0 else number(value)
            parts.append(
                f'<path d="M{across} {y.start}v6" stroke="{GRID}"/>'
                f'<text x="{across}" y="{y.start}" dy="20" text-anchor="middle" fill="{QUIET}">{text}</text>'
            )
    middle = number((x.start + x.end) / 2)
    return "".join(parts) + f'<text x="{middle}" y="{y.start}" dy="39" text-anchor="middle">Days from today</text>'


def sessions(chart: ScoreChart, x: Scale, y: Scale) -> str:
    """A diamond on the time axis for each session."""
    return "".join(sign(DIAMOND, x.at(day), y.start - 6, is_hollow=day > 0) for day in chart.sessions)


def sign(shape: str, across: float, down: float, *, is_hollow: bool = False) -> str:
    """A mark at a place."""
    fill = "none" if is_hollow else INK
    name = "score-mark-hollow" if is_hollow else "score-mark"
    return (
        f'<path class="{name}" d="{shape}" fill="{fill}" stroke="{INK}" stroke-width="1.4" '
        f'transform="translate({number(across)} {number(down)})"/>'
    )


def shade(line: Expected, place: int, name: str, x: Scale, y: Scale) -> str:
    """The bands: the inner hatched, the outer by its edges."""
    parts = []
    if len(line.band_50[0]):
        low, high = line.band_50
        around = f"M{path(line.days, high, x, y)}L{path(line.days[::-1], low[::-1], x, y)}z"
        parts.append(f'<path class="curve-area" d="{around}" fill="url(#{name}-{place})" stroke="none"/>')
    if len(line.band_90[0]):
        edges = "".join("M" + path(line.days, edge, x, y) for edge in line.band_90)
        parts.append(
            f'<path class="curve-{place + 1}" d="{edges}" fill="none" stroke="{LOOKS[place].colour}" stroke-width="0.8"/>'
        )
    return "".join(parts)


def limit(chart: ScoreChart, x: Scale, y: Scale) -> str:
    """The threshold, named."""
    down = number(y.at(chart.threshold))
    return (
        f'<path class="score-limit" d="M{x.start} {down}H{x.end}" fill="none" stroke="{INK}" stroke-width="1.2" '
        f'stroke-dasharray="{LIMIT_DASH}"/><text x="{x.end}" y="{down}" dy="-4" text-anchor="end">'
        f"relapse above {number(chart.threshold)}</text>"
    )


def in_words(chart: ScoreChart) -> str:
    """The chart for those who cannot see it."""
    said = [f"{len(chart.scores)} scores"]
    if chart.scores:
        said[0] += f", the last {number(chart.scores[-1][1])} points {number(-chart.scores[-1][0])} days ago"
    said += [
        f"{one.label}: {number(one.middle[0])} points on day {number(one.days[0])}, {number(one.middle[-1])} on day {number(one.days[-1])}"
        for one in chart.lines
        if len(one.days)
    ]
    return ". ".join(said) + "."
