"""The review of a course as its prescriber reads it, decides, and finds it on the plan."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.rooms.followup.telling import afterwards
from tests.rooms.followup.test_review import lost
from tests.rooms.planning.asking import course_with

pytestmark = pytest.mark.browser


def test_a_prescriber_reviews_the_course_after_the_third_session_on_one_page(own_cast, journey_of):
    course_with(own_cast, 3, before=20, after=8, until=timezone.now())
    afterwards(own_cast, timezone.now() - timedelta(minutes=1))
    journey = journey_of("prescriber")
    page = journey.page
    journey.open("/")
    page.get_by_role("link", name="Review and decide").click()
    expect(page.get_by_text("Better: a response")).to_be_visible()
    expect(page.get_by_role("link", name="Nausea, grade 1")).to_be_visible()
    journey.look("review")

    for group in page.get_by_role("group").all()[:-1]:
        group.get_by_label("No", exact=True).check()
    page.get_by_label("Go on", exact=True).check()
    page.get_by_label("Why").fill("Sleeps again and goes out; nausea is mild")
    page.get_by_role("button", name="Record the decision").press("Enter")
    expect(page.get_by_text("Sleeps again and goes out")).to_be_visible()
    journey.look("review-decided")


def test_a_lost_response_is_found_on_today_and_shown_as_large_as_a_gain(own_cast, journey_of):
    lost(own_cast, best=6, now=24)
    journey = journey_of("prescriber")
    page = journey.page
    journey.open("/")
    expect(page.get_by_text("A response was lost")).to_be_visible()
    journey.open(f"/courses/{own_cast.ada_course}/review/")
    expect(page.get_by_text("Response lost")).to_be_visible()
    journey.look("review-lost")
