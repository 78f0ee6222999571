"""A person's own clock, over every change of the clocks in several zones."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacare.science.checkins.local import after, at_hour, aware, is_quiet, next_loud, zone_of
from ketacare.science.checkins.plan import Span
from ketacare.science.errors import OutOfRange

ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "America/Sao_Paulo",
    "Australia/Lord_Howe",  # changes by half an hour
    "Asia/Kathmandu",  # 45 minutes beside the hour
    "Pacific/Apia",  # left out a whole day, 30 December 2011
    "Africa/Casablanca",  # changes around Ramadan
    "UTC",
]
zones = st.sampled_from(ZONES).map(ZoneInfo)
days = st.dates(min_value=date(2005, 1, 1), max_value=date(2035, 12, 31))
hours = st.integers(0, 23)
moments = st.datetimes(
    min_value=datetime(2005, 1, 1),  # noqa: DTZ001  # hypothesis wants it so and adds the zone
    max_value=datetime(2035, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
)


def exists(day: date, hour: int, zone: ZoneInfo) -> bool:
    """Whether the clocks of a zone ever show this hour on this day, found the slow way."""
    begin = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=26)
    steps = (begin + timedelta(minutes=15 * step) for step in range(4 * 54))
    return any((shown := step.astimezone(zone)).date() == day and shown.hour == hour for step in steps)


@given(day=days, hour=hours, zone=zones)
def test_the_clock_on_the_persons_wall_shows_the_hour_that_was_asked_for(day, hour, zone):
    shown = at_hour(day, hour, zone).astimezone(zone)
    if (shown.date(), shown.hour, shown.minute) != (day, hour, 0):
        assert not exists(day, hour, zone) or zone.key == "Australia/Lord_Howe"
        assert timedelta(0) < shown.replace(tzinfo=None) - datetime(day.year, day.month, day.day, hour) <= timedelta(1)  # noqa: DTZ001


@given(day=days, hour=hours, zone=zones)
def test_a_later_day_is_never_earlier(day, hour, zone):
    assert at_hour(day, hour, zone) <= at_hour(day + timedelta(days=1), hour, zone)


@pytest.mark.parametrize(
    "zone, day, hour, shown",
    [
        ("Europe/Berlin", date(2026, 3, 29), 2, "03:00"),  # spring: two o'clock does not exist
        ("Europe/Berlin", date(2026, 3, 29), 10, "10:00"),
        ("America/New_York", date(2026, 3, 8), 2, "03:00"),
        ("Australia/Lord_Howe", date(2026, 10, 4), 2, "02:30"),
        ("Europe/Berlin", date(2026, 10, 25), 10, "10:00"),
    ],
)
def test_an_hour_that_the_clocks_skip_comes_as_much_later(zone, day, hour, shown):
    assert at_hour(day, hour, ZoneInfo(zone)).astimezone(ZoneInfo(zone)).strftime("%H:%M") == shown


@pytest.mark.parametrize("zone, day", [("Europe/Berlin", date(2026, 10, 25)), ("America/New_York", date(2026, 11, 1))])
def test_of_an_hour_that_comes_twice_the_first_counts(zone, day):
    hour = 2 if zone == "Europe/Berlin" else 1
    first = at_hour(day, hour, ZoneInfo(zone))
    again = first + timedelta(hours=1)
    assert first.astimezone(ZoneInfo(zone)).hour == again.astimezone(ZoneInfo(zone)).hour == hour


@given(moment=moments, number=st.integers(-30, 400), hour=hours, zone=zones)
def test_days_are_days_of_the_persons_calendar(moment, number, hour, zone):
    found = after(moment, Span(days=number), hour=hour, zone=zone)
    wanted = moment.astimezone(zone).date() + timedelta(days=number)
    if exists(wanted, hour, zone):
        assert found.astimezone(zone).date() == wanted


@given(moment=moments, number=st.integers(0, 100), hour=hours, zone=zones)
def test_hours_are_hours_that_pass_whatever_the_clocks_do(moment, number, hour, zone):
    assert after(moment, Span(hours=number), hour=hour, zone=zone) - moment == timedelta(hours=number)


@given(moment=moments, begins=hours, ends=hours, zone=zones)
def test_nobody_is_written_to_in_their_quiet_hours_and_waits_no_longer_than_they_last(moment, begins, ends, zone):
    quiet = {"quiet_from_h": begins, "quiet_until_h": ends, "zone": zone}
    found = next_loud(moment, **quiet)
    assert found >= moment
    assert not is_quiet(found, **quiet)
    if is_quiet(moment, **quiet):
        assert is_quiet(found - timedelta(seconds=1), **quiet)
    else:
        assert found == moment


def test_equal_hours_mean_that_there_are_no_quiet_hours():
    assert not any(
        is_quiet(datetime(2026, 3, 2, hour, tzinfo=UTC), quiet_from_h=7, quiet_until_h=7, zone=ZoneInfo("UTC"))
        for hour in range(24)
    )


@pytest.mark.parametrize("name", ["Europe/Atlantis", "", "CET+1", "../etc/passwd", "Berlin"])
def test_a_zone_that_there_is_not_is_refused_and_never_taken_for_another(name):
    with pytest.raises(OutOfRange, match="no time zone"):
        zone_of(name)


def test_a_time_that_does_not_say_in_which_zone_is_refused():
    with pytest.raises(OutOfRange, match="time zone"):
        aware(datetime(2026, 3, 2, 9))  # noqa: DTZ001
