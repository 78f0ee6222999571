"""The pages about one patient and the day's work, as each role finds them."""

import pytest
from playwright.sync_api import expect

from ketacare.clinic import actions
from tests.cast import NOW
from tests.rooms.outcomes.caring import troubled
from tests.rooms.steps import draft, planned

pytestmark = pytest.mark.browser


@pytest.fixture
def busy(own_cast):
    """Ada with a plan, an unsigned order, a worrying answer and a hold."""
    planned(own_cast)
    draft(own_cast)
    troubled(own_cast, answer=1)
    actions.place_hold(
        course=own_cast.course("ada"),
        reason="Blood pressure above this site's limit on two readings.",
        lifts_when="Two readings below the limit, a week apart.",
        by=own_cast.actor("nurse"),
        at=NOW,
    )
    return own_cast


def test_today_says_what_waits_and_leads_there_in_one_step(busy, journey_of):
    journey = journey_of("prescriber")
    page = journey.page
    journey.open("/")
    expect(page.get_by_role("row", name="Sign an order")).to_contain_text("Ada Lindqvist")
    journey.look("today-work")
    page.get_by_role("link", name="Read and sign: Ada Lindqvist").click()
    expect(page.get_by_label("Patient", exact=True)).to_contain_text("Ada Lindqvist")


def test_every_tab_of_a_patient_pins_the_header_and_can_be_read_by_all(busy, journey_of):
    journey = journey_of("prescriber")
    page = journey.page
    journey.open(f"/patients/{busy.ada}/")
    tabs = page.get_by_role("navigation", name="About this patient").get_by_role("link")
    for name in tabs.all_inner_texts():
        tabs.get_by_text(name, exact=True).click()
        expect(tabs.get_by_text(name, exact=True)).to_have_attribute("aria-current", "page")
        header = page.get_by_label("Patient", exact=True)
        expect(header).to_contain_text("Ada Lindqvist")
        expect(header).to_contain_text("On hold:")
        journey.look(f"tab-{name.lower()}")
