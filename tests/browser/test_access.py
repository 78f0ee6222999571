"""The way in with a passkey, the password asked again in place, an emergency, and the people of a site."""

import os
import time

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from playwright.sync_api import CDPSession, Page, expect

from ketacare.clinic.models import AccessGrant, Hold
from tests.browser.journey import Journey
from tests.cast import PASSWORD
from tests.serving import served, stop

pytestmark = pytest.mark.browser
AN_HOUR_S = 3600
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def server(server, own_database: str, monkeypatch):
    """A clinic that asks after a minute."""
    stop(server)
    monkeypatch.setitem(os.environ, "KETACARE_IDLE_MINUTES", "1")
    with served(own_database) as running:
        yield running


def leave_alone() -> None:
    """Put everybody's last click an hour back."""
    for row in Session.objects.all():
        session = SessionStore(row.session_key)
        session["seen_at"] = time.time() - AN_HOUR_S
        session.save()


def give_password(page: Page, password: str = PASSWORD) -> None:
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Password").fill(password)
    dialog.get_by_role("button", name="Go on").click()


def type_a_hold(page: Page) -> None:
    page.get_by_label("Reason not to treat").fill("Chest pain & <tight> breath\nsince noon")
    page.get_by_label("Lifts when").fill("Seen by a cardiologist")


def open_holds(journey: Journey, own_cast) -> Page:
    journey.open(f"/courses/{own_cast.ada_course}/holds/")
    return journey.page


def test_a_form_sent_after_idle_time_asks_in_place_and_then_goes_on(journey_of, own_cast):
    journey = journey_of("nurse")
    page = open_holds(journey, own_cast)
    type_a_hold(page)
    leave_alone()
    page.get_by_role("button", name="Place the hold").click()
    expect(page.get_by_role("dialog")).to_contain_text("Are you still there, Harbour Nurse?")
    journey.look("idle", full=False)
    give_password(page, "not my password")
    expect(page.get_by_role("dialog").get_by_role("alert")).to_have_text("That is not your password.")
    assert not Hold.objects.exists()
    give_password(page)
    expect(page.get_by_role("rowheader")).to_contain_text("since noon")
    assert Hold.objects.get().reason.split() == ["Chest", "pain", "&", "<tight>", "breath", "since", "noon"]


ADD_HTMX_BUTTON = """() => {
  const button = document.createElement("button");
  button.textContent = "Ask";
  for (const [name, value] of Object.entries({get: "/patients/", select: "table", target: "main"}))
    button.setAttribute(`hx-${name}`, value);
  document.querySelector("main").append(button);
  htmx.process(button);
}"""
SEND = "() => import('/static/ui/idle.js').then(({ send }) => send('/patients/')).then((answer) => answer.status)"


def test_an_htmx_request_after_idle_time_asks_and_is_sent_again(journey_of):
    journey = journey_of("nurse")
    page = journey.page
    journey.open("/settings/")
    page.evaluate(ADD_HTMX_BUTTON)
    leave_alone()
    page.get_by_role("button", name="Ask").click()
    give_password(page)
    expect(page.get_by_role("rowheader")).to_have_text(["Ada Lindqvist", "Ben Okonjo"])
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_request_of_a_module_waits_for_the_password_and_gets_its_answer(journey_of):
    journey = journey_of("nurse")
    page = journey.page
    journey.open("/settings/")
    leave_alone()
    page.evaluate(f"() => {{ window.answer = ({SEND})() }}")
    give_password(page)
    assert page.evaluate("() => window.answer") == 200


def test_what_one_person_typed_is_never_sent_by_the_next_one(journey_of, own_cast):
    journey = journey_of("nurse")
    page = open_holds(journey, own_cast)
    type_a_hold(page)
    leave_alone()
    page.get_by_role("button", name="Place the hold").click()
    expect(page.get_by_role("dialog")).to_be_visible()

    other = page.context.new_page()
    other.goto("/accounts/login/")
    other.get_by_role("button", name="I am somebody else").click()
    expect(other.get_by_role("heading", level=1)).to_have_text("Log in")
    other.get_by_label("Email").fill("prescriber@harbour.example")
    other.get_by_label("Password").first.fill(PASSWORD)
    other.get_by_role("button", name="Log in", exact=True).click()
    expect(other.get_by_role("heading", level=1)).to_have_text("What needs me now?")

    give_password(page)
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_label("Reason not to treat")).to_have_value("")
    assert not Hold.objects.exists()


def test_without_javascript_the_typed_fields_are_carried_over_the_password(browser, server, own_cast):
    context = browser.new_context(base_url=server.url, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"/accounts/login/?next=/courses/{own_cast.ada_course}/holds/")
    page.get_by_label("Email").fill("nurse@harbour.example")
    page.get_by_label("Password").first.fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    type_a_hold(page)
    leave_alone()
    page.get_by_role("button", name="Place the hold").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Are you still there")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on and send").click()
    expect(page.get_by_role("rowheader")).to_contain_text("Chest pain & <tight> breath")
    context.close()


@pytest.fixture
def authenticator(page: Page) -> CDPSession:
    """A passkey device in the browser."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    return devtools


def test_a_passkey_is_set_up_and_logs_in_under_the_strict_policy(journey: Journey, own_cast, authenticator):
    page = journey.page
    journey.log_in("nurse@harbour.example", PASSWORD)
    page.goto("/settings/")
    journey.look("settings")
    page.get_by_role("link", name="Second factor and passkeys").click()
    journey.look("second-factor")
    page.goto("/accounts/2fa/webauthn/add/")
    page.get_by_label("Password").first.fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.get_by_label("Name").fill("Ward laptop")
    passwordless = page.get_by_label("Passwordless")
    if passwordless.count():
        passwordless.check()
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Recovery Codes")

    page.goto("/accounts/logout/")
    page.locator("main").get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Log in")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("What needs me now?")


def test_an_emergency_is_opened_shown_and_looked_at(journey_of, own_cast):
    journey = journey_of("nurse")
    page = journey.page
    journey.open("/emergency/")
    page.get_by_label("Given name").fill("Zoe")
    page.get_by_label("Family name").fill("Marchetti")
    page.get_by_label("Date of birth").fill("1979-01-30")
    page.get_by_label("Why you need this record now").fill("Collapsed in our waiting room")
    journey.look("emergency")
    page.get_by_role("button", name="Open the record").click()
    expect(page.get_by_role("note")).to_contain_text("Emergency access")
    journey.look("emergency-record")
    assert AccessGrant.objects.count() == 1


def test_the_administrator_adds_a_person_and_hands_over_a_link(journey_of):
    journey = journey_of("administrator")
    page = journey.page
    journey.open("/settings/people/")
    journey.look("people")
    page.get_by_role("link", name="Add a person").click()
    page.get_by_label("Full name").fill("Nora Quist")
    page.get_by_label("E-mail address").fill("nora@harbour.example")
    page.get_by_label("Role").select_option("nurse")
    page.get_by_role("button", name="Add the person").click()
    link = page.get_by_label("One-time link").input_value()
    journey.look("one-time-link")
    page.get_by_role("link", name="Done").click()
    expect(page.get_by_text("no password chosen yet")).to_be_visible()
    journey.look("person")
    page.get_by_role("button", name="Log out").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Log in")
    page.goto(link)
    journey.look("choose-password")


def test_the_access_tab_and_the_quality_page_read_well(journey_of, own_cast):
    journey = journey_of("quality")
    journey.open(f"/patients/{own_cast.ada}/access/")
    journey.look("access")
    journey.open("/quality/")
    journey.look("quality")
