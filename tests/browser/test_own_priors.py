"""Priors of a site's own: found on Today, read, approved by another person; the forecast says that they spoke."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from tests.rooms.followup.fitted import proposed
from tests.rooms.followup.test_forecast import SESSIONS, TOTALS, answered, treated

pytestmark = pytest.mark.browser


def test_from_a_proposal_to_a_forecast_that_rests_on_it_and_back(own_cast, journey_of):
    first = timezone.now() - timedelta(days=30)
    treated(own_cast, first=first, days=SESSIONS)
    for day, total in TOTALS:
        answered(own_cast, total, at=first + timedelta(days=day))
    proposed(own_cast, at=timezone.now())

    journey = journey_of("second-prescriber")
    page = journey.page
    page.goto(reverse("worklist:today"))
    page.get_by_role("link", name="See what they change").click()
    expect(page.get_by_role("heading", name="What forecasts were worth")).to_be_visible()
    page.get_by_text("What is believed of a patient before").press("Enter")
    journey.look("own-priors")
    page.get_by_role("button", name="Approve").press("Enter")
    expect(page.get_by_text("Approved by")).to_be_visible()
    page.get_by_role("link", name="All scales").press("Enter")
    expect(page.get_by_role("link", name="own")).to_be_visible()
    journey.look("own-priors-in-force")

    journey.open(f"/courses/{own_cast.ada_course}/forecast/")
    page.get_by_text("What to know before believing it").press("Enter")
    journey.look("forecast-by-own-priors")
    page.get_by_role("link", name="priors of this site").press("Enter")
    page.get_by_text("The published priors shall speak again").press("Enter")
    page.get_by_label("Why").fill("Bands too narrow")
    page.get_by_role("button", name="Take them back").press("Enter")
    expect(page.get_by_text("Taken back by")).to_be_visible()
