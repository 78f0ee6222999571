"""Side effects by session as SVG: one mark a session and effect, joined where neighbours are known; a gap where nobody looked."""

from collections.abc import Iterator, Sequence
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
    Look,
    Pictures,
    path,
    stroke,
    upright,
)

MARKS = ("M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z", "M-4-4h8v8h-8z", "M0-5L5 4H-5z", "M0-5L5 0L0 5L-5 0z")
BESIDE = 40  # from a sample of a line to its name


@dataclass(frozen=True, kw_only=True)
class Effect:
    """One effect: the worst of each session, None where it was not observed."""

    label: str
    values: Sequence[float | None]


@dataclass(frozen=True, kw_only=True)
class EffectsChart:
    """Effects of one person on one scale; at most as many as there are marks."""

    title: str
    unit: str
    highest: float
    sessions: Sequence[str]  # their numbers, in order
    effects: tuple[Effect, ...]
    name: str = "effects"


def effect_pictures(chart: EffectsChart) -> Pictures:
    """The chart for a wide and for a narrow window."""
    return Pictures(wide=drawn(chart, WIDE, chart.name), narrow=drawn(chart, NARROW, f"{chart.name}-narrow"))


def drawn(chart: EffectsChart, width: int, name: str) -> SafeString:
    """The chart as one SVG element with a title and a description in words."""
    top = ROW * (len(chart.effects) + 2)
    x = Scale(low=0, high=max(len(chart.sessions) - 1, 1), start=LEFT + ROW, end=width - RIGHT - ROW)
    y = Scale(low=0, high=ticks(0, chart.highest)[-1], start=top + PLOT, end=top)
    lines = [line(one, place, x, y) for place, one in enumerate(chart.effects)]
    body = [*legend(chart), upright(x, y), along(chart, x, y), *lines]
    return SafeString(
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 {width} {top + PLOT + FOOT}" role="img" '
        f'aria-labelledby="{name}-title {name}-desc" font-family="sans-serif" font-size="{FONT}" fill="{INK}">'
        f'<title id="{name}-title">{escape(chart.title)}</title>'
        f'<desc id="{name}-desc">{escape(in_words(chart))}</desc>{"".join(body)}</svg>'
    )


def legend(chart: EffectsChart) -> Iterator[str]:
    """What the upright axis shows, then the mark and line of each effect."""
    yield f'<text x="4" y="{FONT}" font-weight="600">{escape(chart.unit)}</text>'
    for place, one in enumerate(chart.effects):
        down = ROW * (place + 1) + FONT - 4
        yield (
            f"{stroke(place, f'M4 {down}h32', LOOKS[place])}{mark(place, 20, down, LOOKS[place])}"
            f'<text x="{BESIDE + 4}" y="{down + 5}">{escape(one.label)}</text>'
        )


def along(chart: EffectsChart, x: Scale, y: Scale) -> str:
    """The numbers of the sessions."""
    parts = [
        f'<path d="M{number(x.at(place))} {y.start}v6" stroke="{GRID}"/>'
        f'<text x="{number(x.at(place))}" y="{y.start}" dy="20" text-anchor="middle" fill="{QUIET}">{escape(label)}</text>'
        for place, label in enumerate(chart.sessions)
    ]
    middle = number((x.start + x.end) / 2)
    return (
        "".join(parts)
        + f'<text x="{middle}" y="{y.start}" dy="39" text-anchor="middle">Session; a gap: not observed</text>'
    )


def line(effect: Effect, place: int, x: Scale, y: Scale) -> str:
    """The runs of sessions in which an effect was observed, joined; a mark for each."""
    parts = []
    for run in runs(effect.values):
        if len(run) > 1:
            at, values = zip(*run, strict=True)
            parts.append(stroke(place, "M" + path(at, values, x, y), LOOKS[place]))
        parts += [mark(place, x.at(spot), y.at(value), LOOKS[place]) for spot, value in run]
    return "".join(parts)


def runs(values: Sequence[float | None]) -> list[list[tuple[float, float]]]:
    """Neighbours that are known; what was not observed ends a run and is never bridged."""
    found: list[list[tuple[float, float]]] = [[]]
    for place, value in enumerate(values):
        if value is None:
            found.append([])
        else:
            found[-1].append((float(place), value))
    return [run for run in found if run]


def mark(place: int, across: float, down: float, look: Look) -> str:
    """The effect's own mark at a place."""
    return (
        f'<path class="curve-{place + 1}" d="{MARKS[place]}" fill="none" stroke="{look.colour}" stroke-width="1.8" '
        f'transform="translate({number(across)} {number(down)})"/>'
    )


def in_words(chart: EffectsChart) -> str:
    """The chart for those who cannot see it."""
    return " ".join(
        f"{one.label}: "
        + ", ".join("not observed" if value is None else number(value) for value in one.values)
        + f" in sessions {', '.join(chart.sessions)}."
        for one in chart.effects
    )
