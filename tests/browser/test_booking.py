"""The front desk settles chairs, books a course and moves a session, by keyboard; the sick nurse is in the whole way."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from ketacare.booking.models import Appointment
from tests.rooms import steps
from tests.rooms.booking.opened import opened

pytestmark = pytest.mark.browser


def next_monday():
    today = timezone.now().date()
    return today + timedelta(days=7 - today.weekday())


def test_the_front_desk_books_a_course_and_moves_a_session(own_cast, journey_of):
    first_on = next_monday()
    opened(own_cast)
    steps.planned(own_cast, first_on=first_on)
    journey = journey_of("front-desk")
    page = journey.page
    journey.open(f"/courses/{own_cast.ada_course}/book/")
    page.get_by_label("From", exact=False).first.fill(first_on.isoformat())
    page.get_by_role("button", name="Find times").press("Enter")
    expect(page.get_by_role("heading", name="Nearest to the plan")).to_be_visible()
    expect(page.get_by_text("Proved: no other way is better").first).to_be_visible()
    journey.look("booking-proposals")
    page.get_by_role("button", name="Book 6 sessions", exact=True).press("Enter")
    expect(page.get_by_text("6 sessions are booked.")).to_be_visible()
    assert Appointment.objects.filter(state="booked").count() == 6
    journey.look("booking-booked")

    page.get_by_role("link", name="Session 6").press("Enter")
    page.get_by_label("Day").fill((first_on + timedelta(days=18)).isoformat())
    page.get_by_role("button", name="Show free times").press("Enter")
    journey.look("booking-appointment")
    page.get_by_role("link", name="10:00–12:10", exact=False).press("Enter")
    expect(page.get_by_role("heading", name="Move session 6")).to_be_visible()
    journey.look("booking-move")
    page.get_by_role("button", name="Move 1 session", exact=False).press("Enter")
    expect(page.get_by_text("another time").first).to_be_visible()

    journey.open(f"/schedule/?on={first_on}&view=week")
    journey.look("schedule-week")
    page.get_by_role("link", name="Day", exact=True).press("Enter")
    journey.look("schedule-day")


def test_chairs_hours_and_the_waiting_list(own_cast, journey_of):
    opened(own_cast, chairs=1, days=[0])
    journey = journey_of("front-desk")
    page = journey.page
    journey.open("/settings/booking/")
    page.get_by_text("Add a chair").first.click()
    page.get_by_label("Name of the chair").fill("Window chair")
    page.get_by_role("button", name="Add a chair").press("Enter")
    expect(page.get_by_text("Window chair")).to_be_visible()
    journey.look("booking-settings")
    journey.open(f"/courses/{own_cast.ada_course}/wait/")
    page.get_by_role("button", name="Put on the list").press("Enter")
    expect(page.get_by_role("heading", name="Waiting list")).to_be_visible()
    journey.look("waiting-list")
    journey.open("/settings/calendar/")
    page.get_by_role("button", name="Make an address").press("Enter")
    expect(page.get_by_label("Address")).to_be_visible()
    journey.look("calendar-address")
