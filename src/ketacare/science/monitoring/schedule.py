"""What a session's schedule asks for, and when: the due clock, and how long a value counts."""

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from types import MappingProxyType

from ketacare.science.monitoring import protocol
from ketacare.science.monitoring.protocol_files import Asked

BEYOND = 4  # due times listed past the asked moment: the one a value serves, the next, and the one after


@dataclass(frozen=True, kw_only=True, slots=True)
class Timing:
    """How often one parameter is asked for: at stated minutes, then every so many; without an interval continuously."""

    at_min: tuple[float, ...] = ()
    every_min: float | None = None

    @property
    def is_continuous(self) -> bool:
        return self.every_min is None

    def times(self, anchor: datetime, *, up_to: datetime) -> list[datetime]:
        """When it falls due, up to a moment and a few times after it."""
        if self.every_min is None:
            return []
        stated = [anchor + timedelta(minutes=one) for one in self.at_min or (0,)]
        every = timedelta(minutes=self.every_min)
        steps = max(0, math.ceil((up_to - stated[-1]) / every)) + BEYOND
        return stated + [stated[-1] + n * every for n in range(1, steps)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Schedule:
    """The parameters asked for while the drug is given and after its end, each with its timing."""

    during: Mapping[str, Timing]
    after: Mapping[str, Timing]

    @property
    def parameters(self) -> tuple[str, ...]:
        return tuple(sorted(self.during))

    def timing(self, parameter: str, *, after_end: bool = False) -> Timing:
        """A parameter's timing. What the schedule does not ask for ages like the most frequent of what it asks for by the clock."""
        timings = self.after if after_end else self.during
        if parameter in timings:
            return timings[parameter]
        timed = [one for one in timings.values() if one.every_min is not None]
        return min(timed, key=lambda one: one.every_min or math.inf, default=Timing())


@dataclass(frozen=True, kw_only=True, slots=True)
class Due:
    """When a parameter is wanted next, and from when on its silence is an alarm."""

    parameter: str
    due_at: datetime
    late_at: datetime

    def is_due(self, at: datetime) -> bool:
        return self.due_at <= at

    def is_late(self, at: datetime) -> bool:
        return self.late_at <= at


def schedule_for(name: str, *, additions: Iterable[str] = ()) -> Schedule:
    """Return the monitoring schedule of a route, with what a patient's risks add to it.

    Args:
        name: the route, or the template's own schedule.
        additions: which additions apply, for example ``high_risk_bp``. What they ask for replaces the route's timing.

    Raises:
        MissingInput: there is no schedule of this name.

    Source: monitoring protocol, with its sources and marks.
    """
    protocols = protocol.load()
    stated = [protocols.schedule(name), *(protocols.monitoring.adds_to[one] for one in additions)]
    during = {parameter: timing for one in stated for parameter, timing in _timings(one.during)}
    after = {parameter: timing for one in stated for parameter, timing in _timings(one.after)}
    return Schedule(during=MappingProxyType(during), after=MappingProxyType({**during, **after}))


def _timings(asked: Iterable[Asked]) -> Iterator[tuple[str, Timing]]:
    for one in asked:
        for parameter in one.parameters:
            yield parameter, Timing(at_min=one.at_min, every_min=one.every_min)


def due(
    schedule: Schedule,
    parameter: str,
    *,
    taken_at: datetime,
    started_at: datetime,
    ended_at: datetime | None,
    at: datetime,
) -> Due | None:
    """Return when a parameter is wanted next after a value, or None where it is continuous.

    Args:
        schedule: what the session asks for.
        parameter: which one.
        taken_at: when the last value was taken. It counts for a due time from half an interval before it,
            but never before the due time before that.
        started_at: the start of the drug.
        ended_at: the end of the drug; None while it is given.
        at: the moment of asking.

    Returns:
        The next due time, and the one after it: one scheduled interval late, the value counts as missing.
    """
    during, after = schedule.timing(parameter), schedule.timing(parameter, after_end=True)
    now = after if ended_at is not None else during
    if now.is_continuous:
        return None
    up_to = max(at, taken_at)
    before = during.times(started_at, up_to=up_to if ended_at is None else ended_at)
    later = [] if ended_at is None else after.times(ended_at, up_to=up_to)
    times = before if ended_at is None else [time for time in before if time < ended_at] + later
    follows = dict(pairwise(before)) | dict(
        pairwise(later)
    )  # in its own schedule: the end takes nothing from the time before it
    opens = [max(earlier, one - (follows[one] - one) / 2) for earlier, one in pairwise(times[:-1])]
    served = bisect_right(opens, taken_at)
    return Due(parameter=parameter, due_at=times[served + 1], late_at=times[served + 2])
