"""Time in slices: whole numbers counted from 1970 as the world's clock counts, so that no change of a local clock adds or drops one."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ketacare.science.monitoring import booking

SLICE = timedelta(minutes=booking.load().slice_min)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NEXT_DAY = timedelta(days=1)


def at_or_after(moment: datetime) -> int:
    """The first slice that begins at a moment or after it."""
    return -((EPOCH - moment) // SLICE)


def at_or_before(moment: datetime) -> int:
    """The last slice that begins at a moment or before it."""
    return (moment - EPOCH) // SLICE


def moment_of(slice_number: int) -> datetime:
    """When a slice begins."""
    return EPOCH + slice_number * SLICE


def slices_of(minutes: float) -> int:
    """How many whole slices so many minutes need."""
    return -(-timedelta(minutes=minutes) // SLICE)


def begins(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """When a wall clock shows a time of a day: the first of two, and after a gap by as much as the clock was put forward."""
    return datetime.combine(day, wall, zone).astimezone(UTC)


def ends(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """When a wall clock shows a time at which something ends: the second of two."""
    return datetime.combine(day, wall, zone).replace(fold=1).astimezone(UTC)


def span(day: date, starts: time, until: time, zone: ZoneInfo) -> range:
    """The slices that lie wholly between two times of a wall clock; none where the clock skips them."""
    return range(at_or_after(begins(day, starts, zone)), at_or_before(ends(day, until, zone)))


def whole_day(day: date, zone: ZoneInfo) -> range:
    """The slices of a day: 23, 24 or 25 hours of them."""
    return range(at_or_after(begins(day, time(), zone)), at_or_after(begins(day + NEXT_DAY, time(), zone)))


def day_of(slice_number: int, zone: ZoneInfo) -> date:
    """The day at a site on which a slice begins."""
    return moment_of(slice_number).astimezone(zone).date()


def days(first: date, last: date) -> Iterator[date]:
    """Every day from the first to the last."""
    for number in range((last - first).days + 1):
        yield first + number * NEXT_DAY
