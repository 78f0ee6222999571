"""The treatment day in a real browser: gate, start, vital signs by keyboard, an alarm, the end, recovery, going home."""

import json
import re
import signal
import time

import pytest
from playwright.sync_api import Page, expect

from ketacare.infusion import actions
from ketacare.infusion.door import Batch, Row
from ketacare.infusion.queries import state_of
from tests.rooms.infusion import today
from tests.rooms.infusion.treatment import HOME, SCORES, WELL, again
from tests.serving import wait_until

pytestmark = pytest.mark.browser
A_ROW_S = 15  # a row of vital signs by keyboard alone takes no longer


@pytest.fixture
def ready(own_cast):
    return today.ready(own_cast)


@pytest.fixture
def started(own_cast):
    return today.started(own_cast)


def device_sends(cast, session, **values: float) -> None:
    batch = Batch(rows=[Row(at=today.ago(minutes=0), values=values)], source="device", device="Monitor 1")
    actions.record_readings(session_id=session.pk, batch=batch, by=cast.actor("nurse"), at=today.ago(minutes=0))


def live(page: Page) -> None:
    expect(page.locator("#live-state")).to_have_text("Live.")


def test_from_the_gate_to_the_way_home(own_cast, ready, journey_of):
    nurse = journey_of("nurse")
    page = nurse.page
    nurse.open(f"/sessions/{ready.pk}/gate/")
    expect(page.get_by_text("Nothing stands in the way")).to_be_visible()
    nurse.look("session-gate")
    page.get_by_label("Who else computed the volume").select_option(label="Harbour Prescriber")
    page.get_by_label("The vial's label").select_option("yes")
    page.get_by_role("button", name="Start infusion").click()
    live(page)
    expect(page.locator(".phase-name")).to_have_text("infusing")

    took = chart_by_keyboard(page, ["128", "84", "78", "97", "14", "5", "n"])
    assert took < A_ROW_S
    expect(page.locator(".now")).to_contain_text("128/84")
    device_sends(own_cast, ready, heart_rate=81, spo2=98)
    expect(page.locator(".now")).to_contain_text("81")
    page.evaluate("scrollTo(0, 0)")
    nurse.look("session-cockpit")

    chart_by_keyboard(page, ["186", "98", "92", "97", "16", "5", "n"])
    alarm = page.locator(".alarm-strip .alarm-high")
    expect(alarm.first).to_contain_text("RED")
    page.evaluate("scrollTo(0, 0)")
    nurse.look("session-alarm")
    page.locator("body").press("a")
    expect(alarm.first).to_contain_text("acknowledged by Harbour Nurse")
    live(page)
    chart_by_keyboard(page, ["132", "84", "78", "97", "14", "5", "n"])
    expect(page.locator(".alarm-strip .alarm-high")).to_have_count(0)

    page.locator("body").press("e")
    page.get_by_label("Reason").fill("The patient asked to stop.")
    page.get_by_role("button", name="End infusion").click()
    live(page)
    expect(page.locator(".phase-name")).to_have_text("recovering")
    page.locator("body").press("h")
    expect(page.get_by_role("heading", name="The way home")).to_be_visible()
    expect(page.get_by_role("button", name="Sign and discharge")).to_be_disabled()
    nurse.look("session-recovery")


def chart_by_keyboard(page: Page, typed: list[str]) -> float:
    """One row of vital signs without touching the mouse; returns the seconds it took."""
    began = time.monotonic()
    page.locator("body").press("v")
    for text in typed[:-1]:
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.keyboard.type(typed[-1])
    page.keyboard.press("Enter")
    expect(page.locator(".saved")).to_be_visible()
    took = time.monotonic() - began
    page.keyboard.press("Escape")
    page.evaluate("document.activeElement.blur()")
    page.locator(".saved").evaluate("element => element.remove()")
    return took


def test_a_page_that_loses_its_server_says_so_and_comes_back_with_everything(own_cast, started, journey_of, server):
    nurse = journey_of("nurse")
    page = nurse.page
    nurse.open(f"/sessions/{started.pk}/")
    live(page)
    server.process.send_signal(signal.SIGSTOP)  # alive, and silent
    expect(page.locator("#live-state")).to_contain_text("Connection lost", timeout=8_000)
    nurse.look("session-lost")
    device_sends(own_cast, started, heart_rate=83)
    server.process.send_signal(signal.SIGCONT)
    live(page)
    expect(page.locator(".now")).to_contain_text("83")


def test_what_belongs_to_one_room_never_shows_in_another(own_cast, started, journey_of):
    """A message of another session, however it gets onto the line, is refused by the page."""
    nurse = journey_of("nurse")
    page = nurse.page
    other = started.pk + 1
    stray = {"session": other, "seq": 9, "rows": [], "html": stray_html(other)}
    mixed = {"session": other, "seq": 10, "rows": [], "html": stray_html(started.pk)}
    beat = f"event: beat\ndata: {json.dumps({'at': today.ago(minutes=0).isoformat()})}\n\n"
    body = beat + "".join(f"event: session\ndata: {json.dumps(one)}\n\n" for one in (stray, mixed))
    page.route("**/live/sessions*", lambda route: route.fulfill(body=body, content_type="text/event-stream"))
    nurse.open(f"/sessions/{started.pk}/")
    page.wait_for_timeout(1500)
    expect(page.locator("body")).not_to_contain_text("of the other room")


def stray_html(session: int) -> dict[str, str]:
    return {"now": f'<section data-live="now" data-session="{session}">of the other room</section>'}


def test_leaving_a_room_hangs_up_its_stream(own_cast, started, journey_of):
    nurse = journey_of("nurse")
    page = nurse.page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/live/sessions" in request.url else None)
    nurse.open(f"/sessions/{started.pk}/")
    live(page)
    with page.expect_event("requestfailed", lambda request: "/live/sessions" in request.url):
        page.get_by_role("link", name="Board").click()
    expect(page.get_by_role("heading", name="Board")).to_be_visible()
    live(page)
    assert [re.search(r"page=(\w+)", url).group(1) for url in asked] == ["session", "board"]


def test_the_board_shows_every_room_and_moves(own_cast, started, journey_of):
    nurse = journey_of("nurse")
    page = nurse.page
    nurse.open("/board/")
    live(page)
    card = page.locator(".board-card")
    expect(card).to_contain_text("AL")
    device_sends(own_cast, started, bp_sys=188, bp_dia=99)
    expect(card).to_contain_text("188/99")
    expect(card).to_contain_text("not acknowledged")
    nurse.look("board")


def test_a_patient_who_has_recovered_is_signed_out(own_cast, started, journey_of):
    by = own_cast.actor("nurse")
    actions.stop_treatment(
        session_id=started.pk, reason="Asked to stop", by=by, at=today.ago(minutes=0), happened_at=today.ago(minutes=0)
    )
    nurse = journey_of("nurse")
    page = nurse.page
    nurse.open(f"/sessions/{started.pk}/recovery/")
    assessment = page.locator("form").filter(has_text="Assessment")
    for item in WELL | SCORES:
        field = assessment.locator(f"[name='{item}']")
        value = (WELL | SCORES)[item]
        typed = ("yes" if value else "no") if isinstance(value, bool) else str(value)
        if field.evaluate("element => element.tagName") == "SELECT":
            field.select_option(typed)
        else:
            field.fill(typed)
    page.get_by_role("button", name="Chart this assessment").click()
    for item, (value, note) in HOME.items():
        field = page.locator(f"[name='{item}']")
        field.select_option(value if isinstance(value, str) else "yes")
        if note:
            page.locator(f"[name='{item}.note']").fill(note)
    page.get_by_role("button", name="Save these answers").click()
    expect(page.get_by_role("row").filter(has_text="escort")).to_contain_text("met")
    state = state_of(again(started))
    assert state.attested("home.escort_present").note == "Olaf, brother"
    wait_until(lambda: state_of(again(started)).latest("oriented") is not None)
