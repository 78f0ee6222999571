"""The drug and the sheet by keyboard: one key opens, one charts; and the patient's stop is one key away on every page."""

import pytest
from playwright.sync_api import expect

from ketacare.infusion.queries import state_of
from tests.rooms.infusion import today
from tests.rooms.infusion.treatment import again
from tests.serving import wait_until

pytestmark = pytest.mark.browser


@pytest.fixture
def started(own_cast):
    return today.started(own_cast)


def latest(session, name: str) -> object:
    sample = state_of(again(session)).latest(name)
    return sample.value if sample else None


def test_every_scale_is_charted_with_two_keys(started, journey_of):
    nurse = journey_of("nurse")
    page = nurse.page
    nurse.open(f"/sessions/{started.pk}/")
    expect(page.locator("#live-state")).to_have_text("Live.")
    for keys, name, value in [("s4", "moaas", 4), ("re", "rass", -3), ("ft", "dissociation", 10), ("q2", "nausea", 2),
                              ("w3", "distress", 3), ("k1", "pain", 1), ("zy", "vomiting", True), ("yn", "end_organ_symptom", False)]:  # fmt: skip
        for key in keys:
            page.keyboard.press(key)
        wait_until(lambda name=name, value=value: latest(started, name) == value)
        expect(page.locator("#charted")).to_contain_text("Charted as entry")
    expect(page.locator(".sheet .press-last")).to_have_count(8)
    page.keyboard.press("s")
    page.evaluate("scrollTo(0, 0)")
    nurse.look("session-sheet")
    page.keyboard.press("x")  # with a scale open: the patient's wish goes before everything
    expect(page.locator(".phase-name")).to_have_text("recovering")
    expect(page.get_by_text("stop it by hand now")).to_be_visible()


def test_stop_is_one_key_away_while_a_rate_is_being_set(started, journey_of):
    nurse = journey_of("nurse")
    page = nurse.page
    nurse.open(f"/sessions/{started.pk}/")
    page.keyboard.press("d")
    page.get_by_label("New rate").fill("20")
    page.get_by_label("Unit", exact=True).select_option("ml_per_h")
    expect(page.locator("#both-ways")).to_contain_text("mg/h")
    nurse.look("session-rate")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("x")
    expect(page.locator(".phase-name")).to_have_text("recovering")
    assert latest(started, "patient_asks_stop") is True
