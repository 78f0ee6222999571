"""The flowsheet and the Board, from what a session's events add up to."""

from datetime import timedelta

import pytest
from django.urls import reverse

from ketacare.infusion import actions, floor
from ketacare.infusion.flowsheet import flowsheet
from ketacare.infusion.fragments import begins_a_minute
from ketacare.infusion.queries import state_of
from ketacare.infusion.states import event_of
from tests.rooms.infusion import today, treatment
from tests.rooms.infusion.treatment import START, after, again, read


@pytest.fixture
def session(cast):
    return treatment.started(cast)


def row(session, minute: float, *, at: float = 120):
    return next(one for one in flowsheet(again(session), at=after(at)) if one.minute == minute)


def cell(line, label: str):
    return next(one for one in line.cells if one.label == label)


def test_a_minute_says_what_was_measured_seen_and_given_and_by_whom(cast, session):
    read(cast, session, after(10), bp_sys=131, bp_dia=84, heart_rate=77)
    actions.chart_observation(
        session_id=session.pk, values={"moaas": 4, "nausea": 2}, by=cast.actor("nurse"), at=after(10.5)
    )
    line = row(session, 10)
    assert [cell(line, name).text for name in ("BP", "HR", "MOAA/S", "Nausea", "Pain")] == [
        "131/84",
        "77",
        "4",
        "2",
        "",
    ]
    assert line.by == ("Harbour Nurse",)
    assert row(session, 0).given[0].startswith("Drug started 52.5 mg/h")


def test_of_a_monitors_minute_stands_the_middle_between_lowest_and_highest(cast, session):
    for second, rate in ((0, 70), (20, 110), (40, 74)):
        read(cast, session, after(5) + timedelta(seconds=second), source="device", heart_rate=rate)
    found = cell(row(session, 5), "HR")
    assert (found.text, found.spread) == ("74", "70–110")


def test_what_the_schedule_asked_for_and_nobody_charted_is_wanted_and_stands_in_its_minute(cast, session):
    read(cast, session, after(10), heart_rate=77)
    line = row(session, 10)
    assert line.is_scheduled
    assert cell(line, "MOAA/S").is_wanted
    assert not cell(line, "HR").is_wanted


def test_nothing_is_wanted_before_its_time_has_come(cast, session):
    assert all(one.at <= after(7) for one in flowsheet(again(session), at=after(7)))


def test_a_corrected_value_is_marked_and_the_wrong_one_is_gone(cast, session):
    nurse = cast.actor("nurse")
    read(cast, session, after(3), heart_rate=190)
    wrong = session.events.filter(kind="reading").order_by("-seq")[0]
    right = dict(wrong.payload) | {"values": {"heart_rate": 90}}
    actions.correct_event(session_id=session.pk, seq=wrong.seq, payload=right, by=nurse, at=after(4))
    found = cell(row(session, 3), "HR")
    assert (found.text, found.is_corrected) == ("90", True)


def test_the_first_entry_of_a_minute_is_known_as_such(cast, session):
    read(cast, session, after(6), heart_rate=80)
    read(cast, session, after(6.5), heart_rate=81)
    read(cast, session, after(7), heart_rate=82)
    first, second, third = session.events.filter(kind="reading").order_by("-seq")[:3][::-1]
    assert begins_a_minute(session, event_of(first))
    assert not begins_a_minute(session, event_of(second))
    assert begins_a_minute(session, event_of(third))


def test_the_sheet_has_a_page_of_its_own(browse, session):
    page = browse("nurse").get(reverse("infusion:flowsheet", args=[session.pk]))
    assert page.status_code == 200
    assert "Drug started" in page.content.decode()


def test_rooms_stand_in_the_order_of_their_names_and_a_free_one_keeps_its_place(cast):
    session = today.in_a_chair(cast)
    type(session).objects.filter(pk=session.pk).update(chair="Room 10")
    other = actions.plan_session(
        course=cast.course("zoe"), number=1, planned_at=today.ago(minutes=0), route="iv_ketamine", by=cast.actor("nurse", there=True), at=today.ago(minutes=0)
    )  # fmt: skip
    type(other).objects.filter(pk=other.pk).update(chair="Room 2", site=session.site_id, status="cancelled")
    found = floor.rooms(sites=[session.site_id], at=today.ago(minutes=0))
    assert [(one.chair, one.session is None) for one in found] == [("Room 2", True), ("Room 10", False)]


def test_a_room_without_fresh_data_says_what_is_lacking(cast, session):
    fresh = floor.card(again(session), at=START + timedelta(seconds=20))
    assert fresh["lacking"] == ""
    silent = floor.card(again(session), at=after(5))
    assert "SpO2" in silent["lacking"]
    assert state_of(session).status == "treating"


def test_the_board_says_whom_an_alarm_calls_that_nobody_has_seen(cast, session):
    read(cast, session, after(1), bp_sys=190, bp_dia=99)
    for minute in (2, 3):
        actions.tick(session_id=session.pk, by=treatment.CLOCK, at=after(minute))
    assert floor.card(again(session), at=after(3))["calls"] == "calls everyone"
