"""Two clocks: the wall clock, which may be put forward or back, and the seconds since the machine started, which only run.

A step of the wall clock changes no duration. Once a step is told, the state tells all its times by the clock as it is now, so that the
distance from any of them to now is the time that has really passed. The entries themselves keep the times they were written with.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, TypeVar, cast

from ketacare.science.monitoring.events import Clock

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """What both clocks showed at one moment, in one run of the machine."""

    at: datetime  # the wall clock
    boot_s: float  # since the machine started


def stepped(mark: Mark, now: Mark, *, limit_s: float) -> Clock | None:
    """Return the step of the wall clock between two moments of one run of the machine, or None.

    Args:
        mark: the earlier moment.
        now: the later one.
        limit_s: up to here the two clocks agree; slower corrections move both alike and are no step.

    Returns:
        The step to tell of, to the millisecond: the earlier moment, told by the wall clock before and after.

    Source: arithmetic; the limit is from the bedside_devices data file (default).
    """
    step_s = round((now.at - mark.at).total_seconds() - (now.boot_s - mark.boot_s), 3)
    if abs(step_s) <= limit_s:
        return None
    return Clock(stepped_s=step_s, before=mark.at, after=mark.at + timedelta(seconds=step_s))


def moved(value: T, by: timedelta) -> T:
    """Return a value with every time in it told by a clock that is ahead by so much; what entries say stays as it was said."""
    found: Any = value
    match value:
        case datetime():
            found = value + by
        case Mapping():
            found = MappingProxyType({key: moved(one, by) for key, one in value.items()})
        case tuple():
            ours = [moved(one, by) for one in value]
            found = type(value)(*ours) if hasattr(value, "_fields") else tuple(ours)
        case _ if is_dataclass(value) and not isinstance(value, type):
            found = replace(value, **{one.name: moved(getattr(value, one.name), by) for one in fields(value)})
    return cast("T", found)
