"""A nurse goes through the medicines with a patient who is here, and the record shows what was said."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.rooms.infusion.today import in_a_chair
from tests.rooms.record.test_reconciling import gone_through, told

pytestmark = pytest.mark.browser


def test_a_nurse_goes_through_the_medicines_of_a_visit(own_cast, journey_of):
    in_a_chair(own_cast)
    new = (("Sertraline 50 MG Oral Tablet", "1 tablet daily"), ("Clonazepam 1 MG Oral Tablet", "1 tablet at night"))
    gone_through(own_cast, told(own_cast, added=new), at=timezone.now() - timedelta(days=7))
    journey = journey_of("nurse")
    page = journey.page
    journey.open("/")
    page.get_by_role("link", name="Go through the list").click()
    page.get_by_role("region", name="Sertraline 50 MG Oral Tablet").get_by_label("Taken as listed").check()
    journey.look("medicines")
    page.get_by_role("region", name="Clonazepam").get_by_label("Stopped", exact=True).check()
    page.get_by_label("Medicine and strength").first.fill("Lithium 300 MG Oral Tablet")
    page.get_by_label("Dose and how often").first.fill("1 tablet twice daily")
    page.get_by_label("packages they brought").check()
    page.get_by_role("button", name="Keep the list").press("Enter")
    expect(page.get_by_text("Lithium 300 MG Oral Tablet: ")).to_be_visible()
    expect(page.get_by_text("day not known")).to_be_visible()
    journey.look("medicines-kept")
    journey.open("/")
    expect(page.get_by_role("link", name="Go through the list")).to_have_count(0)
