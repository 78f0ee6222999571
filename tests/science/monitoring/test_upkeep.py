"""What must be true of the days of maintenance and of the review points, whatever day a course begins."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacare.science.errors import MissingInput, OutOfRange
from ketacare.science.monitoring import protocol
from ketacare.science.monitoring.course import course_dates
from ketacare.science.monitoring.protocol_files import Maintenance
from ketacare.science.monitoring.upkeep import maintenance_dates, review_points

FILE = protocol.load().template_file
TEMPLATES = protocol.load().templates
WITH_STEPS = sorted(name for name, one in FILE.maintenance.items() if one.steps)
DAYS = st.dates(date(2026, 1, 1), date(2030, 12, 31))


def on_weekdays(day):
    return day.isoweekday() <= 5


def laid_out(name, last_on, is_open=lambda _: True):
    pattern = FILE.maintenance[name]
    return maintenance_dates(pattern, last_on=last_on, until_days=90, min_days_apart=2, is_open=is_open)


def test_the_taper_is_four_weekly_four_two_weekly_and_three_monthly_sessions():
    dates = laid_out("MAINT-TAPER", date(2026, 3, 2))
    gaps = [(later - earlier).days for earlier, later in pairwise([date(2026, 3, 2), *dates])]
    assert gaps == [7] * 4 + [14] * 4 + [30] * 3


@given(DAYS, st.sampled_from(WITH_STEPS), st.booleans())
def test_maintenance_days_are_open_rise_and_never_come_too_close(last_on, name, weekends):
    is_open = (lambda _: True) if weekends else on_weekdays
    dates = [last_on, *laid_out(name, last_on, is_open)]
    assert all(later - earlier >= timedelta(days=2) for earlier, later in pairwise(dates))
    assert all(map(is_open, dates[1:]))


@given(DAYS, st.sampled_from(WITH_STEPS))
def test_the_pattern_is_the_same_whatever_day_it_begins(last_on, name):
    here = [(day - last_on).days for day in laid_out(name, last_on)]
    there = [(day - date(2026, 1, 1)).days for day in laid_out(name, date(2026, 1, 1))]
    assert here == there


def test_sessions_on_relapse_have_no_dates_to_plan():
    with pytest.raises(MissingInput):
        laid_out("MAINT-PRN", date(2026, 3, 2))


def test_an_interval_that_the_site_does_not_allow_is_refused():
    with pytest.raises(OutOfRange, match="closer than"):
        maintenance_dates(FILE.maintenance["MAINT-TAPER"], last_on=date(2026, 3, 2), until_days=90, min_days_apart=8)


def points(name, induction, maintenance=()):
    return review_points(TEMPLATES[name], FILE.maintenance_review, induction=induction, maintenance=maintenance)


def test_the_first_review_of_a_series_is_after_the_third_session_and_the_second_after_the_sixth():
    dates = course_dates(TEMPLATES["TPL-TRD-IV"].course, first_on=date(2026, 3, 2), min_interval_h=40)
    assert [(one.after_session, one.due_on) for one in points("TPL-TRD-IV", dates)] == [(3, dates[2]), (6, dates[5])]


def test_esketamine_is_reviewed_at_the_end_of_week_four():
    dates = course_dates(TEMPLATES["TPL-TRD-ESK"].course, first_on=date(2026, 3, 2), min_interval_h=40)
    assert [(one.name, one.after_session, one.due_on) for one in points("TPL-TRD-ESK", dates)] == [
        ("week-4", 8, date(2026, 3, 29))
    ]


def test_a_shorter_series_is_reviewed_before_its_maintenance_begins():
    dates = course_dates(TEMPLATES["TPL-TRD-IV"].alternatives[0], first_on=date(2026, 3, 2), min_interval_h=40)
    assert [one.after_session for one in points("TPL-TRD-IV", dates)] == [3]
    later = laid_out("MAINT-TAPER", dates[-1])
    assert [one.after_session for one in points("TPL-TRD-IV", dates, later)][:2] == [3, 4]


@given(DAYS, st.sampled_from(WITH_STEPS))
def test_no_more_than_six_sessions_or_ninety_days_go_by_without_a_review(first_on, name):
    dates = course_dates(TEMPLATES["TPL-TRD-IV"].course, first_on=first_on, min_interval_h=40)
    later = laid_out(name, dates[-1])
    found = [one for one in points("TPL-TRD-IV", dates, later) if one.after_session >= len(dates)]
    days = [*dates, *later]
    for before, after in pairwise(found):
        assert after.after_session - before.after_session <= 6
        next_without = days[after.after_session - 2]  # the last session that the review before still covers
        assert (next_without - days[before.after_session - 1]).days < 90
    assert len(days) - found[-1].after_session < 6


def test_two_sessions_half_a_step_short_count_up():
    pattern = Maintenance(label="x", steps=({"weeks": 1, "every_days": 14},), sources=("D-CLINIC",), mark="default")
    assert len(maintenance_dates(pattern, last_on=date(2026, 1, 1), until_days=90, min_days_apart=2)) == 1
