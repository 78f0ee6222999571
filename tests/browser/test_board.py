"""The Board: every room in its place, calm only where there is reason to be; eight rooms for less than a twentieth of a browser."""

import pytest
from playwright.sync_api import expect

from ketacare.infusion import actions
from tests.rooms.infusion import today
from tests.rooms.infusion.treatment import again

pytestmark = pytest.mark.browser
TABLET = {"width": 1024, "height": 768}


@pytest.fixture
def started(own_cast):
    return today.started(own_cast)


def test_a_room_that_falls_free_and_one_that_is_taken_are_noticed(own_cast, started, journey_of):
    nurse = journey_of("nurse")
    page, by = nurse.page, own_cast.actor("nurse")
    nurse.open("/board/")
    expect(page.locator("#live-state")).to_have_text("Live.")
    room = page.get_by_role("article", name="Room 1")
    expect(room).to_contain_text("infusing")
    actions.stop_on_request(session_id=started.pk, by=by, at=today.ago(minutes=0))
    expect(room).to_contain_text("recovering")
    expect(room).to_contain_text("BLACK")
    actions.transfer(session_id=started.pk, to="Harbour Hospital", reason="Chest pain", by=by, at=today.ago(minutes=0))
    expect(room).to_contain_text("free", timeout=15_000)
    second = actions.plan_session(
        course=own_cast.course("ada"), number=2, planned_at=today.ago(minutes=0), route="iv_ketamine", by=by, at=today.ago(minutes=0)
    )  # fmt: skip
    actions.check_in(session_id=second.pk, chair="Room 2", by=by, at=today.ago(minutes=0))
    expect(page.get_by_role("article", name="Room 2")).to_contain_text("Not monitored yet", timeout=15_000)
    names = page.locator(".board-room").evaluate_all("rooms => rooms.map((room) => room.getAttribute('aria-label'))")
    assert names == ["Room 1", "Room 2"]
    assert again(second).status == "checked-in"


def test_a_room_whose_monitor_is_silent_does_not_look_calm(started, journey_of):
    """The drug has just been started; nothing arrives any more."""
    nurse = journey_of("nurse")
    page = nurse.page
    nurse.open("/board/")
    room = page.get_by_role("article", name="Room 1")
    expect(room).to_contain_text("No fresh data: Heart rate, SpO2", timeout=90_000)
    expect(room.locator(".alarm")).to_be_visible()
    page.set_viewport_size(TABLET)
    page.screenshot(path=nurse.folder / "board-tablet.png")
    nurse.look("board-silent")
