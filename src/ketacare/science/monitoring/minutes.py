"""What a minute of readings comes to: derived for the eye, never stored in their place."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from statistics import median


@dataclass(frozen=True, kw_only=True, slots=True)
class Minute:
    """The values of one minute: how low, the middle, how high, and how many there were."""

    starts_at: datetime
    low: float
    median: float
    high: float
    n: int


def per_minute(samples: Iterable[tuple[datetime, float]]) -> tuple[Minute, ...]:
    """Return low, median and high of each whole minute that has a value.

    Args:
        samples: (when, value) in any order; the values of one parameter in one unit.

    Returns:
        One entry for each minute of the clock with at least one value, earliest first. A minute without a value has no
        entry: silence is not filled in. A peak of one second stays visible as ``high``.

    Assumes: nothing of how often a device sends.
    Source: the median by its definition (for an even count the mean of the two in the middle).
    """
    ordered = sorted(samples, key=lambda one: one[0])
    return tuple(_of(starts_at, [value for _, value in some]) for starts_at, some in groupby(ordered, key=_minute_of))


def _minute_of(sample: tuple[datetime, float]) -> datetime:
    at = sample[0]
    return at - timedelta(seconds=at.second, microseconds=at.microsecond)


def _of(starts_at: datetime, values: list[float]) -> Minute:
    return Minute(starts_at=starts_at, low=min(values), median=median(values), high=max(values), n=len(values))
