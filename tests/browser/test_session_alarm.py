"""An alarm that calls: heard, silenced for a while, escalated, seen by a second person; and a page that cannot be trusted says so aloud."""

import signal

import pytest
from playwright.sync_api import Page, expect

from ketacare.infusion import actions
from ketacare.infusion.door import Batch, Row
from ketacare.infusion.queries import state_of
from tests.rooms.infusion import today
from tests.rooms.infusion.treatment import again
from tests.serving import wait_until

pytestmark = pytest.mark.browser
WATCHED = """() => {
  const Real = window.AudioContext;
  window.contexts = [];
  window.AudioContext = class extends Real { constructor() { super(); window.contexts.push(this); } };
  window.heard = [];
  document.addEventListener("ketacare:sounded", (event) => window.heard.push(event.detail));
}"""
BLOCKED = """() => {
  const Real = window.AudioContext;
  window.AudioContext = class extends Real {
    constructor() { super(); this.may = false; this.suspend(); }
    get state() { return this.may ? super.state : "suspended"; }
    resume() { this.may = Boolean(window.touched); return this.may ? super.resume() : Promise.resolve(); }
  };
}"""


@pytest.fixture
def started(own_cast):
    return today.started(own_cast)


def sends(cast, session, **values: float) -> None:
    batch = Batch(rows=[Row(at=today.ago(minutes=0), values=values)], source="person")
    actions.record_readings(session_id=session.pk, batch=batch, by=cast.actor("nurse"), at=today.ago(minutes=0))


def heard(page: Page) -> list[str]:
    return [one["name"] for one in page.evaluate("window.heard")]


def live(page: Page) -> None:
    expect(page.locator("#live-state")).to_have_text("Live.")


def test_an_alarm_sounds_is_silenced_escalates_and_is_seen(own_cast, started, journey_of):
    nurse = journey_of("nurse")
    page = nurse.page
    page.add_init_script(f"({WATCHED})()")
    nurse.open(f"/sessions/{started.pk}/")
    live(page)
    expect(page.get_by_text("The bedside monitor stays primary")).to_be_visible()
    page.locator("body").click()  # a browser sounds only after a touch
    expect(page.locator("#sound-state")).to_have_text("Sound is on.")
    assert page.evaluate("window.contexts.map((one) => one.state)") == ["running"]
    page.get_by_role("button", name="Test tone").click()
    wait_until(lambda: heard(page) == ["medium"])

    sends(own_cast, started, bp_sys=188, bp_dia=99)
    alarm = page.locator(".alarm-strip .alarm-high").first
    expect(alarm).to_contain_text("RED")
    wait_until(lambda: "high" in heard(page))
    assert next(one for one in page.evaluate("window.heard") if one["name"] == "high")["pulses"] == 10

    silenced = page.get_by_role("button", name="Silence")
    while count := silenced.count():  # the strongest first, one press each
        page.keyboard.press("m")
        expect(silenced).to_have_count(count - 1)
    wait_until(lambda: page.evaluate("document.body.dataset.sounding") == "")
    expect(alarm.get_by_role("button", name="Acknowledge")).to_be_visible()  # silent is not seen
    alarm.evaluate(
        "one => { one.dataset.silentUntil = new Date(0).toISOString(); }"
    )  # its time is up, and no news came
    expect(alarm.get_by_role("button", name="Silence")).to_be_visible()
    expect(alarm.get_by_text("silent until")).to_be_hidden()

    expect(alarm).to_contain_text("calls a second person", timeout=45_000)  # 30 s unseen at red
    nurse.look("session-escalated")
    page.keyboard.press("a")
    expect(alarm).to_contain_text("acknowledged by Harbour Nurse")
    row = again(started).events.filter(kind="alarm", payload__transition="escalated").first()
    assert row.payload["reason"] == "second-person"


def test_a_page_that_may_not_sound_says_so_with_the_reason_and_a_button(own_cast, started, journey_of):
    nurse = journey_of("nurse")
    page = nurse.page
    page.add_init_script(f"({BLOCKED})()")
    nurse.open(f"/sessions/{started.pk}/")
    live(page)
    expect(page.locator("#sound-state")).to_contain_text("Sound is OFF: this browser lets a page sound only after")
    sends(own_cast, started, bp_sys=188, bp_dia=99)
    expect(page.locator(".alarm-strip .alarm-high").first).to_be_visible()
    nurse.look("session-no-sound")
    page.evaluate("window.touched = true")
    page.get_by_role("button", name="Turn sound on").click()
    expect(page.locator("#sound-state")).to_have_text("Sound is on.")


def test_a_page_that_lost_its_server_sounds_a_signal_of_its_own(started, journey_of, server):
    nurse = journey_of("nurse")
    page = nurse.page
    page.add_init_script(f"({WATCHED})()")
    nurse.open(f"/sessions/{started.pk}/")
    live(page)
    page.locator("body").click()
    server.process.send_signal(signal.SIGSTOP)
    try:
        expect(page.locator("#live-state")).to_contain_text("NOT LIVE", timeout=8_000)
        wait_until(lambda: "connection" in heard(page))
        expect(page.get_by_text("whether an alarm is on is not known")).to_be_visible()
        expect(page.get_by_text("No alarm is on.")).to_be_hidden()
    finally:
        server.process.send_signal(signal.SIGCONT)
    live(page)
    wait_until(lambda: page.evaluate("document.body.dataset.sounding") == "")


def test_the_sound_of_an_acknowledged_alarm_ends(own_cast, started, journey_of):
    nurse = journey_of("nurse")
    page = nurse.page
    nurse.open(f"/sessions/{started.pk}/")
    live(page)
    sends(own_cast, started, bp_sys=188, bp_dia=99)
    wait_until(lambda: page.evaluate("document.body.dataset.sounding") == "high")
    while (state_of(again(started)).alarms.waiting) and (
        button := page.get_by_role("button", name="Acknowledge")
    ).count():
        count = button.count()
        page.keyboard.press("a")
        expect(button).to_have_count(count - 1)
    wait_until(lambda: page.evaluate("document.body.dataset.sounding") == "")
