"""When the sessions of a course can be: so many a week, never too close, inside the template's days."""

import sys
from collections.abc import Callable, Sequence
from datetime import date, timedelta

from ketacare.science.errors import MissingInput, OutOfRange, Problem
from ketacare.science.monitoring.protocol_files import CoursePattern

DAY = timedelta(days=1)
WEEK = timedelta(weeks=1)
FROM_ONE = (1, sys.maxsize)  # where the template sets no limits


def min_days_apart(*, min_interval_h: float, is_daily: bool = False) -> int:
    """Return how many calendar days lie at least between two session dates: one whole day is free, and the interval fits."""
    return 1 if is_daily else max(2, -(-timedelta(hours=min_interval_h) // DAY))


def course_dates(
    pattern: CoursePattern,
    *,
    first_on: date,
    min_interval_h: float,
    per_week: int | None = None,
    sessions: int | None = None,
    given: Sequence[date] = (),
    is_open: Callable[[date], bool] = lambda _: True,
) -> tuple[date, ...]:
    """Lay out the sessions of a course from its first day, spread evenly over each week.

    Args:
        pattern: the template's course.
        first_on: date of the first session; if the site is closed, the next open day.
        min_interval_h: shortest time start to start, h (order-check parameter `min_interval_h`).
        per_week: sessions in any seven days; None: the fewest that keep the course inside its days.
        given: days of the sessions that were given already: they stay, and the rest goes on from `first_on`. A course that was
            interrupted may last longer than the template's days.
        sessions: how many, the given ones among them; None: as many as the template starts with, else the most it has.
        is_open: whether the site treats on a day.

    Returns:
        The dates, earliest first. Between two of them lies at least one whole day, unless the template is daily.

    Raises:
        OutOfRange: a number the template does not allow, or no such dates inside its days.
        MissingInput: the template does not say how many sessions, or how many a week, and nobody else has.

    Source: templates file, course; order-check DOSE-09 (a whole calendar day between).
    """
    number = how_many(pattern, sessions)
    _check(pattern, number, per_week)
    apart = min_days_apart(min_interval_h=min_interval_h, is_daily=pattern.daily)
    longest = date.max - date.min if pattern.over_days is None or given else pattern.over_days[1] * DAY
    for weekly in _weekly(pattern, per_week, number):
        dates = _spread(number, weekly, apart, first_on, is_open, given)
        if dates[-1] - dates[0] < longest:
            return dates
    raise OutOfRange(f"{number} sessions at least {apart} days apart do not fit into {longest.days} days")


def how_many(pattern: CoursePattern, asked: int | None = None) -> int:
    """Return the number of sessions: the one asked for, else what the template starts with, else the most it has."""
    if asked is not None:
        return asked
    if pattern.starts_with is not None:
        return pattern.starts_with
    if pattern.sessions is None:
        raise MissingInput("the protocol leaves the number of sessions to the prescriber")
    return pattern.sessions[1]


def _check(pattern: CoursePattern, sessions: int, per_week: int | None) -> None:
    asked = (("sessions", sessions, pattern.sessions or FROM_ONE), ("per_week", per_week, pattern.per_week or FROM_ONE))
    wrong = [
        Problem(place=name, says=f"{value} is outside {limits[0]} to {limits[1]}")
        for name, value, limits in asked
        if value is not None and not limits[0] <= value <= limits[1]
    ]
    if wrong:
        raise OutOfRange(wrong)


def _weekly(pattern: CoursePattern, per_week: int | None, sessions: int) -> tuple[int, ...]:
    if per_week is not None or sessions == 1:
        return (per_week or 1,)
    if pattern.daily:
        return (WEEK // DAY,)
    if pattern.per_week is None:
        raise MissingInput("the protocol leaves the number of sessions a week to the prescriber")
    return tuple(range(pattern.per_week[0], pattern.per_week[1] + 1))


def _spread(
    sessions: int,
    per_week: int,
    apart: int,
    first_on: date,
    is_open: Callable[[date], bool],
    given: Sequence[date],
) -> tuple[date, ...]:
    """Each session as near as possible after its even place, not too close and never too many in seven days."""
    dates = list(given[:sessions])
    for number in range(sessions - len(dates)):
        earliest = [first_on + number * WEEK // per_week // DAY * DAY]
        if dates:
            earliest.append(dates[-1] + apart * DAY)
        if len(dates) >= per_week:
            earliest.append(dates[-per_week] + WEEK)
        dates.append(open_day(max(earliest), is_open))
    return tuple(dates)


def open_day(earliest: date, is_open: Callable[[date], bool]) -> date:
    """The first open day from a date on, or OutOfRange where there is none for years."""
    for later in range(1000):
        if is_open(earliest + later * DAY):
            return earliest + later * DAY
    raise OutOfRange(f"the site treats on no day after {earliest}")
