"""What must be true of the dates of a course, whatever day it begins and whenever the site is closed."""

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacare.science.errors import MissingInput, OutOfRange
from ketacare.science.monitoring import protocol
from ketacare.science.monitoring.course import course_dates, min_days_apart
from ketacare.science.monitoring.protocol_files import CoursePattern

TEMPLATES = protocol.load().templates
TRD = TEMPLATES["TPL-TRD-IV"].course
assert TRD is not None
DAYS = st.dates(date(2026, 1, 1), date(2028, 12, 31))
MONDAY = date(2026, 3, 2)


def on_weekdays(day: date) -> bool:
    return day.isoweekday() <= 5


@given(DAYS, st.sampled_from([2, 3]), st.booleans())
def test_six_sessions_keep_a_day_between_and_stay_inside_three_weeks(
    first_on: date, per_week: int, weekends: bool
) -> None:
    is_open = (lambda _: True) if weekends else on_weekdays
    dates = course_dates(TRD, first_on=first_on, min_interval_h=40, per_week=per_week, is_open=is_open)
    assert len(dates) == 6
    assert all(later - earlier >= timedelta(days=2) for earlier, later in itertools.pairwise(dates))
    assert all(map(is_open, dates))
    assert dates[0] - first_on < timedelta(days=3)
    assert dates[-1] - dates[0] < timedelta(days=21)
    for day in dates:
        assert sum(timedelta(0) <= day - other < timedelta(days=7) for other in dates) <= per_week


def test_twice_a_week_from_monday_is_monday_and_thursday() -> None:
    dates = course_dates(TRD, first_on=MONDAY, min_interval_h=40, is_open=on_weekdays)
    assert [day.isoweekday() for day in dates] == [1, 4, 1, 4, 1, 4]


def test_three_times_a_week_from_monday_is_monday_wednesday_friday() -> None:
    dates = course_dates(TRD, first_on=MONDAY, min_interval_h=40, per_week=3, is_open=on_weekdays)
    assert [(day - MONDAY).days for day in dates] == [0, 2, 4, 7, 9, 11]


def test_a_stricter_site_interval_spreads_the_sessions() -> None:
    assert [min_days_apart(min_interval_h=hours) for hours in (40, 48, 49, 72)] == [2, 2, 3, 3]
    assert min_days_apart(min_interval_h=40, is_daily=True) == 1
    dates = course_dates(TRD, first_on=MONDAY, min_interval_h=72, per_week=3)
    assert min((later - earlier).days for earlier, later in itertools.pairwise(dates)) == 3


def test_a_daily_series_runs_day_by_day() -> None:
    daily = TEMPLATES["TPL-CRPS-OUT"].course
    assert daily is not None
    dates = course_dates(daily, first_on=MONDAY, min_interval_h=40)
    assert dates == tuple(MONDAY + timedelta(days=n) for n in range(10))


def test_what_the_template_does_not_allow_is_refused_all_at_once() -> None:
    with pytest.raises(OutOfRange) as refused:
        course_dates(TRD, first_on=MONDAY, min_interval_h=40, sessions=7, per_week=4)
    assert [problem.place for problem in refused.value.problems] == ["sessions", "per_week"]


def test_dates_that_cannot_be_found_are_said_so() -> None:
    with pytest.raises(OutOfRange, match="do not fit"):
        course_dates(TRD, first_on=MONDAY, min_interval_h=40, is_open=lambda day: day.isoweekday() == 1)
    with pytest.raises(OutOfRange, match="no day"):
        course_dates(TRD, first_on=MONDAY, min_interval_h=40, is_open=lambda _: False)
    with pytest.raises(MissingInput):
        course_dates(CoursePattern(sessions=(2, 2)), first_on=MONDAY, min_interval_h=40)


@given(DAYS, st.integers(1, 5), st.integers(0, 40))
def test_sessions_that_were_given_stay_and_the_rest_keeps_its_distance_from_them(first_on, done, pause):
    before = course_dates(TRD, first_on=first_on, min_interval_h=40)[:done]
    again = before[-1] + timedelta(days=pause)
    dates = course_dates(TRD, first_on=again, min_interval_h=40, given=before)
    assert dates[:done] == before
    assert len(dates) == 6
    assert all(later - earlier >= timedelta(days=2) for earlier, later in itertools.pairwise(dates))
    assert all(day >= again for day in dates[done:])
    for day in dates[done:]:
        assert sum(timedelta(0) <= day - other < timedelta(days=7) for other in dates) <= 2


def test_an_interrupted_course_may_last_longer_than_the_protocol_says() -> None:
    dates = course_dates(TRD, first_on=MONDAY + timedelta(days=60), min_interval_h=40, given=(MONDAY,))
    assert len(dates) == 6


def test_one_session_needs_no_pace_and_a_template_without_a_number_asks_for_it() -> None:
    assert course_dates(CoursePattern(sessions=(1, 1)), first_on=MONDAY, min_interval_h=40) == (MONDAY,)
    with pytest.raises(MissingInput, match="leaves the number of sessions to the prescriber"):
        course_dates(CoursePattern(), first_on=MONDAY, min_interval_h=40, per_week=2)
    assert len(course_dates(CoursePattern(), first_on=MONDAY, min_interval_h=40, per_week=2, sessions=9)) == 9
    assert len(course_dates(CoursePattern(sessions=(1, 6), starts_with=1), first_on=MONDAY, min_interval_h=40)) == 1
