"""A signature drawn by hand: lines of whole points on a sheet, checked before they are kept and drawn again from nothing else."""

import json
from collections.abc import Sequence
from itertools import pairwise
from math import dist

Point = tuple[int, int]
Stroke = tuple[Point, ...]
WIDTH, HEIGHT = 1000, 300  # of the sheet, whatever the size of the screen
MOST_STROKES, MOST_POINTS = 200, 6000
SHORTEST = 200  # a signature is longer than a dot or a slip of the finger, in points of the sheet


class BadDrawing(ValueError):
    """What was handed in is no drawing."""


def strokes_of(given: str) -> tuple[Stroke, ...]:
    """The lines that a browser has sent, or BadDrawing; an empty text is no drawing at all."""
    if not given:
        return ()
    try:
        said = json.loads(given)
    except (ValueError, RecursionError) as error:
        raise BadDrawing("not readable") from error
    if not isinstance(said, list) or len(said) > MOST_STROKES:
        raise BadDrawing("not a list of lines")
    strokes = tuple(stroke_of(one) for one in said)
    if sum(map(len, strokes)) > MOST_POINTS:
        raise BadDrawing("too many points")
    return strokes


def stroke_of(given: object) -> Stroke:
    """One line of points, or BadDrawing."""
    if not isinstance(given, list) or not given:
        raise BadDrawing("a line has at least one point")
    return tuple(point_of(one) for one in given)


def point_of(given: object) -> Point:
    """One point of the sheet, or BadDrawing."""
    if not isinstance(given, list) or len(given) != 2 or not all(type(part) is int for part in given):
        raise BadDrawing("a point is two whole numbers")
    across, down = given
    if not (0 <= across <= WIDTH and 0 <= down <= HEIGHT):
        raise BadDrawing("a point lies beside the sheet")
    return across, down


def length(strokes: Sequence[Sequence[Sequence[int]]]) -> float:
    """How long all lines are together, in points of the sheet."""
    return sum(dist(a, b) for stroke in strokes for a, b in pairwise(stroke))


def is_drawn(strokes: Sequence[Sequence[Sequence[int]]]) -> bool:
    """Whether this is more than a slip of the finger."""
    return length(strokes) >= SHORTEST


def path(strokes: Sequence[Sequence[Sequence[int]]]) -> str:
    """The path of an SVG that draws the lines; it holds numbers and the letters M and L alone."""
    return " ".join(
        "M"
        + " L".join(
            f"{int(across)} {int(down)}" for across, down in (stroke if len(stroke) > 1 else [*stroke, *stroke])
        )
        for stroke in strokes
    )


def svg(strokes: Sequence[Sequence[Sequence[int]]]) -> str:
    """The drawing as an image of its own."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">'
        f'<path d="{path(strokes)}" fill="none" stroke="#000" stroke-width="5" stroke-linecap="round" stroke-linejoin="round"/></svg>'
    )
