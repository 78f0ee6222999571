"""Consent on a phone: read aloud, signed by keyboard, refused, asked for anew and taken back; the drawn one is in the whole way."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from ketacare.clinic.models import User
from ketacare.consent import actions, queries
from ketacare.consent.document import document_for, separate_for
from ketacare.consent.models import SeparateConsent
from tests.browser.journey import PHONE, Journey
from tests.browser.patient_steps import answer_all
from tests.rooms import steps
from tests.serving import cookie_of, wait_until

pytestmark = pytest.mark.browser


@pytest.fixture
def ada(server, own_cast, journey: Journey) -> Journey:
    """Ada in her own log-in, eligible and able to decide; the talk was held a few minutes ago."""
    now = timezone.now() - timedelta(minutes=5)
    steps.eligible(own_cast, at=now)
    steps.capable(own_cast, at=now)
    steps.talked(own_cast, at=now)
    enter_as_ada(server, own_cast, journey)
    return journey


def enter_as_ada(server, own_cast, journey: Journey) -> None:
    """Ada's log-in on her phone; whoever was there before is there no more."""
    cookies = cookie_of(User.objects.get(pk=own_cast.ada_user))
    journey.page.context.add_cookies([{"name": n, "value": v, "url": server.url} for n, v in cookies.items()])
    journey.page.set_viewport_size(PHONE)


def test_reading_aloud_says_why_it_cannot_where_there_is_no_voice(own_cast, ada):
    page = ada.page
    page.add_init_script("Object.defineProperty(window, 'speechSynthesis', {value: undefined})")
    ada.open(f"/courses/{own_cast.ada_course}/consent/sign/")
    expect(page.locator("[data-aloud-says]")).to_contain_text("This browser cannot read aloud")
    expect(page.get_by_role("button", name="Read it to me")).to_have_count(0)


def test_reading_aloud_goes_through_the_text_in_its_language_and_stops(own_cast, ada):
    page = ada.page
    page.add_init_script(
        """
        window.said = [];
        class Said { constructor(text) { this.text = text; } }
        Object.defineProperty(window, 'SpeechSynthesisUtterance', {value: Said});
        Object.defineProperty(window, 'speechSynthesis', {value: {
          getVoices: () => [{lang: 'es-MX'}], cancel: () => {},
          speak: (one) => { window.said.push([one.lang, one.text]); setTimeout(() => one.onend(), 5); },
        }});
        """
    )
    ada.open(f"/courses/{own_cast.ada_course}/consent/sign/?language=es")
    page.get_by_role("button", name="Léamelo").click()
    spanish = document_for(indication="mdd_trd", language="es").stated
    parts = page.locator("[data-read]").count()
    wait_until(lambda: page.evaluate("window.said.length") >= parts)
    said = page.evaluate("window.said")
    assert {language for language, _ in said} == {"es"}
    heard = " ".join(words for _, words in said)
    for section in spanish.sections:
        assert section.title in heard
        assert all(one in heard for one in section.text)
    ada.open(f"/courses/{own_cast.ada_course}/consent/sign/?language=en")
    page.get_by_role("button", name="Read it to me").click()
    expect(page.locator("[data-aloud-says]")).to_contain_text("no voice for this language")


def test_a_typed_name_signs_without_a_pointer_and_a_no_needs_no_more(own_cast, ada):
    page = ada.page
    text = separate_for("touch")
    steps.understood(own_cast, text, at=timezone.now())
    ada.open(f"/courses/{own_cast.ada_course}/consent/also/touch/")
    for box in page.get_by_role("checkbox").all():
        box.focus()
        page.keyboard.press("Space")
    name = page.get_by_label("Type your full name to sign")
    name.focus()
    page.keyboard.type("Ada Lindqvist")
    ada.look("consent-touch")
    name.press("Enter")
    expect(page.locator("main")).to_contain_text("Signed. Thank you.")
    ada.open(f"/courses/{own_cast.ada_course}/consent/also/recording/")
    page.get_by_role("button", name="No, I do not agree to this").click()
    expect(page.locator("main")).to_contain_text("Your no is kept.")
    said = SeparateConsent.objects.order_by("pk").values_list("kind", "said", "method")
    assert list(said) == [("touch", "given", "on-screen"), ("recording", "refused", "")]


def test_consent_is_asked_for_anew_signed_again_and_taken_back(server, own_cast, ada, journey_of):
    page, now = ada.page, timezone.now()
    steps.sign(own_cast, at=now - timedelta(minutes=4))
    by = own_cast.actor("nurse")
    why = {"why": "serious-event", "says": "A fall after the last visit."}
    actions.ask_again(course_id=own_cast.ada_course, **why, by=by, at=now - timedelta(minutes=3))
    ada.open(f"/courses/{own_cast.ada_course}/consent/")
    expect(page.locator("main")).to_contain_text("does not hold any more")
    ada.look("consent-own-asked-again")
    nurse = journey_of("nurse")
    nurse.open(f"/courses/{own_cast.ada_course}/consent/")
    expect(nurse.page.locator("main")).to_contain_text("A fall after the last visit.")
    nurse.look("consent-asked-again")
    steps.capable(own_cast, at=now)
    nurse.open(f"/courses/{own_cast.ada_course}/consent/talk/")
    nurse.page.get_by_label("Who explained").select_option(label="Harbour Nurse")
    nurse.page.get_by_label("Interpreter", exact=False).first.select_option("present")
    nurse.page.get_by_label("Name of the interpreter").fill("Luz Vega")
    nurse.page.get_by_label("Language", exact=True).fill("Spanish")
    nurse.look("consent-talk")
    nurse.page.get_by_role("button", name="Keep the talk").click()
    answer_all(nurse.page, document_for(indication="mdd_trd"))
    nurse.page.get_by_role("link", name="Go on to your decision").click()
    for box in nurse.page.get_by_role("checkbox").all():
        box.check()
    nurse.page.get_by_label("Type your full name to sign").fill("Ada Lindqvist")
    nurse.look("consent-staff-signing")
    nurse.page.get_by_role("button", name="Sign", exact=True).click()
    expect(nurse.page.locator("main")).to_contain_text("In force")
    nurse.look("consent-in-force")
    assert queries.consent_status(own_cast.course("ada"), timezone.now()).in_force
    enter_as_ada(server, own_cast, ada)
    ada.open(f"/courses/{own_cast.ada_course}/consent/")
    page.get_by_text("Take it back").first.click()
    page.get_by_role("button", name="Take back my consent").first.click()
    expect(page.locator("main")).to_contain_text("You took it back.")
    ada.look("consent-own-taken-back")
    assert not queries.consent_status(own_cast.course("ada"), timezone.now()).in_force
