"""Decision support from end to end: what is missing, what would have to be true, a letter, two prescribers, a plan, a signed order."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from ketacare.clinic.models import DecisionRecord
from ketacare.planning.models import Order
from ketacare.planning.queries import order_view
from tests.browser.journey import Journey
from tests.cast import Cast
from tests.rooms import steps
from tests.rooms.evaluation import answers

pytestmark = pytest.mark.browser

PRESSURE = "Systolic pressure, mean of two or more seated readings"
# Stable coronary disease asks for a letter (REL-04); a use disorder that is active now for two prescribers (ABS-23).
HEART_AND_DRINK = {
    "cv__had_mi_or_cv_event": True,
    "cv__days_since_mi_or_event": 1095,
    "cv__stable_cad": True,
    "cv__ecg_done": True,
    "cv__qtc_ms": 420,
    "cv__ecg_interpretation": "normal",
    "sud__any_history": True,
    "sud__active_moderate_severe": True,
    "sud__days_in_remission": 0,
    "cv__bp_sys": None,
}
WITHOUT_A_SECOND, WITH_A_SECOND = "0.5", "0.6"  # mg/kg in a first session, either side of DOSE-04


def test_from_a_missing_answer_to_an_order_that_two_prescribers_signed(
    journey_of: Callable[[str], Journey], own_cast: Cast
) -> None:
    now = timezone.now() - timedelta(minutes=5)
    answers.answer(own_cast, at=now, **HEART_AND_DRINK)
    walk = journey_of("prescriber")
    walk.page.goto(reverse("evaluation:course", args=[own_cast.ada_course]))
    the_missing_pressure_is_answered(walk)
    what_would_have_to_be_true_is_said(walk)
    a_source_is_one_click_away(walk)
    the_cardiologists_letter_is_filed(walk)
    the_prescriber_decides(walk)
    another_prescriber_signs(journey_of("second-prescriber"), own_cast)
    assert DecisionRecord.objects.get().decided == "treat"

    steps.capable(own_cast, at=now)
    steps.sign(own_cast, at=now)
    steps.weigh(own_cast, "71.3", at=now)
    walk = journey_of("prescriber")
    walk.page.goto(reverse("planning:course", args=[own_cast.ada_course]))
    a_plan_is_made_from_a_template(walk)
    an_order_above_the_usual_first_dose_is_signed(walk)
    another_prescriber_signs_the_order(journey_of("second-prescriber"))
    assert order_view(Order.objects.get()).is_ready


def the_missing_pressure_is_answered(walk: Journey) -> None:
    page = walk.page
    walk.look("support-1-missing")
    section(page, "What is missing").get_by_role("link", name=PRESSURE).click()
    page.get_by_label(PRESSURE).fill("122")
    page.get_by_role("button", name="Save and go on").click()
    page.get_by_role("link", name="Back to the evaluation").click()
    expect(page.get_by_role("heading", name="What is missing")).to_have_count(0)


def what_would_have_to_be_true_is_said(walk: Journey) -> None:
    outlook = section(walk.page, "What would have to be true")
    expect(outlook).to_contain_text("A clearance from cardiology")
    expect(outlook).to_contain_text("Active moderate or severe use disorder: no")
    expect(outlook).to_contain_text("A clearance from addiction")
    expect(outlook).to_contain_text("Days in remission: 90 days or more")
    walk.look("support-2-what-if")


def a_source_is_one_click_away(walk: Journey) -> None:
    walk.page.locator("#REL-04").get_by_role("link", name="[G-ASRA18]").click()
    expect(walk.page.get_by_text("How it was read")).to_be_visible()
    walk.look("support-3-source")
    walk.page.go_back()


def the_cardiologists_letter_is_filed(walk: Journey) -> None:
    page, today = walk.page, timezone.localdate()
    section(page, "What would have to be true").get_by_role("link", name="File the letter from cardiology").click()
    page.get_by_label("REL-04").check()
    page.get_by_label("Given by").fill("Dr Hale, licence 77")
    page.get_by_label("Specialty").fill("cardiology")
    page.get_by_label("Document").fill("Letter 12 of 2 March")
    page.get_by_label("Dated").fill(today.isoformat())
    page.get_by_label("Valid until").fill((today + timedelta(days=180)).isoformat())
    walk.look("support-4-letter")
    page.get_by_role("button", name="File the letter").click()
    expect(page.locator("#REL-04 h3")).to_contain_text("cleared")
    expect(section(page, "What would have to be true")).not_to_contain_text("A clearance from cardiology")


def the_prescriber_decides(walk: Journey) -> None:
    page = walk.page
    page.locator("#ABS-23").get_by_text("Go on against it, with a reason").click()
    page.get_by_label("Go on against ABS-23 because").select_option("A specialist agrees (name the document)")
    page.get_by_label("In your words (ABS-23)").fill("In treatment for it; the addiction service asks for this course")
    page.get_by_label("Document (ABS-23)").fill("Letter 15 of 4 March")
    for box in page.get_by_role("checkbox", name="I have read").all():
        box.check()
    page.get_by_label("Treat", exact=True).check()
    page.get_by_label("Why, where you differ from the findings").fill("Weighed with her and her addiction counsellor")
    walk.look("support-5-decide")
    page.get_by_role("button", name="Record the decision").click()
    expect(page.get_by_role("heading", name="A second prescriber must sign")).to_be_visible()


def another_prescriber_signs(walk: Journey, cast: Cast) -> None:
    walk.page.goto(reverse("evaluation:course", args=[cast.ada_course]))
    walk.look("support-6-second")
    walk.page.get_by_role("button", name="Sign as second prescriber").click()
    expect(section(walk.page, "Decisions so far").get_by_role("link", name="Treat")).to_be_visible()
    walk.look("support-7-decided")


def a_plan_is_made_from_a_template(walk: Journey) -> None:
    page = walk.page
    page.get_by_role("link", name="Make a plan").click()
    page.get_by_label("First session on").fill(timezone.localdate().isoformat())
    walk.look("support-8-template")
    page.get_by_role("button", name="Keep the plan").click()
    expect(page.get_by_role("link", name="Write the order").first).to_be_visible()
    walk.look("support-9-plan")


def an_order_above_the_usual_first_dose_is_signed(walk: Journey) -> None:
    page = walk.page
    page.get_by_role("link", name="Write the order").first.click()
    page.get_by_label("Dose, mg per kg").fill(WITHOUT_A_SECOND)
    page.get_by_label("Vial, mg per mL").fill("50")
    page.get_by_label("Diluted to, mL").fill("50")
    page.get_by_label("No", exact=True).check()
    expect(page.locator("#amounts")).not_to_contain_text("Needs a second prescriber")
    page.get_by_label("Dose, mg per kg").fill(WITH_A_SECOND)
    expect(page.locator("#amounts")).to_contain_text("DOSE-04")
    expect(page.locator("#amounts")).to_contain_text("Needs a second prescriber")
    walk.look("support-10-order")
    page.get_by_role("button", name="Keep the draft").click()
    page.get_by_role("button", name="Sign the order").click()
    expect(page.locator(".page-head .mark")).to_contain_text("Waits for a second prescriber")
    walk.look("support-11-order-waits")


def another_prescriber_signs_the_order(walk: Journey) -> None:
    page = walk.page
    page.goto(reverse("worklist:today"))
    walk.look("support-12-today")
    page.get_by_role("link", name="Read and sign").first.click()
    expect(page.locator(".finding").get_by_role("link", name="[D-CLINIC]")).to_have_attribute(
        "href", reverse("evaluation:source", args=["D-CLINIC"])
    )
    page.get_by_role("button", name="Sign as the second prescriber").click()
    expect(page.locator(".page-head .mark")).to_contain_text("Signed twice")
    walk.look("support-13-order-signed")


def section(page: Page, title: str) -> Locator:
    """The part of a page under a heading."""
    return page.locator("section", has=page.get_by_role("heading", name=title, exact=True))
