"""What a site books by: settings with their bounds, how long a drug runs, and how far apart the sessions of a course may lie."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import pairwise

from ketacare.science import reference
from ketacare.science.errors import OutOfRange, Problem
from ketacare.science.monitoring.course import WEEK, min_days_apart
from ketacare.science.monitoring.protocol import parse
from ketacare.science.monitoring.protocol_files import CoursePattern, ProtocolFile, Range, Sourced
from ketacare.science.reference import Frozen, Mark

STEM = "protocols/booking"


class Setting(Sourced):
    """One number that a site may settle inside its bounds."""

    label: str
    unit: str
    default: int
    bounds: Range


class CourseSearch(Sourced):
    """How a plan's days may be moved when they become hours."""

    search_days: int
    maintenance_tolerance_days: int


class Booking(ProtocolFile, Frozen):
    """The booking file, as released."""

    slice_min: int
    settings: Mapping[str, Setting]
    drug_min: Mapping[str, int]
    drug_mark: Mark
    course: CourseSearch


@cache
def load() -> Booking:
    """The newest version of the file."""
    newest = reference.newest(STEM)
    return parse(Booking, reference.read_yaml(newest), place=newest)


def settled(values: Mapping[str, int]) -> dict[str, int]:
    """Return every booking number of a site: its own where it has settled one, else the default.

    Args:
        values: what the site has settled, by the setting's name.

    Returns:
        A number for each setting of the file.

    Raises:
        OutOfRange: every name that is no setting, and every value outside its bounds.

    Source: booking file, settings (each with its own sources and mark).
    """
    known = load().settings
    wrong = [
        Problem(place=name, says="there is no such setting")
        if name not in known
        else Problem(place=name, says=f"{value} is outside {known[name].bounds[0]} to {known[name].bounds[1]}")
        for name, value in values.items()
        if name not in known or not known[name].bounds[0] <= value <= known[name].bounds[1]
    ]
    if wrong:
        raise OutOfRange(wrong)
    return {name: values.get(name, one.default) for name, one in known.items()}


@dataclass(frozen=True, kw_only=True)
class Apart:
    """How far two sessions of a course lie apart: calendar days of the site, and hours that pass."""

    before: int  # number of the earlier session
    after: int
    least_days: int
    most_days: int | None
    least_h: float = 0


def spacing(
    pattern: CoursePattern | None,
    *,
    planned: Mapping[int, date],
    induction: Sequence[int],
    min_interval_h: float,
    tolerance_days: int,
) -> tuple[Apart, ...]:
    """Return how far apart the sessions of a planned course may lie, as pairs of session numbers.

    Args:
        pattern: the template's course; None: the template sets no limits of its own.
        planned: day of each session as the plan has it, by number.
        induction: numbers of the sessions that belong to the induction.
        min_interval_h: shortest time start to start, h (order-check parameter `min_interval_h`).
        tolerance_days: by how much a gap of the maintenance may differ from the planned one.

    Returns:
        For each two that follow each other the least and most days; within the induction also the most sessions in seven
        days and the template's whole span. The longest gap of an induction is a week shared by its fewest sessions a week,
        rounded up; where the template names none, the planned gap with the tolerance.

    Source: templates file, course; order-check DOSE-09; booking file, course.
    """
    daily = pattern is not None and pattern.daily
    least = min_days_apart(min_interval_h=min_interval_h, is_daily=daily)
    hours = 0.0 if daily else min_interval_h
    numbers, first = sorted(planned), set(induction)
    pairs = []
    for one, two in pairwise(numbers):
        gap = (planned[two] - planned[one]).days
        if one in first and two in first:
            most = _longest(pattern, gap, tolerance_days)
            pairs.append(Apart(before=one, after=two, least_days=least, most_days=max(most, least), least_h=hours))
        else:
            fewest = max(least, gap - tolerance_days)
            most = max(fewest, gap + tolerance_days)
            pairs.append(Apart(before=one, after=two, least_days=fewest, most_days=most, least_h=hours))
    return (*pairs, *_of_weeks(pattern, sorted(first)), *_of_span(pattern, sorted(first)))


def _longest(pattern: CoursePattern | None, gap: int, tolerance_days: int) -> int:
    if pattern is None or pattern.per_week is None:
        return 1 if pattern is not None and pattern.daily else gap + tolerance_days
    return -(-WEEK.days // pattern.per_week[0])


def _of_weeks(pattern: CoursePattern | None, first: Sequence[int]) -> tuple[Apart, ...]:
    if pattern is None or pattern.per_week is None:
        return ()
    most = pattern.per_week[1]
    pairs = zip(first, first[most:], strict=False)
    return tuple(Apart(before=one, after=two, least_days=WEEK.days, most_days=None) for one, two in pairs)


def _of_span(pattern: CoursePattern | None, first: Sequence[int]) -> tuple[Apart, ...]:
    if pattern is None or pattern.over_days is None or len(first) < 2:
        return ()
    return (Apart(before=first[0], after=first[-1], least_days=0, most_days=pattern.over_days[1] - 1),)
