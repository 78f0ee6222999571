"""A question list by the keyboard alone, its result, the alert it raises and who looks after it."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_phq9_is_answered_by_number_keys_and_its_critical_answer_finds_an_owner(journey_of, own_cast):
    journey = journey_of("prescriber")
    page = journey.page
    journey.open(f"/courses/{own_cast.ada_course}/outcomes/")
    journey.look("outcomes-empty")
    page.get_by_role("link", name="Fill in PHQ-9").click()
    journey.look("phq9")

    page.get_by_role("group").first.get_by_role("radio").first.focus()
    page.keyboard.type("221210120")
    expect(page.get_by_role("group").nth(9).get_by_role("radio").first).to_be_focused()
    page.get_by_role("group").nth(8).get_by_label("Several days").check()
    page.get_by_role("button", name="Keep the answers").click()

    expect(page.get_by_text("Moderate", exact=False).first).to_be_visible()
    expect(page.locator(".answers-total")).to_contain_text("12")
    journey.look("phq9-result")

    journey.open("/alerts/")
    expect(page.get_by_text("nobody has taken it yet")).to_be_visible()
    journey.look("alerts")
    page.get_by_role("button", name="Take").click()
    page.get_by_label("What was found and done").fill("C-SSRS screener done: wish to be dead, no plan or intent")
    page.get_by_role("button", name="Close", exact=True).click()
    expect(page.get_by_text("The alert is closed.")).to_be_visible()
    expect(page.get_by_text("On hold")).to_have_count(0)
    journey.look("outcomes")


def test_a_question_left_open_is_asked_once_more(journey_of, own_cast):
    journey = journey_of("nurse")
    page = journey.page
    journey.open(f"/courses/{own_cast.ada_course}/outcomes/new/gad7/")
    for question in range(6):
        page.get_by_role("group").nth(question).get_by_label("Not at all").check()
    page.get_by_role("button", name="Keep the answers").click()
    expect(page.get_by_role("alert")).to_contain_text("Without an answer: 7")
    journey.look("gad7-open")
    page.get_by_label("leaves the unanswered questions open").check()
    page.get_by_role("button", name="Keep the answers").click()
    expect(page.get_by_text("Worked out from the questions that were answered")).to_be_visible()
