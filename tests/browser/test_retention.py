"""The quality lead sees how long what is kept and hands a record over; a nurse sees why a letter is not to be sent."""

import pytest
from playwright.sync_api import expect

from tests.rooms.followup.safety import DAY, FIRST, under_way, watch
from tests.rooms.frontdesk.asking import asked
from tests.rooms.rights.asking import limit

pytestmark = pytest.mark.browser


def test_from_the_settings_to_what_goes_when(own_cast, journey_of):
    asked(own_cast)
    journey = journey_of("quality")
    journey.open("/settings/")
    journey.page.get_by_role("link", name="How long what is kept").click()
    expect(journey.page.get_by_role("heading", name="How long what is kept")).to_be_visible()
    expect(journey.page.get_by_role("region", name="Harbour Clinic")).to_contain_text("180 days from the last contact")
    journey.look("retention")


def test_in_the_place_of_a_letter_stands_why_it_is_not_to_be_sent(own_cast, journey_of):
    under_way(own_cast)
    watch(own_cast, FIRST + 8 * DAY)
    limit(own_cast, "sharing")
    journey = journey_of("nurse")
    journey.open(f"/courses/{own_cast.ada_course}/safety/exposure/")
    expect(journey.page.get_by_text("Use for letters to others who treat them is forbidden")).to_be_visible()
    expect(journey.page.get_by_role("button", name="Make the letter (PDF)")).to_have_count(0)
    journey.look("letter-forbidden")


def test_a_record_is_handed_over_from_the_patients_access_tab(own_cast, journey_of):
    journey = journey_of("quality")
    page = journey.page
    journey.open(f"/patients/{own_cast.ada}/access/")
    page.get_by_role("link", name="Hand the record over").click()
    journey.look("hand-over")
    page.get_by_label("JSON, everything as data").check()
    page.get_by_label("The patient asks in person, and I have seen who they are").check()
    with page.expect_download() as coming:
        page.get_by_role("button", name="Make the file").click()
    assert coming.value.suggested_filename == "record.json"
