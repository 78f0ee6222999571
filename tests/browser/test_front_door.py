"""The way in: log in, Today, the patients, somebody new."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.journey import Journey
from tests.cast import PASSWORD

pytestmark = pytest.mark.browser


def test_the_front_desk_logs_in_and_registers_somebody(journey: Journey):
    page = journey.page
    page.goto("/accounts/login/")
    journey.look("log-in")
    journey.log_in("front-desk@harbour.example", PASSWORD)
    expect(page.get_by_role("heading", level=1)).to_have_text("What needs me now?")
    journey.look("today")

    page.get_by_role("link", name="Patients", exact=True).click()
    expect(page.get_by_role("rowheader")).to_have_text(["Ada Lindqvist", "Ben Okonjo"])
    journey.look("patients")

    page.keyboard.press("n")
    expect(page.get_by_role("heading", level=1)).to_have_text("New patient")
    page.get_by_role("button", name="Register the patient").click()
    expect(page.locator("input:invalid").first).to_be_focused()  # the browser itself points at what is missing
    page.get_by_label("Given name").fill("Mira")
    page.get_by_label("Family name").fill("Castellanos-Oyelaran")
    page.get_by_label("Date of birth").fill("1988-07-19")
    page.get_by_label("Female").check()
    journey.look("new-patient")
    page.get_by_role("button", name="Register the patient").click()

    expect(page.get_by_label("Patient", exact=True)).to_contain_text("Mira Castellanos-Oyelaran")
    page.get_by_role("link", name="Open a course").first.click()
    page.get_by_label("What the course is for").select_option(label="Treatment-resistant depression")
    page.get_by_role("button", name="Open the course").click()
    expect(page.locator("[aria-current=step]")).to_contain_text("Referred")
    journey.look("summary")


def test_a_person_is_found_by_the_keyboard_alone_and_no_name_stands_in_an_address(journey_of):
    journey = journey_of("nurse")
    page = journey.page
    journey.open("/patients/")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Find a patient")
    journey.look("keys")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("/")
    expect(page.get_by_label("Name or date of birth")).to_be_focused()
    page.keyboard.type("okon")
    page.keyboard.press("Enter")
    expect(page.get_by_role("rowheader")).to_have_text(["Ben Okonjo"])
    expect(page).to_have_url(re.compile(r"/patients/$"))


def test_the_room_theme_is_chosen_once_and_stays(journey_of):
    journey = journey_of("nurse")
    page = journey.page
    journey.open("/")
    page.get_by_role("button", name="Room theme").click()
    journey.open("/patients/")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_every_page_of_the_front_door_reads_and_sends_without_javascript(browser, server, own_cast):
    context = browser.new_context(base_url=server.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/accounts/login/?next=/patients/")
    page.get_by_label("Email").fill("nurse@harbour.example")
    page.get_by_label("Password").first.fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_label("Name or date of birth").fill("1984-05-17")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_role("rowheader")).to_have_text(["Ada Lindqvist"])
    context.close()
