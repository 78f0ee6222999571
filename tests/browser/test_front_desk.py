"""What cannot wait, a form that lacks something, and the front desk's way from the queue to a patient who may be known."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.browser.journey import PHONE, Journey
from tests.browser.patient_steps import check_oneself
from tests.rooms.frontdesk.asking import asked, asked_as_ada
from tests.rooms.public.test_selfcheck import CHECK

pytestmark = pytest.mark.browser


@pytest.fixture
def on_phone(journey: Journey) -> Journey:
    """A walk on a screen of a phone's size."""
    journey.page.set_viewport_size(PHONE)
    return journey


def look(journey: Journey, name: str) -> None:
    journey.look(name)
    journey.page.set_viewport_size(PHONE)


GO_ON = {"en": "Go on", "es": "Continuar"}


def test_the_other_language_keeps_every_answer(on_phone):
    page = on_phone.page
    on_phone.open("/self-check/")
    check_oneself(page, 0, voices=["unsure"])
    page.get_by_role("button", name="Español").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Autoevaluación privada")
    expect(page.locator("input[name='voices'][value='unsure']")).to_be_checked()
    look(on_phone, "self-check-switched")
    page.get_by_role("button", name="Continuar").click()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_text("Page 2 of 2")).to_be_visible()


@pytest.mark.parametrize("language", ["en", "es"])
def test_what_cannot_wait_leads_to_help_at_once(on_phone, language):
    on_phone.open(f"/self-check/?language={language}")
    check_oneself(on_phone.page, 0, suicide=["intent"])
    on_phone.page.get_by_role("button", name=GO_ON[language]).click()
    expect(on_phone.page.get_by_role("heading", level=1)).to_have_text(CHECK.flags["danger"].title[language])
    look(on_phone, f"self-check-help-{language}")


def test_a_form_that_lacks_something_says_what_beside_it(on_phone, own_cast):
    on_phone.open("/consultation/")
    on_phone.page.evaluate("document.forms[0].noValidate = true")
    on_phone.page.get_by_role("button", name="Send", exact=True).click()
    expect(on_phone.page.get_by_role("alert")).to_be_visible()
    look(on_phone, "consultation-incomplete")


def test_the_front_desk_goes_from_the_queue_by_a_likely_patient_to_an_appointment_and_a_record(own_cast, journey_of):
    now = timezone.now()
    asked(own_cast, at=now - timedelta(hours=30), family_name="Okafor")
    request = asked_as_ada(own_cast, at=now, phone="+49 30 5550199")
    journey = journey_of("front-desk")
    page = journey.page
    journey.open("/requests/")
    expect(page.get_by_role("row", name="Okafor")).to_contain_text("overdue")
    journey.look("requests-queue")
    page.get_by_role("link", name="Open the request of Ada Lindqvist").click()
    expect(page.get_by_role("heading", name="May be somebody who is registered already")).to_be_visible()
    journey.look("request-candidates")
    page.get_by_label("What makes you sure?").fill("Another street, another mother")
    page.get_by_role("button", name="Another person").click()
    page.locator("#id_appointment_at").fill((now + timedelta(days=3)).strftime("%Y-%m-%dT10:00"))
    page.get_by_role("button", name="Keep the time").click()
    page.get_by_label("Not recorded").check()
    page.get_by_role("button", name="Open the record and a course").click()
    expect(page.get_by_role("link", name="Open the patient")).to_be_visible()
    journey.look("request-admitted")
    request.refresh_from_db()
    assert request.patient_id not in {None, own_cast.ada}
