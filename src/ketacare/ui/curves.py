"""Curves over time as SVG: up to four lines, each told apart by its dash, its letter and its colour, with or without a band.

Colours are attributes, so that a drawing stands alone once it is downloaded; on a screen the classes let the theme
recolour it. What a reader must know of the curves is written under them and so stays with the picture.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape
from textwrap import wrap

from django.utils.safestring import SafeString

from ketacare.ui.axes import Scale, number, ticks
from ketacare.ui.charts import GRID, INK, QUIET

WIDE, NARROW = 720, 360  # the drawing's own units: a page, and a phone or one of several beside each other
LEFT, RIGHT, ROW, PLOT, FOOT, FONT = 50, 14, 19, 250, 44, 13
LETTER = 0.56  # of the size of the font: how wide a letter is on average, so that a line of text is broken in time
IN_HOURS_FROM = 180  # minutes
LEAST = 1e-6  # an axis that ends lower says nothing to a person


@dataclass(frozen=True, kw_only=True)
class Curve:
    """One line, with the band around it where there is one."""

    label: str
    t_min: Sequence[float]
    values: Sequence[float]
    low: Sequence[float] = ()
    high: Sequence[float] = ()


@dataclass(frozen=True, kw_only=True)
class CurveChart:
    """Curves on one pair of axes."""

    title: str
    quantity: str  # what the upright axis says, such as "Plasma"
    unit: str
    curves: tuple[Curve, ...]
    given: tuple[tuple[float, float], ...] = ()  # from when to when the drug is given, minutes; the same: at once
    notes: tuple[str, ...] = ()
    ground: str = ""  # the colour of the paper; empty: the page's own
    name: str = "curves"  # unique on the page: the drawing's own links are made with it
    width: int = WIDE


@dataclass(frozen=True, kw_only=True)
class Look:
    """How one of the curves looks: never by colour alone."""

    colour: str
    dash: str
    turned: int  # degrees of its band's hatching


LOOKS = (
    Look(colour="#0b6e69", dash="", turned=45),
    Look(colour="#75399c", dash="9 5", turned=135),
    Look(colour="#7a4a00", dash="2 4", turned=90),
    Look(colour="#4d5c68", dash="12 4 2 4", turned=0),
)


@dataclass(frozen=True, kw_only=True)
class Pictures:
    """The same chart for a wide and for a narrow window; the page's style shows one of them."""

    wide: SafeString
    narrow: SafeString


def pictures(chart: CurveChart) -> Pictures:
    """A chart in both widths."""
    narrow = replace(chart, width=NARROW, name=f"{chart.name}-narrow")
    return Pictures(wide=curve_chart(chart), narrow=curve_chart(narrow))


def curve_chart(chart: CurveChart) -> SafeString:
    """The chart as one SVG element with a title and a description in words."""
    legend = list(legend_rows(chart))
    top = ROW * len(legend) + ROW
    notes = [line for note in chart.notes for line in broken(note, chart.width)]
    x, y = scales(chart, top)
    body = [defs(chart), *legend, upright(x, y), along(x, y), given(chart, x, y)]
    body += [band(chart, place, x, y) for place, curve in enumerate(chart.curves) if len(curve.low)]
    body += [line(chart, place, x, y) for place in range(len(chart.curves))]
    body += letters(chart, x, y)
    body += [
        f'<text x="4" y="{top + PLOT + FOOT + ROW * (row + 1)}" fill="{QUIET}">{escape(text)}</text>'
        for row, text in enumerate(notes)
    ]
    height = top + PLOT + FOOT + ROW * len(notes) + 8
    ground = f'<rect width="{chart.width}" height="{height}" fill="{chart.ground}"/>' if chart.ground else ""
    ids = f"{chart.name}-title {chart.name}-desc"
    return SafeString(
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 {chart.width} {height}" role="img" '
        f'aria-labelledby="{ids}" font-family="sans-serif" font-size="{FONT}" fill="{INK}">'
        f'<title id="{chart.name}-title">{escape(chart.title)}</title>'
        f'<desc id="{chart.name}-desc">{escape(in_words(chart))}</desc>{ground}{"".join(body)}</svg>'
    )


def scales(chart: CurveChart, top: int) -> tuple[Scale, Scale]:
    """The axes: all of the time, and from nothing (or the lowest) to the highest."""
    times = [t for curve in chart.curves for t in (min(curve.t_min), max(curve.t_min))]
    ends = [v for curve in chart.curves for part in (curve.values, curve.low, curve.high) for v in edges(part)]
    marks = ticks(min(0, *ends), max(max(ends), LEAST), most=5)
    last = max(max(times), min(times) + 1)
    x = Scale(low=min(times), high=last, start=LEFT, end=chart.width - RIGHT)
    return x, Scale(low=marks[0], high=marks[-1], start=top + PLOT, end=top)


def edges(values: Sequence[float]) -> tuple[float, ...]:
    """The lowest and the highest, if there are any."""
    return (min(values), max(values)) if len(values) else ()


def defs(chart: CurveChart) -> str:
    """The hatchings of the bands."""
    lines = "".join(
        f'<pattern id="{chart.name}-band-{place}" width="7" height="7" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate({look.turned})"><path class="curve-{place + 1}" d="M0 0V7" stroke="{look.colour}" '
        f'stroke-width="1.6" stroke-opacity="0.4"/></pattern>'
        for place, look in enumerate(LOOKS[: len(chart.curves)])
    )
    return f"<defs>{lines}</defs>"


def legend_rows(chart: CurveChart) -> Iterator[str]:
    """What the upright axis shows, then a row for each curve: a sample of its line and its band, and its name."""
    yield f'<text x="4" y="{FONT}" font-weight="600">{escape(chart.quantity)}, {escape(chart.unit)}</text>'
    for place, curve in enumerate(chart.curves):
        look, down = LOOKS[place], ROW * (place + 1) + FONT - 4
        shade = f'<rect x="4" y="{down - 7}" width="34" height="14" fill="url(#{chart.name}-band-{place})"/>'
        text = clipped(f"{letter(chart, place)} {curve.label}".strip(), chart.width - 48)
        yield (
            f"{shade if len(curve.low) else ''}{stroke(place, f'M4 {down}h34', look)}"
            f'<text x="44" y="{down + 5}">{escape(text)}</text>'
        )


def letter(chart: CurveChart, place: int) -> str:
    """The letter of a curve; one alone needs none."""
    return "ABCD"[place] if len(chart.curves) > 1 else ""


def upright(x: Scale, y: Scale) -> str:
    """Horizontal lines with their values."""
    return "".join(
        f'<path class="chart-grid" d="M{x.start} {number(y.at(value))}H{x.end}" stroke="{GRID}" stroke-width="0.8"/>'
        f'<text x="{LEFT - 7}" y="{number(y.at(value))}" dy="5" text-anchor="end" fill="{QUIET}">{value:.6g}</text>'
        for value in ticks(y.low, y.high, most=5)
    )


def along(x: Scale, y: Scale) -> str:
    """The time, in minutes or, where it is long, in hours or days."""
    unit, each = axis_unit(x.high - x.low)
    top, parts = number(y.start), []
    for value in ticks(x.low / each, x.high / each, most=8 if x.end > NARROW else 5):
        if x.low <= value * each <= x.high:
            across = number(x.at(value * each))
            parts.append(
                f'<path d="M{across} {top}v6" stroke="{QUIET}"/>'
                f'<text x="{across}" y="{top}" dy="20" text-anchor="middle" fill="{QUIET}">{number(value)}</text>'
            )
    middle = number((x.start + x.end) / 2)
    parts.append(f'<text x="{middle}" y="{top}" dy="39" text-anchor="middle">{unit} from the first dose</text>')
    return "".join(parts)


def axis_unit(span_min: float) -> tuple[str, int]:
    """In what the time axis counts, and how many minutes one of it is."""
    if span_min <= IN_HOURS_FROM:
        return "Minutes", 1
    return ("Hours", 60) if span_min <= 60 * 60 else ("Days", 24 * 60)


def given(chart: CurveChart, x: Scale, y: Scale) -> str:
    """When the drug is given: a bar on the time axis, a diamond for what is given at once."""
    parts = []
    for start, end in chart.given:
        across, down = x.at(start), y.start
        if end > start:
            shape = f'd="M{number(across)} {number(down - 5)}h{number(x.at(min(end, x.high)) - across)}v5H{number(across)}z"'
        else:
            shape = f'd="M{number(across)} {number(down - 9)}l5 5l-5 5l-5-5z"'
        parts.append(f'<path class="curve-given" {shape} fill="{INK}" fill-opacity="0.75"/>')
    return "".join(parts)


def line(chart: CurveChart, place: int, x: Scale, y: Scale) -> str:
    """One curve."""
    curve = chart.curves[place]
    return stroke(place, "M" + path(curve.t_min, curve.values, x, y), LOOKS[place])


def letters(chart: CurveChart, x: Scale, y: Scale) -> Iterator[str]:
    """The letter of each curve beside its highest point, moved aside where another stands there."""
    taken: list[tuple[float, float]] = []
    for place, curve in enumerate(chart.curves if len(chart.curves) > 1 else ()):
        highest = max(range(len(curve.values)), key=lambda index: curve.values[index])
        across, down = x.at(curve.t_min[highest]) + 6, max(y.at(curve.values[highest]), y.end + FONT)
        while any(abs(across - one) < FONT and abs(down - other) < ROW for one, other in taken):
            across += FONT
        taken.append((across, down))
        yield (
            f'<text class="curve-letter" x="{number(across)}" y="{number(down)}" dy="-3" font-weight="700" '
            f'fill="{LOOKS[place].colour}">{letter(chart, place)}</text>'
        )


def band(chart: CurveChart, place: int, x: Scale, y: Scale) -> str:
    """The hatched band around a curve, with thin edges."""
    curve, look = chart.curves[place], LOOKS[place]
    high = path(curve.t_min, curve.high, x, y)
    low = path(curve.t_min, curve.low, x, y)
    back = path(curve.t_min[::-1], curve.low[::-1], x, y)
    return (
        f'<path class="curve-area" d="M{high}L{back}z" fill="url(#{chart.name}-band-{place})" stroke="none"/>'
        f'<path class="curve-{place + 1}" d="M{high}M{low}" fill="none" stroke="{look.colour}" stroke-width="0.8"/>'
    )


def path(t_min: Sequence[float], values: Sequence[float], x: Scale, y: Scale) -> str:
    """The points of a line, joined."""
    return "L".join(f"{x.at(t):.1f} {y.at(value):.1f}" for t, value in zip(t_min, values, strict=True))


def stroke(place: int, shape: str, look: Look) -> str:
    """A path in the line style of a curve."""
    dash = f' stroke-dasharray="{look.dash}"' if look.dash else ""
    return (
        f'<path class="curve-{place + 1}" d="{shape}" fill="none" stroke="{look.colour}" stroke-width="2.4" '
        f'stroke-linejoin="round"{dash}/>'
    )


def clipped(text: str, width: float) -> str:
    """A text that fits into a width, its end left out where it is too long."""
    most = int(width / (FONT * LETTER))
    return text if len(text) <= most else text[: most - 1] + "…"


def broken(text: str, width: float) -> list[str]:
    """A text in lines that fit into a width."""
    return wrap(text, int((width - 8) / (FONT * LETTER)))


def in_words(chart: CurveChart) -> str:
    """The chart for those who cannot see it."""
    return " ".join([*(curve_in_words(curve, chart) for curve in chart.curves), *chart.notes])


def curve_in_words(curve: Curve, chart: CurveChart) -> str:
    """One curve: its highest point, and where it ends."""
    highest = max(range(len(curve.values)), key=lambda index: curve.values[index])
    return (
        f"{curve.label}: highest {curve.values[highest]:.4g} {chart.unit} at minute {number(curve.t_min[highest])}, "
        f"{curve.values[-1]:.3g} {chart.unit} at minute {number(curve.t_min[-1])}."
    )
