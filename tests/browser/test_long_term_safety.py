"""The nurse sees what is due before the line goes in, does a check, and it is gone."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.rooms.followup.safety import check, watch
from tests.rooms.infusion.today import in_a_chair

pytestmark = pytest.mark.browser


def test_from_the_start_gate_to_a_check_that_is_done(own_cast, journey_of):
    session = in_a_chair(own_cast)
    before = timezone.now() - timedelta(minutes=2)
    check(own_cast, "liver", before, fu__alt_x_uln=2.4)
    watch(own_cast, before)
    journey = journey_of("nurse")
    page = journey.page
    journey.open(f"/sessions/{session.pk}/gate/")
    due = page.get_by_role("region", name="Long-term checks before the line goes in")
    expect(due).to_contain_text("Urinary symptoms")
    journey.look("gate-long-term-checks")
    due.get_by_role("link", name="Do it now: Urinary symptoms").click()
    journey.look("safety-check")
    for question in (
        "New urgency, frequency or pain on passing urine",
        "Urinary symptoms now",
        "Blood seen in the urine",
    ):
        page.get_by_role("group", name=question).get_by_label("No", exact=True).check()
    page.get_by_role("button", name="Write it down").press("Enter")
    expect(page.get_by_role("heading", name="Start gate")).to_be_visible()
    expect(due).to_be_visible()
    expect(due).not_to_contain_text("Urinary symptoms")
    journey.open("/safety/due/")
    expect(page.get_by_role("heading", name="Long-term safety: what is due?")).to_be_visible()
    journey.look("due-list")
    page.get_by_label("Check", exact=True).select_option("liver")
    page.get_by_role("button", name="Show").press("Enter")
    expect(page.locator("main table")).not_to_contain_text("Cognition")
    page.get_by_role("link", name="Ada Lindqvist").first.click()
    expect(page.get_by_role("heading", name="Exposure and checks")).to_be_visible()
    journey.look("exposure-and-checks")
    page.get_by_role("link", name="Side effects over time").click()
    expect(page.get_by_role("heading", name="Side effects over time")).to_be_visible()
    journey.look("side-effects")
