"""The words in which people write a dose or a time, such as "0.5 mg/kg iv 40 min at 2 h", read into minutes and mg."""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, get_args

from ketacare.science.errors import OutOfRange, Problem
from ketacare.science.pkpd.regimen import ALSO_CALLED, Dose, Route

_NAMES = {
    1 / 60: ("s", "sec", "second", "seconds"),
    1.0: ("min", "mins", "minute", "minutes"),
    60.0: ("h", "hr", "hour", "hours"),
    1440.0: ("d", "day", "days"),
}
MINUTES = {name: each for each, names in _NAMES.items() for name in names}
SPOKEN: dict[str, Route] = {
    **{route: route for route in get_args(Route)},
    **ALSO_CALLED,
    "film": "sublingual",
    "spray": "intranasal",
    "po": "oral",
    "sl": "sublingual",
}
_FILLERS = {"over", "infusion"}
_PUSH = {"push", "bolus"}
_WORDS = SPOKEN.keys() | _FILLERS | _PUSH | {"at"}
_TOKEN = re.compile(
    r"(?P<number>[+-]?+(?:\d++(?:\.\d*+)?+|\.\d++)(?:e[+-]?\d++)?+|[+-]?(?:nan|inf|infinity)\b)|[a-zµ_]+(?:/[a-z]+)*|\S"
)
FORM = (
    'a dose reads like "35 mg iv 40 min", "0.5 mg/kg iv 40 min at 2 h", "10 mg iv push" or "28 mg intranasal at 5 min"'
)


class _Piece(NamedTuple):
    """A quantity (a number, with its unit where it has one), or a word."""

    text: str
    number: float | None
    unit: str | None


def minutes(text: str, *, place: str) -> float:
    """Return a time in minutes: "8h", "40 min", "1 h 30 min", "30 s"; the unit is required.

    Raises:
        OutOfRange: not a time, no unit, below 0, not finite; every problem at once, at ``place``.
    """
    wrong: list[Problem] = []
    total = _minutes(_pieces(text), place, wrong)
    if wrong:
        raise OutOfRange(wrong)
    return total


def doses(texts: Iterable[str], *, weight_kg: float | None) -> tuple[Dose, ...]:
    """Return what the texts say, in their order.

    Args:
        texts: one dose each: an amount in mg or mg/kg, a route, for "iv" a duration or the word "push", and "at" a time.
        weight_kg: body weight for mg/kg, kg; None: an amount in mg/kg is refused.

    Raises:
        OutOfRange: every problem of every text at once, each with the text it stands in.
    """
    wrong: list[Problem] = []
    found = [_dose(text, weight_kg, wrong) for text in texts]
    if wrong:
        raise OutOfRange(wrong)
    return tuple(one for one in found if one)


def written(dose: Dose) -> str:
    """Return a dose in the same words: ``doses([written(dose)])`` gives it back, to the bit."""
    how = f" {plain(dose.duration_min)} min" if dose.duration_min else " push" if dose.route == "iv" else ""
    when = f" at {plain(dose.start_min)} min" if dose.start_min else ""
    return f"{plain(dose.amount_mg)} mg {dose.route}{how}{when}"


def plain(number: float) -> str:
    """Return a number as people write it, without losing a bit of it."""
    return repr(int(number)) if float(number).is_integer() else repr(float(number))


def _pieces(text: str) -> list[_Piece]:
    tokens = list(_TOKEN.finditer(text.lower()))
    pieces: list[_Piece] = []
    while tokens:
        token = tokens.pop(0)
        if token["number"] is None:
            pieces.append(_Piece(token[0], None, None))
            continue
        has_unit = tokens and tokens[0]["number"] is None and tokens[0][0] not in _WORDS
        unit = tokens.pop(0)[0] if has_unit else None
        pieces.append(_Piece(f"{token[0]} {unit}" if unit else token[0], float(token[0]), unit))
    return pieces


def _minutes(pieces: Sequence[_Piece], place: str, wrong: list[Problem]) -> float:
    """The sum of the times; whatever is no time is added to ``wrong``."""
    total = 0.0
    if not pieces:
        wrong.append(Problem(place=place, says="a time is missing: a number with its unit (s, min, h or d)"))
    for text, number, unit in pieces:
        if number is None:
            wrong.append(Problem(place=place, says=f"{text!r} is not a time: a number with its unit (s, min, h or d)"))
        elif unit is None:
            wrong.append(Problem(place=place, says=f"{text!r} has no unit: is it {text} s, min, h or d?"))
        elif unit not in MINUTES:
            wrong.append(Problem(place=place, says=f"{unit!r} is no unit of time: s, min, h or d"))
        elif not (math.isfinite(number) and number >= 0):
            wrong.append(Problem(place=place, says=f"{text!r} is not a time of 0 or more"))
        else:
            total += number * MINUTES[unit]
    return total


def _dose(text: str, weight_kg: float | None, wrong: list[Problem]) -> Dose | None:
    place, before = f'dose "{text}"', len(wrong)
    pieces = _pieces(text)
    if not pieces or pieces[0].number is None:
        wrong.append(Problem(place=place, says=f"begins with no amount; {FORM}"))
        return None
    amount = _amount(pieces[0], place, weight_kg, wrong)
    route = next((SPOKEN[one.text] for one in pieces[1:2] if one.text in SPOKEN), None)
    if route is None:
        said = f"{pieces[1].text!r} is no route" if len(pieces) > 1 else "the route is missing"
        wrong.append(Problem(place=place, says=f"{said}: {', '.join([*get_args(Route), 'film'])}"))
        return None
    duration, start = _when(pieces[2:], place, route, wrong)
    if len(wrong) > before:
        return None
    try:
        return Dose(amount, route, start, duration)
    except OutOfRange as bad:
        wrong += [Problem(place=place, says=f"{one.place}: {one.says}") for one in bad.problems]
        return None


def _amount(piece: _Piece, place: str, weight_kg: float | None, wrong: list[Problem]) -> float:
    number = piece.number or 0.0
    if piece.unit not in ("mg", "mg/kg"):
        said = "the amount has no unit" if piece.unit is None else f"{piece.unit!r} is no unit of a dose"
        wrong.append(Problem(place=place, says=f"{said}: mg or mg/kg"))
    elif not (math.isfinite(number) and number > 0):
        wrong.append(Problem(place=place, says=f"{piece.text} is not an amount above 0"))
    elif piece.unit == "mg/kg" and weight_kg is None:
        wrong.append(Problem(place=place, says="mg/kg needs the body weight"))
    return number * weight_kg if piece.unit == "mg/kg" and weight_kg is not None else number


def _when(pieces: Sequence[_Piece], place: str, route: Route, wrong: list[Problem]) -> tuple[float, float]:
    """How long it runs and when it begins: what stands before and after the word "at"."""
    words = [one.text for one in pieces]
    cut = words.index("at") if "at" in words else len(words)
    how = [one for one in pieces[:cut] if one.text not in _FILLERS | _PUSH]
    before = len(wrong)
    start = _minutes(pieces[cut + 1 :], place, wrong) if cut < len(words) else 0.0
    duration = _minutes(how, place, wrong) if how else 0.0
    if len(wrong) == before:
        said = _how_wrong(route, is_push=not _PUSH.isdisjoint(words[:cut]), runs=bool(how), duration=duration)
        wrong += [Problem(place=place, says=one) for one in said]
    return duration, start


def _how_wrong(route: Route, *, is_push: bool, runs: bool, duration: float) -> Iterator[str]:
    if is_push and (runs or route != "iv"):
        yield 'a "push" is given iv and at once: leave out the word or the duration'
    elif route != "iv" and runs:
        yield f'a dose by the route {route} is given at once; say "at" before the time it is given'
    elif route == "iv" and not is_push and not runs:
        yield 'say over how long it runs, such as "40 min", or "push"'
    elif route == "iv" and runs and duration == 0:
        yield 'a duration of 0 is a push: say "push"'
