"""A person's own clock: the instant of an hour on their day, and the next instant that is not in their quiet hours.

Days are told by the calendar of the person's zone, never by adding 24 hours: when the clocks change, ten o'clock stays ten o'clock.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from ketacare.science.checkins.plan import Span
from ketacare.science.errors import OutOfRange, Problem

DAY = timedelta(days=1)


@cache
def zone_names() -> frozenset[str]:
    """Return every time zone there is; looked up once, for it reads many files."""
    return frozenset(available_timezones())


def zone_of(name: str) -> ZoneInfo:
    """Return a time zone by its IANA name.

    Args:
        name: such as `Europe/Berlin`.

    Raises:
        OutOfRange: there is no such zone; never a silent UTC.

    Source: IANA time zone database, as the system or the tzdata package has it.
    """
    if name not in zone_names():
        raise OutOfRange([Problem(place="time_zone", says=f"there is no time zone {name!r}")])
    return ZoneInfo(name)


def aware(moment: datetime) -> datetime:
    """Return the moment in UTC; OutOfRange where it does not say by which clock it was read."""
    if moment.tzinfo is None:
        raise OutOfRange([Problem(place="at", says=f"{moment.isoformat()} does not say in which time zone")])
    return moment.astimezone(UTC)


def at_hour(day: date, hour: int, zone: ZoneInfo) -> datetime:
    """Return the instant at which a person's clock shows an hour on a day.

    Args:
        day: the day in the person's calendar.
        hour: 0 to 23 of the person's clock.
        zone: the person's time zone.

    Returns:
        The instant in UTC. An hour that the clocks skip is as much later as they skip; of one that comes twice, the first.

    Assumes: the zone's rules for that day are known.
    Source: PEP 495 (fold=0), read.
    """
    return datetime.combine(day, time(hour), tzinfo=zone).astimezone(UTC)


def after(moment: datetime, span: Span, *, hour: int, zone: ZoneInfo) -> datetime:
    """Return the instant a span after a moment (before it, where the span is negative).

    Args:
        moment: aware.
        span: hours that pass, or days of the person's calendar, counted from the moment's day, at the person's hour.
        hour: the person's own hour of the day, 0 to 23.
        zone: the person's time zone.

    Returns:
        The instant in UTC.

    Raises:
        OutOfRange: the moment does not say in which time zone.

    Source: own definition (plan of check-ins).
    """
    if span.days is None:
        return aware(moment) + timedelta(hours=span.hours or 0)
    day = aware(moment).astimezone(zone).date() + span.days * DAY
    return at_hour(day, hour, zone)


def is_quiet(moment: datetime, *, quiet_from_h: int, quiet_until_h: int, zone: ZoneInfo) -> bool:
    """Return whether the person's clock then shows an hour in which nobody writes to them; equal hours: there is none."""
    shown = aware(moment).astimezone(zone).hour
    if quiet_from_h <= quiet_until_h:
        return quiet_from_h <= shown < quiet_until_h
    return shown >= quiet_from_h or shown < quiet_until_h


def next_loud(moment: datetime, *, quiet_from_h: int, quiet_until_h: int, zone: ZoneInfo) -> datetime:
    """Return the moment itself, or the end of the quiet hours it lies in.

    Args:
        moment: aware.
        quiet_from_h: the hour at which the quiet begins, 0 to 23 of the person's clock.
        quiet_until_h: the hour at which it ends.
        zone: the person's time zone.

    Returns:
        The first instant from the moment on that is not quiet, in UTC; where the clocks skip the end, the next one that exists.

    Source: own definition (plan of check-ins).
    """
    found = aware(moment)
    while is_quiet(found, quiet_from_h=quiet_from_h, quiet_until_h=quiet_until_h, zone=zone):
        today = found.astimezone(zone).date()
        ends = (at_hour(day, quiet_until_h, zone) for day in (today, today + DAY, today + 2 * DAY))
        found = next(end for end in ends if end > found)
    return found
