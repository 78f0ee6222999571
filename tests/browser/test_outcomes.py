"""A question list by the keyboard alone, its result, the alert it raises and who looks after it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import screenshots
from tests.browser.journey import Journey
from tests.rooms.outcomes.caring import on_all_day
from tests.rooms.outcomes.test_rota import settle
from tests.serving import cookie_of

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
    expect(page.get_by_role("heading", name="Thank you for your answers")).to_be_visible()
    journey.look("crisis-help")
    page.get_by_role("link", name="For staff: go on").click()

    expect(page.get_by_text("Moderate", exact=False).first).to_be_visible()
    expect(page.locator(".answers-total")).to_contain_text("12")
    journey.look("phq9-result")

    journey.open("/alerts/")
    expect(page.get_by_text("Nobody is named")).to_be_visible()
    journey.look("alerts")
    page.get_by_role("button", name="Take").click()
    journey.look("alert-taken")
    page.get_by_label("What was found", exact=False).first.fill(
        "C-SSRS screener done: wish to be dead, no plan or intent"
    )
    page.get_by_role("button", name="Write down the contact").click()
    page.get_by_label("What was found and done").fill("Safety plan gone through; call tomorrow")
    journey.look("alert-contact")
    page.get_by_role("button", name="Close the alert").click()
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


@pytest.fixture
def second_tab(browser, server, own_cast) -> Iterator[Journey]:
    """The therapist in a browser of their own."""
    context = browser.new_context(base_url=server.url, locale="en-GB", reduced_motion="reduce")
    cookies = cookie_of(own_cast.user("therapist"))
    context.add_cookies([{"name": name, "value": value, "url": server.url} for name, value in cookies.items()])
    walk = Journey(page=context.new_page(), folder=screenshots())
    yield walk
    context.close()
    assert not walk.complaints, walk.complaints


def test_an_item_9_alert_from_tap_to_closed_with_two_people_and_two_tabs(journey_of, second_tab, own_cast):
    on_all_day(own_cast, "therapist")
    settle(own_cast, country="de", own_name="Our night line", own_reach="call 555 0101")
    nurse, therapist = journey_of("nurse"), second_tab
    nurse.open(f"/courses/{own_cast.ada_course}/outcomes/new/phq9/")
    for question in range(8):
        nurse.page.get_by_role("group").nth(question).get_by_label("Not at all").check()
    nurse.page.get_by_role("group").nth(8).get_by_label("Nearly every day").check()
    nurse.page.get_by_role("button", name="Keep the answers").click()
    expect(nurse.page.get_by_text("TelefonSeelsorge")).to_be_visible()
    expect(nurse.page.get_by_text("Our night line")).to_be_visible()
    nurse.look("crisis-help-of-a-country")

    for one in (nurse, therapist):
        one.open("/alerts/")
    expect(therapist.page.get_by_text("named: Harbour Therapist, not taken yet").first).to_be_visible()
    therapist.page.get_by_role("button", name="Take").first.click()
    expect(therapist.page.get_by_text("You have taken the alert.")).to_be_visible()
    nurse.page.get_by_role("button", name="Take").first.click()
    expect(nurse.page.get_by_text("Somebody else was first. It is with Harbour Therapist now.")).to_be_visible()
    nurse.look("alert-with-another")

    page = therapist.page
    page.get_by_text("The patient was not reached").click()
    page.get_by_label("What was done then").fill("No answer; message left, tried again in ten minutes")
    page.get_by_role("button", name="Write down the attempt").click()
    expect(page.get_by_text("No answer; message left")).to_be_visible()
    expect(page.get_by_role("button", name="Close the alert")).to_have_count(0)
    therapist.look("alert-attempt")
    page.get_by_label("What was found", exact=False).first.fill("Thoughts, no plan, her sister stays tonight")
    page.get_by_role("button", name="Write down the contact").click()
    page.get_by_label("What was found and done").fill("Safety plan; prescriber told; seen tomorrow")
    page.get_by_role("button", name="Close the alert").click()
    expect(page.get_by_text("The alert is closed.")).to_be_visible()
    therapist.open("/settings/alerts/")
    therapist.look("rota")
    therapist.open("/quality/alerts/")
    expect(page.get_by_text("Harbour Therapist").first).to_be_visible()
    therapist.look("alert-times")


def test_a_scale_that_belongs_to_somebody_is_stated_and_shown(journey_of, own_cast):
    journey = journey_of("prescriber")
    page = journey.page
    journey.open(f"/courses/{own_cast.ada_course}/outcomes/new/who5/")
    expect(page.get_by_text("Not shown here")).to_be_visible()
    journey.look("scale-not-shown")
    page.get_by_role("link", name="State what this site may use").click()
    page.get_by_label("may use it", exact=True).check()
    page.get_by_label("Who holds the right, or answers for the use").fill("Harbour Clinic, a charity")
    page.get_by_label("Since").fill("2026-01-05")
    journey.look("licence")
    page.get_by_role("button", name="State it").click()
    expect(page.get_by_text("Harbour Clinic, a charity")).to_be_visible()
    journey.look("licences")
    journey.open(f"/courses/{own_cast.ada_course}/outcomes/new/who5/")
    expect(page.get_by_text("I have felt cheerful and in good spirits")).to_be_visible()
    journey.open(f"/courses/{own_cast.ada_course}/outcomes/new/cssrs_screener/")
    expect(page.get_by_text("In our own words")).to_be_visible()
    journey.look("scale-in-our-words")


def test_every_scale_is_one_quiet_step_away(journey_of, own_cast):
    journey = journey_of("nurse")
    page = journey.page
    journey.open(f"/courses/{own_cast.ada_course}/outcomes/")
    page.get_by_text("Fill in another scale").click()
    journey.look("outcomes-other-scales")
    page.get_by_role("link", name="PHQ-2 Patient").click()
    expect(page.get_by_role("heading", name="Patient Health Questionnaire-2")).to_be_visible()
