"""One scale over time as SVG: points with their numbers, days along, points of the scale up, and the same in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from ketacare.ui.axes import Scale, number, ticks

WIDTH, HEIGHT, LEFT, RIGHT, TOP, FOOT, FONT = 360, 250, 44, 24, 30, 56, 15
ENDS = 2  # a day is written at the first and at the last point


@dataclass(frozen=True, kw_only=True)
class Point:
    """One sitting."""

    at: datetime
    value: float


def score_chart(points: Sequence[Point], *, title: str, name: str, span: tuple[int, int], zone: str) -> SafeString:
    """The chart with a title and a description; the table beside it says the same."""
    days = [one.at.timestamp() for one in points]
    x = Scale(low=min(days), high=max([*days, min(days) + 1]), start=LEFT + FONT, end=WIDTH - RIGHT)
    steps = ticks(span[0], span[1])
    y = Scale(low=steps[0], high=steps[-1], start=HEIGHT - FOOT, end=TOP)
    body = [axis(y, steps), line(points, x, y), *(dot(one, x, y) for one in points), dates(points, x, zone)]
    return SafeString(
        f'<svg xmlns="http://www.w3.org/2000/svg" class="own-chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-labelledby="{name}-title {name}-desc" font-family="sans-serif" font-size="{FONT}">'
        f'<title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-desc">{escape(in_words(points, zone))}</desc>{"".join(body)}</svg>'
    )


def axis(y: Scale, steps: Sequence[float]) -> str:
    """The points of the scale, with their unit."""
    rows = [f'<text x="2" y="{FONT}">{escape(_("Points"))}</text>']
    for value in steps:
        at = number(y.at(value))
        rows.append(
            f'<path class="own-grid" d="M{LEFT} {at}H{WIDTH - RIGHT}"/>'
            f'<text x="{LEFT - 8}" y="{at}" dy="5" text-anchor="end">{number(value)}</text>'
        )
    return "".join(rows)


def line(points: Sequence[Point], x: Scale, y: Scale) -> str:
    """From sitting to sitting: a help for the eye, nobody asked in between."""
    path = "L".join(f"{number(x.at(one.at.timestamp()))} {number(y.at(one.value))}" for one in points)
    return f'<path class="own-line" d="M{path}"/>'


def dot(point: Point, x: Scale, y: Scale) -> str:
    """One sitting with its number above."""
    across, down = number(x.at(point.at.timestamp())), y.at(point.value)
    return (
        f'<circle class="own-dot" cx="{across}" cy="{number(down)}" r="5"/>'
        f'<text x="{across}" y="{number(down - 10)}" text-anchor="middle" font-weight="600">{number(point.value)}</text>'
    )


def dates(points: Sequence[Point], x: Scale, zone: str) -> str:
    """The day of the first and of the last sitting."""
    ends = {0: "start", len(points) - 1: "end"} if len(points) >= ENDS else {0: "start"}
    rows = [
        f'<text x="{number(x.at(points[place].at.timestamp()))}" y="{HEIGHT - FOOT + 24}" '
        f'text-anchor="{anchor}">{escape(day(points[place], zone))}</text>'
        for place, anchor in ends.items()
    ]
    middle = (
        f'<text x="{number((x.start + x.end) / 2)}" y="{HEIGHT - 8}" text-anchor="middle">{escape(_("Day"))}</text>'
    )
    return "".join(rows) + middle


def day(point: Point, zone: str) -> str:
    """The day of a sitting by the patient's clock."""
    return date_format(point.at.astimezone(ZoneInfo(zone)).date(), "SHORT_DATE_FORMAT")


def in_words(points: Sequence[Point], zone: str) -> str:
    """What the drawing shows."""
    said = {"first": number(points[0].value), "on": day(points[0], zone)}
    if len(points) < ENDS:
        return _("One result: %(first)s points on %(on)s.") % said
    said |= {"count": str(len(points)), "last": number(points[-1].value), "until": day(points[-1], zone)}
    return _("%(count)s results, from %(first)s points on %(on)s to %(last)s points on %(until)s.") % said
