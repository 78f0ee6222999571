"""Time in slices: hours of a wall clock become the slices that really pass, in every zone and over both changes of a clock."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ketacare.booking import slices

ZONES = [
    "Europe/Berlin", "America/New_York", "America/Vancouver", "Australia/Lord_Howe", "Australia/Adelaide",
    "Asia/Kathmandu", "Asia/Tehran", "Pacific/Chatham", "Pacific/Apia", "Africa/Cairo", "America/St_Johns", "UTC",
]  # fmt: skip
days = some.dates(date(2024, 1, 1), date(2030, 12, 31))
minutes = some.integers(0, 24 * 12 - 1)


def wall(number: int) -> time:
    return time(number // 12, number % 12 * 5)


@given(some.sampled_from(ZONES), days, minutes, minutes)
def test_a_span_is_as_long_as_the_time_that_passes(zone_name, day, one, two):
    zone, (starts, until) = ZoneInfo(zone_name), sorted((wall(one), wall(two)))
    found = slices.span(day, starts, until, zone)
    passes = slices.ends(day, until, zone) - slices.begins(day, starts, zone)
    assert len(found) * slices.SLICE == max(timedelta(0), passes)


@given(some.sampled_from(ZONES), days, minutes)
def test_a_slice_shows_the_wall_time_that_was_asked_where_the_clock_shows_it_at_all(zone_name, day, number):
    zone = ZoneInfo(zone_name)
    begins = slices.begins(day, wall(number), zone)
    shown = begins.astimezone(zone)
    exists = datetime.combine(day, wall(number), zone).astimezone(UTC).astimezone(zone).time() == wall(number)
    assert (shown.time() == wall(number)) == exists
    assert slices.moment_of(slices.at_or_after(begins)) == begins


@given(some.sampled_from(ZONES), days)
def test_days_follow_each_other_without_a_gap_or_an_overlap(zone_name, day):
    zone = ZoneInfo(zone_name)
    today, tomorrow = slices.whole_day(day, zone), slices.whole_day(day + timedelta(days=1), zone)
    assert today.stop == tomorrow.start
    assert timedelta(hours=22) <= len(today) * slices.SLICE <= timedelta(hours=26)
    assert {slices.day_of(number, zone) for number in (today[0], today[-1])} == {day}


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 3, 30), 24), (date(2026, 10, 25), 25)])
def test_the_day_of_a_change_has_23_or_25_hours(day, hours):
    assert len(slices.whole_day(day, ZoneInfo("Europe/Berlin"))) * slices.SLICE == timedelta(hours=hours)


def test_an_hour_that_is_skipped_has_no_slices_and_one_that_comes_twice_has_both():
    berlin = ZoneInfo("Europe/Berlin")
    assert len(slices.span(date(2026, 3, 29), time(2), time(3), berlin)) == 0
    assert len(slices.span(date(2026, 10, 25), time(2), time(3), berlin)) * slices.SLICE == timedelta(hours=2)


@given(
    some.integers(0, 15 * 366 * 24 * 3600 * 1000).map(
        lambda ms: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
    )
)
def test_a_moment_lies_in_its_slice(moment):
    number = slices.at_or_before(moment)
    assert slices.moment_of(number) <= moment < slices.moment_of(number + 1)
    assert slices.at_or_after(moment) in (number, number + 1)
