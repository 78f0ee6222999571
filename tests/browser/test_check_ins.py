"""A patient answers from a link on a phone; the nurse sees what came, and what waits."""

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.test.utils import override_settings
from django.utils import timezone
from playwright.sync_api import expect

from ketacare.outcomes.models import AnswerSet
from ketacare.portal import running
from ketacare.portal.actions import ask_course, keep_wishes
from tests.browser.journey import PHONE, Journey
from tests.rooms.infusion import today
from tests.rooms.portal.asked import CLOCK, MAIL, link

pytestmark = pytest.mark.browser


@pytest.fixture
def path(own_cast) -> str:
    """Ada's session is booked for tomorrow, and the message about it has come: the path of its link."""
    now = timezone.now()
    today.planned(own_cast, at=now + timedelta(days=1))
    hour = now.astimezone(ZoneInfo(MAIL.time_zone)).hour
    wishes = replace(MAIL, hour=hour, quiet_from_h=0, quiet_until_h=0)
    keep_wishes(course_id=own_cast.ada_course, wishes=wishes, by=own_cast.actor("nurse"), at=now)
    ask_course(course_id=own_cast.ada_course, by=CLOCK, at=now)
    mail.outbox = []
    with override_settings(CAN_SEND_EMAIL=True, EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend"):
        running.send_due(by=CLOCK, at=now)
    return link()


@pytest.fixture
def on_phone(journey: Journey) -> Journey:
    """A walk on a screen of a phone's size."""
    journey.page.set_viewport_size(PHONE)
    return journey


def look(journey: Journey, name: str) -> None:
    journey.look(name)
    journey.page.set_viewport_size(PHONE)


def test_a_patient_answers_on_a_phone_and_is_shown_whom_to_call(on_phone, path, own_cast):
    page = on_phone.page
    on_phone.open(path)
    expect(page.get_by_text("Question 1 of 9")).to_be_visible()
    look(on_phone, "check-in-question")
    for _ in range(3):
        page.get_by_role("button", name="Several days").click()
    expect(page.get_by_text("Question 4 of 10")).to_be_visible()
    page.get_by_role("link", name="Back").click()
    expect(page.get_by_role("button", name="Several days your answer")).to_be_visible()
    look(on_phone, "check-in-back")
    page.get_by_role("button", name="More than half the days").click()
    for _ in range(5):
        page.get_by_role("button", name="Not at all").click()
    page.get_by_role("button", name="Several days").click()

    page.wait_for_url("**/help/")
    look(on_phone, "check-in-help")
    page.get_by_role("link", name="Go on with the questions that are left").click()
    for _ in range(7):
        page.get_by_role("button", name="Not at all").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    look(on_phone, "check-in-thanks")
    assert {row.instrument_id for row in AnswerSet.objects.filter(how="by-link")} == {"phq9", "gad7"}


def test_a_link_passed_on_is_refused_and_the_nurse_sees_it(on_phone, path, journey_of, own_cast, context):
    page = on_phone.page
    on_phone.open(path)
    page.get_by_role("button", name="Not at all").click()
    context.clear_cookies()
    on_phone.open(path)
    expect(page.get_by_role("heading", name="This link belongs to another device")).to_be_visible()
    look(on_phone, "check-in-other-device")

    nurse = journey_of("nurse")
    nurse.open(f"/courses/{own_cast.ada_course}/check-ins/")
    expect(nurse.page.get_by_text("Its link was opened on another device")).to_be_visible()
    expect(nurse.page.get_by_text("1 of 9 begun")).to_be_visible()
    nurse.look("check-ins")
    nurse.page.get_by_role("button", name="Seen").click()
    expect(nurse.page.get_by_text("Its link was opened on another device")).to_have_count(0)
    nurse.open(f"/courses/{own_cast.ada_course}/check-ins/wishes/")
    nurse.look("check-in-wishes")
    nurse.open("/quality/check-ins/")
    nurse.look("capture-rate")


def test_messages_stop_with_two_taps_on_the_phone(on_phone, path):
    page = on_phone.page
    on_phone.open(path)
    page.get_by_role("link", name="Stop these messages").click()
    look(on_phone, "check-in-stop")
    page.get_by_role("button", name="Stop these messages").click()
    expect(page.get_by_role("heading", name="Done")).to_be_visible()
