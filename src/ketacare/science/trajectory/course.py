"""One person's course: infusions and scores by day, checked."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ketacare.science.errors import BadFacts, Problem

LONGEST_DAYS = 36_525  # a hundred years: more is a date in the wrong unit
FULL_DOSE = 1.0


@dataclass(frozen=True, kw_only=True)
class Course:
    """Infusions and scores by day, in order. Day 0 is the day the prior holds for; earlier days move it forward to the first of them."""

    infusions: tuple[tuple[float, float], ...]  # day, dose as a share of the planned one
    scores: tuple[tuple[float, float], ...]  # day, points

    @property
    def first_day(self) -> float:
        """The day the prior holds for."""
        return min([0.0, *(day for day, _ in (*self.infusions, *self.scores))])

    @property
    def last_day(self) -> float:
        """The day of the last score; the first day where there is none."""
        return self.scores[-1][0] if self.scores else self.first_day

    def with_infusions(self, *days: float) -> "Course":
        """The same course with more infusions."""
        return course([*self.infusions, *((day, FULL_DOSE) for day in days)], self.scores)


def course(infusions: Iterable[float | Sequence[float]], scores: Iterable[Sequence[float]]) -> Course:
    """Return a course from what happened.

    Args:
        infusions: a day each, or day and dose as a share of the planned one; days may be given in any order.
        scores: day and points each. Two scores on one day both count; a score on the day of an infusion counts as before it.

    Returns:
        Course, in the order of the days.

    Raises:
        BadFacts: what is no number, no pair or out of range, every problem at once.
    """
    problems: list[Problem] = []
    given = [
        _pair(f"infusions: {index + 1}", one if isinstance(one, Sequence) else (one, FULL_DOSE), problems)
        for index, one in enumerate(infusions)
    ]
    measured = [_pair(f"scores: {index + 1}", one, problems) for index, one in enumerate(scores)]
    problems += [
        Problem(place=f"infusions: {index + 1}", says=f"a dose of {dose:g} times the planned one")
        for index, (_, dose) in enumerate(given)
        if not 0 <= dose <= 2
    ]
    if problems:
        raise BadFacts(problems)
    return Course(infusions=tuple(sorted(given)), scores=tuple(sorted(measured, key=lambda one: one[0])))


def _pair(place: str, one: object, problems: list[Problem]) -> tuple[float, float]:
    """Two numbers, the first a day; (0, 0) and a problem where it is none."""
    if not isinstance(one, Sequence) or isinstance(one, str) or len(one) != 2:
        problems.append(Problem(place=place, says=f"two numbers are needed, a day and a value, not {one!r}"))
        return 0.0, 0.0
    if any(isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) for value in one):
        problems.append(Problem(place=place, says=f"not a number: {list(one)!r}"))
        return 0.0, 0.0
    if abs(one[0]) > LONGEST_DAYS:
        problems.append(Problem(place=place, says=f"day {one[0]:g} is no day of a course"))
    return float(one[0]), float(one[1])
