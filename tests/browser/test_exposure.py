"""The explanatory band in a real browser: drawn with and without JavaScript, moved by a dose step, marked now."""

import re

import pytest
from playwright.sync_api import expect

from ketacare.infusion import actions
from tests.browser.conftest import screenshots
from tests.rooms.infusion import today
from tests.rooms.infusion.treatment import RATE, vial
from tests.serving import cookie_of

pytestmark = pytest.mark.browser
DRAWN = "() => document.querySelector('#curve-exposure canvas')"


@pytest.fixture
def started(own_cast):
    return today.started(own_cast)


def test_the_band_says_when_the_peak_comes_and_follows_the_pump(own_cast, started, journey_of):
    nurse = journey_of("nurse")
    page = nurse.page
    nurse.open(f"/sessions/{started.pk}/")
    expect(page.locator("#live-state")).to_have_text("Live.")
    page.wait_for_function(DRAWN)
    band = page.locator(".exposure")
    expect(band).to_contain_text("after the pump's planned end")
    expect(band).to_contain_text("does not decide a dose")
    before = band.locator("dd strong").first.inner_text()
    nurse.look("session-exposure")

    actions.change_rate(
        session_id=started.pk, rate_mg_per_h=RATE / 2, by=own_cast.actor("nurse"), at=today.ago(minutes=0)
    )
    expect(band.locator("dd strong").first).not_to_have_text(before)
    actions.give_bolus(session_id=started.pk, dose_mg=15, by=own_cast.actor("nurse"), at=today.ago(minutes=0))
    expect(band).to_contain_text("arterial")
    expect(band).to_contain_text("after the push")
    band.locator("summary").click()
    expect(band.locator("details li").first).to_be_visible()
    page.evaluate("scrollTo(0, 0)")
    nurse.look("session-exposure-push")
    actions.add_note(session_id=started.pk, text="Warm and calm.", by=own_cast.actor("nurse"), at=today.ago(minutes=0))
    expect(page.locator(".timeline")).to_contain_text("Warm and calm.")
    expect(band.locator("details li").first).to_be_visible()


def test_the_band_appears_on_an_open_page_when_the_drug_is_started(own_cast, journey_of):
    session, by = today.ready(own_cast), own_cast.actor("nurse")
    nurse = journey_of("nurse")
    nurse.open(f"/sessions/{session.pk}/")
    expect(nurse.page.locator("#live-state")).to_have_text("Live.")
    expect(nurse.page.locator(".exposure")).to_have_text("Nothing has been given yet: there is no curve to show.")
    expect(nurse.page.locator("#curve-exposure")).to_be_hidden()
    nurse.look("session-exposure-before")
    actions.start_treatment(session_id=session.pk, vial=vial(own_cast), by=by, at=today.ago(minutes=0))
    nurse.page.wait_for_function(DRAWN)
    expect(nurse.page.locator("#curve-exposure")).to_be_visible()
    expect(nurse.page.locator("[data-expected=plasma]")).to_be_visible()
    late = nurse.page.locator(".exposure [data-after]")
    expect(late).to_be_hidden()
    late.evaluate("element => { element.dataset.after = new Date(Date.now() - 60_000).toISOString(); }")
    expect(late).to_be_visible()


def test_without_javascript_the_band_is_a_drawing(own_cast, started, browser, server):
    context = browser.new_context(base_url=server.url, java_script_enabled=False)
    nurse = cookie_of(own_cast.user("nurse"))
    context.add_cookies([{"name": name, "value": value, "url": server.url} for name, value in nurse.items()])
    page = context.new_page()
    page.goto(f"/sessions/{started.pk}/")
    expect(page.locator(".chart-wide svg")).to_be_visible()
    expect(page.locator(".chart-narrow svg")).to_be_hidden()
    expect(page.locator(".exposure")).to_contain_text(re.compile(r"about \d\d:\d\d"))
    page.screenshot(path=screenshots() / "session-exposure-plain.png", full_page=True)
    context.close()
