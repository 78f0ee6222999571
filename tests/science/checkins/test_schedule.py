"""What a course is asked, and when: around its sessions, by the person's own clock."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacare.science.checkins.local import is_quiet
from ketacare.science.checkins.plan import load
from ketacare.science.checkins.schedule import (
    Answer,
    SessionTimes,
    Situation,
    Status,
    Wishes,
    check_ins,
    message_times,
)
from ketacare.science.errors import OutOfRange

PLAN = load()
BERLIN = ZoneInfo("Europe/Berlin")
WISHES = Wishes(time_zone="Europe/Berlin", hour=10, quiet_from_h=21, quiet_until_h=8)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
MONDAY = datetime(2026, 3, 2, 12, tzinfo=UTC)  # one o'clock in Berlin
FAR = datetime(2027, 3, 1, tzinfo=UTC)


def given_at(moment: datetime, key: str = "s1", *, planned_at: datetime | None = None) -> SessionTimes:
    return SessionTimes(
        key=key, planned_at=planned_at or moment, started_at=moment, ended_at=moment + timedelta(minutes=40)
    )


def asked(*sessions, phase="induction", answers=(), indication="mdd_trd", until=FAR, wishes=WISHES):
    situation = Situation(phase=phase, indication=indication, sessions=sessions, answers=tuple(answers), wishes=wishes)
    return {one.key: one for one in check_ins(PLAN, situation, until=until)}


def local(moment: datetime) -> str:
    return moment.astimezone(BERLIN).strftime("%a %d %b %H:%M")


def test_after_a_session_the_points_of_the_plan_follow_each_other():
    found = asked(given_at(MONDAY), until=MONDAY + 60 * DAY)
    after = {key: local(one.opens_at) for key, one in found.items() if not key.startswith("before")}
    assert after == {
        "after_4h:s1": "Mon 02 Mar 17:40",
        "after_24h:s1": "Tue 03 Mar 13:40",
        "day_3:s1": "Thu 05 Mar 10:00",
        "day_7:s1": "Mon 09 Mar 10:00",
        "day_14:s1": "Mon 16 Mar 10:00",
        "weekly:s1:1": "Mon 23 Mar 10:00",
        "weekly:s1:2": "Mon 30 Mar 10:00",  # the clocks changed the day before
        "weekly:s1:3": "Mon 06 Apr 10:00",
        "weekly:s1:4": "Mon 13 Apr 10:00",
        "weekly:s1:5": "Mon 20 Apr 10:00",
        "weekly:s1:6": "Mon 27 Apr 10:00",
    }


def test_months_follow_the_weeks_in_maintenance_alone_and_go_on():
    opened = [one for key, one in asked(given_at(MONDAY), phase="maintenance").items() if key.startswith("monthly")]
    assert [local(one.opens_at)[:3] for one in opened] == ["Mon"] * len(opened)
    assert {(later.opens_at - one.opens_at).days for one, later in pairwise(opened)} <= {27, 28}
    assert len(opened) > 9
    assert not [key for key in asked(given_at(MONDAY)) if key.startswith("monthly")]


def test_the_clock_resets_when_a_session_is_recorded():
    second = MONDAY + 8 * DAY
    found = asked(given_at(MONDAY), given_at(second, "s2"), until=second + 30 * DAY)
    first = {key for key in found if key.endswith("s1") and not key.startswith("before")}
    assert first == {"after_4h:s1", "after_24h:s1", "day_3:s1", "day_7:s1"}
    overtaken = found["day_7:s1"]
    assert (overtaken.closes_at, overtaken.status(second + HOUR)) == (second, Status.OVERTAKEN)
    assert local(found["day_7:s2"].opens_at) == "Tue 17 Mar 10:00"


def test_a_booking_resets_nothing_until_the_session_is_given():
    booked = SessionTimes(key="s2", planned_at=MONDAY + 10 * DAY)
    assert "day_14:s1" in asked(given_at(MONDAY), booked)


def test_before_a_session_is_asked_until_it_begins_even_when_it_begins_late():
    planned = MONDAY + 7 * DAY
    late = planned + 2 * HOUR
    found = asked(given_at(late, "s2", planned_at=planned))["before_session:s2"]
    assert (local(found.opens_at), found.closes_at) == ("Sat 07 Mar 10:00", late)


def test_before_the_next_session_is_not_asked_before_the_one_before_it_is_over():
    wednesday = SessionTimes(key="s2", planned_at=MONDAY + 2 * DAY)
    found = asked(given_at(MONDAY), wednesday)["before_session:s2"]
    assert local(found.opens_at) == "Tue 03 Mar 10:00"


def test_a_first_session_that_is_booked_is_asked_about_and_a_course_that_is_not_under_way_is_not():
    booked = SessionTimes(key="s1", planned_at=MONDAY)
    assert list(asked(booked, phase="planned")) == ["before_session:s1"]
    assert not asked(booked, given_at(MONDAY, "s2"), phase=None)


def test_what_was_answered_shortly_before_is_not_asked_again():
    booked = SessionTimes(key="s1", planned_at=MONDAY)
    opens = asked(booked, phase="planned")["before_session:s1"].opens_at
    yesterday = [Answer(scale="phq9", answered_at=opens - DAY)]
    found = asked(booked, phase="planned", answers=yesterday)["before_session:s1"]
    assert ([one.scale for one in found.asks], found.spared) == (["gad7"], ("phq9",))
    both = [*yesterday, Answer(scale="gad7", answered_at=opens - DAY)]
    assert not asked(booked, phase="planned", answers=both)


def test_scales_of_one_indication_are_asked_of_it_alone():
    booked = SessionTimes(key="s1", planned_at=MONDAY)
    assert "pcl5" in {one.scale for one in asked(booked, indication="ptsd")["before_session:s1"].asks}
    assert "pcl5" not in {one.scale for one in asked(booked)["before_session:s1"].asks}


def test_an_answer_counts_from_the_opening_until_the_closing_whoever_asked_and_of_two_the_first():
    window = asked(given_at(MONDAY))["day_7:s1"]
    edges = [(window.opens_at - HOUR / 60, None), (window.opens_at, window.opens_at), (window.closes_at, None)]
    for moment, counted in edges:
        spared = [Answer(scale="phq9", answered_at=moment)]
        found = asked(given_at(MONDAY), answers=spared).get("day_7:s1")
        assert (found.asks[0].answered_at if found else None) == counted
    twice = [Answer(scale="phq9", answered_at=window.opens_at + gap) for gap in (5 * HOUR, HOUR)]
    assert asked(given_at(MONDAY), answers=twice)["day_7:s1"].asks[0].answered_at == window.opens_at + HOUR


def test_a_check_in_passes_from_to_come_to_missed_and_an_answered_one_stays_answered():
    one = asked(given_at(MONDAY))["day_7:s1"]
    stages = [one.opens_at - HOUR, one.opens_at, one.closes_at]
    assert [one.status(at) for at in stages] == [Status.TO_COME, Status.OPEN, Status.MISSED]
    answered = asked(given_at(MONDAY), answers=[Answer(scale="phq9", answered_at=one.opens_at + HOUR)])["day_7:s1"]
    assert answered.status(one.closes_at + 100 * DAY) == Status.ANSWERED


def test_a_person_who_travels_is_asked_by_the_clock_of_the_zone_that_they_said():
    tokyo = Wishes(time_zone="Asia/Tokyo", hour=10, quiet_from_h=21, quiet_until_h=8)
    found = asked(given_at(MONDAY), wishes=tokyo)["day_7:s1"]
    assert found.opens_at.astimezone(ZoneInfo("Asia/Tokyo")).hour == 10


def test_a_wrong_zone_or_a_time_without_one_is_refused():
    with pytest.raises(OutOfRange, match="no time zone"):
        asked(given_at(MONDAY), wishes=Wishes(time_zone="Mars/Olympus", hour=10, quiet_from_h=21, quiet_until_h=8))
    with pytest.raises(OutOfRange, match="time zone"):
        asked(SessionTimes(key="s1", planned_at=MONDAY.replace(tzinfo=None)))


def test_four_hours_after_a_late_session_the_message_waits_for_the_morning():
    evening = datetime(2026, 3, 2, 17, 30, tzinfo=UTC)  # half past six in Berlin
    one = asked(given_at(evening))["after_4h:s1"]
    times = message_times(one.point, WISHES, opens_at=one.opens_at, closes_at=one.closes_at)
    assert [local(moment) for moment in times] == ["Tue 03 Mar 08:00"]  # the reminder falls together with it


def test_quiet_hours_that_last_until_it_closes_mean_that_nobody_is_written_to():
    point = PLAN.point("after_4h")
    opens = datetime(2026, 3, 2, 22, tzinfo=UTC)
    assert message_times(point, WISHES, opens_at=opens, closes_at=opens + 5 * HOUR) == ()


moments = st.datetimes(
    min_value=datetime(2025, 1, 1),  # noqa: DTZ001
    max_value=datetime(2027, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
)
wishes = st.builds(
    Wishes,
    time_zone=st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]),
    hour=st.integers(0, 23),
    quiet_from_h=st.integers(0, 23),
    quiet_until_h=st.integers(0, 23),
)


@given(
    first=moments,
    gaps=st.lists(st.integers(20, 60 * 24), min_size=0, max_size=6),
    wishes=wishes,
    phase=st.sampled_from(["planned", "induction", "maintenance"]),
)
def test_whatever_the_sessions_and_wishes_windows_are_in_order_and_messages_inside_them(first, gaps, wishes, phase):
    starts = [first]
    for gap in gaps:
        starts.append(starts[-1] + gap * HOUR)
    sessions = [given_at(moment, f"s{number}") for number, moment in enumerate(starts)]
    sessions.append(SessionTimes(key="next", planned_at=starts[-1] + 9 * DAY))
    found = asked(*sessions, phase=phase, wishes=wishes, until=starts[-1] + 120 * DAY)
    assert len({one.key for one in found.values()}) == len(found)
    for one in found.values():
        assert one.opens_at < one.closes_at
        resets = [moment for moment in starts if one.opens_at < moment < one.closes_at]
        assert not resets or one.point.anchor == "planned", "a recorded session resets the clock"
        times = message_times(one.point, wishes, opens_at=one.opens_at, closes_at=one.closes_at)
        assert list(times) == sorted(set(times))
        for moment in times:
            assert one.opens_at <= moment < one.closes_at
            quiet = {"quiet_from_h": wishes.quiet_from_h, "quiet_until_h": wishes.quiet_until_h}
            assert not is_quiet(moment, **quiet, zone=wishes.zone)


@given(first=moments, until=moments, later=st.integers(0, 2000))
def test_what_was_told_once_is_told_again_later_with_the_same_times(first, until, later):
    sessions = (given_at(first), SessionTimes(key="next", planned_at=first + 9 * DAY))
    now = asked(*sessions, phase="maintenance", until=until)
    then = asked(*sessions, phase="maintenance", until=until + later * HOUR)
    assert all(then[key] == one for key, one in now.items())
