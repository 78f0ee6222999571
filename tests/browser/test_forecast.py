"""The prescriber reads when to look again, by which numbers, and what another session would change; by keyboard."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.rooms.followup.test_forecast import SESSIONS, TOTALS, answered, treated
from tests.rooms.planning import asking as numbers
from tests.rooms.planning.asking import course_with

pytestmark = pytest.mark.browser


def test_a_prescriber_reads_the_forecast_and_tries_another_session(own_cast, journey_of):
    first = timezone.now() - timedelta(days=30)
    treated(own_cast, first=first, days=SESSIONS)
    for day, total in TOTALS:
        answered(own_cast, total, at=first + timedelta(days=day))
    journey = journey_of("prescriber")
    page = journey.page
    journey.open(f"/courses/{own_cast.ada_course}/outcomes/")
    page.get_by_role("link", name="Forecast").click()
    expect(page.get_by_text("A planning aid: the clinician decides.")).to_be_visible()
    expect(page.get_by_text("Held at least 16 days after session 6.")).to_be_visible()
    journey.look("forecast")

    page.get_by_label("People like").select_option("research")
    page.get_by_label("What if: another session on").fill((timezone.now() + timedelta(days=9)).date().isoformat())
    page.get_by_role("button", name="Show").press("Enter")
    expect(page.get_by_role("columnheader", name="As thought").last).to_be_visible()
    before, thought = (
        float(page.get_by_role("row").last.get_by_role("cell").nth(place).inner_text()) for place in (4, 5)
    )
    assert thought < before
    journey.look("forecast-what-if")


def test_what_was_thought_becomes_a_session_that_the_front_desk_books(own_cast, journey_of):
    at = course_with(own_cast, 3, before=20, until=timezone.now())
    numbers.answered(own_cast, 6, at=at - timedelta(days=1))
    numbers.answered(own_cast, 9, at=at - timedelta(hours=1))
    journey = journey_of("prescriber")
    page = journey.page
    journey.open(f"/courses/{own_cast.ada_course}/forecast/")
    page.get_by_label("What if: another session on").fill((timezone.now() + timedelta(days=12)).date().isoformat())
    page.get_by_role("button", name="Show").press("Enter")
    page.get_by_label("Why").fill("It begins to fade")
    journey.look("forecast-ask")
    page.get_by_role("button", name="Ask the front desk to book it").press("Enter")
    expect(page.get_by_text("waits to be booked")).to_be_visible()

    journey_of("front-desk")
    journey.open("/")
    page.get_by_role("link", name="Find the hour").click()
    page.get_by_role("link", name="Book it without a chair").click()
    expect(page.get_by_text("It begins to fade")).to_be_visible()
    journey.look("wanted-session")
    page.get_by_role("button", name="Book session 4").press("Enter")
    expect(page.get_by_text("Session 4 is booked for")).to_be_visible()
    journey.look("wanted-session-booked")
