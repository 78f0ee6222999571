"""From a consent to a signed order: what the prescriber writes."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from ketacare.infusion import rems
from ketacare.planning.models import Order
from ketacare.planning.queries import order_view
from tests.cast import day_at
from tests.rooms import steps
from tests.rooms.infusion import spray
from tests.rooms.planning.asking import course_with

pytestmark = pytest.mark.browser


def test_a_prescriber_plans_and_signs_an_order_whose_amounts_the_server_works_out(own_cast, journey_of):
    now = timezone.now() - timedelta(minutes=5)
    steps.eligible(own_cast, at=now)
    steps.capable(own_cast, at=now)
    steps.sign(own_cast, at=now)
    steps.weigh(own_cast, "71.3", at=now)
    journey = journey_of("prescriber")
    page = journey.page
    journey.open(f"/courses/{own_cast.ada_course}/plan/")
    journey.look("plan-empty")
    page.get_by_role("link", name="Make a plan").click()
    page.get_by_label("First session on").fill(str(day_at(own_cast.here)))
    journey.look("plan-new")
    page.get_by_role("button", name="Keep the plan").click()
    expect(page.get_by_role("link", name="Write the order")).to_have_count(6)
    journey.look("plan")

    page.get_by_role("link", name="Write the order").first.click()
    page.get_by_label("Dose, mg per kg").fill("5")
    page.get_by_label("Vial, mg per mL").fill("50")
    page.get_by_label("Diluted to, mL").fill("50")
    page.get_by_label("No", exact=True).check()
    expect(page.locator("#amounts")).to_contain_text("DOSE-11")
    journey.look("order-slip")
    page.get_by_label("Dose, mg per kg").fill("0.5")
    expect(page.locator("#amounts")).to_contain_text("found nothing against this order")
    expect(page.locator("#amounts")).to_contain_text("75")
    journey.look("order-draft")
    page.get_by_role("button", name="Keep the draft").click()
    page.get_by_role("button", name="Sign the order").click()
    expect(page.locator(".page-head .mark")).to_contain_text("Signed")
    journey.look("order-signed")
    assert order_view(Order.objects.get()).is_ready


def test_a_dose_above_the_usual_waits_for_a_second_prescriber_who_signs_it(own_cast, journey_of):
    now = timezone.now() - timedelta(minutes=5)
    steps.eligible(own_cast, at=now)
    steps.capable(own_cast, at=now)
    steps.sign(own_cast, at=now)
    steps.weigh(own_cast, "122", at=now)
    first = journey_of("prescriber")
    page = first.page
    first.open(f"/courses/{own_cast.ada_course}/plan/new/")
    page.get_by_text("Protocols that do not fit, and why").click()
    first.look("plan-protocols-that-do-not-fit")
    page.get_by_label("First session on").fill(str(day_at(own_cast.here)))
    page.get_by_label("After the induction").select_option("MAINT-TAPER")
    page.get_by_role("button", name="Keep the plan").click()
    expect(page.get_by_role("link", name="Write the order")).to_have_count(17)
    first.look("plan-with-maintenance")
    page.get_by_role("link", name="Write the order").first.click()
    page.get_by_label("Dose, mg per kg").fill("0.6")
    page.get_by_label("Vial, mg per mL").fill("50")
    page.get_by_label("Diluted to, mL").fill("50")
    page.get_by_label("No", exact=True).check()
    expect(page.locator("#amounts")).to_contain_text("Needs a second prescriber")
    expect(page.locator("#amounts")).to_contain_text("the ideal weight, never above the actual one")
    first.look("order-heavy-patient")
    page.get_by_role("button", name="Keep the draft").click()
    page.get_by_role("button", name="Sign the order").click()
    expect(page.locator(".page-head .mark")).to_contain_text("Waits for a second prescriber")
    first.look("order-waits-for-second")
    order = Order.objects.get()
    second = journey_of("second-prescriber")
    second.open("/")
    expect(second.page.get_by_role("link", name="Read and sign")).to_be_visible()
    second.open(f"/orders/{order.pk}/")
    second.page.get_by_role("button", name="Sign as the second prescriber").click()
    expect(second.page.locator(".page-head .mark")).to_contain_text("Signed twice")
    second.look("order-signed-twice")
    assert order_view(Order.objects.get()).is_ready


def test_a_course_that_brings_nothing_is_reviewed_before_it_goes_on(own_cast, journey_of):
    course_with(own_cast, 3, before=20, after=20, until=timezone.now())
    journey = journey_of("prescriber")
    page = journey.page
    journey.open("/")
    expect(page.get_by_role("link", name="Review and decide")).to_be_visible()
    journey.open(f"/courses/{own_cast.ada_course}/plan/")
    journey.look("plan-review-due")
    page.get_by_role("link", name="Review the course").click()
    expect(page.locator("main")).to_contain_text("Disputed.")
    journey.look("review")
    for group in page.get_by_role("group").all()[:3]:
        group.get_by_label("No", exact=True).check()
    page.get_by_label("Adjust once, then go on").check()
    page.get_by_label("Why").fill("Sleeps better; one step up")
    page.get_by_role("button", name="Record the decision").click()
    expect(page.locator("main")).to_contain_text("one step up")
    journey.look("review-decided")
    page.get_by_role("link", name="To the plan").click()
    page.get_by_role("link", name="Write the order of session 4").click()
    expect(page.locator("#amounts")).to_contain_text("After the last session")
    page.locator('input[name="last_session_adverse"][value="no"]').check()
    expect(page.locator("#amounts")).to_contain_text("how many of the last sessions")
    journey.look("order-after-the-third")


def test_the_monitoring_forms_of_esketamine_are_listed_and_sent(own_cast, journey_of):
    hill = spray.there(own_cast)
    session = spray.discharged(hill)
    journey = journey_of("nurse", there=True)
    page = journey.page
    journey.open("/rems/")
    expect(page.locator("main")).to_contain_text("overdue by")
    journey.look("rems-forms")
    page.get_by_role("link", name="Fill in the form").click()
    journey.look("rems-form")
    page.get_by_label("Lot of the devices").fill("24X118")
    page.get_by_label("Yes", exact=True).check()
    page.get_by_label("Sent to the programme on").fill(str(day_at(hill.here)))
    page.get_by_role("button", name="Mark as submitted").click()
    expect(page.locator(".page-head .mark")).to_contain_text("Submitted")
    assert rems.forms_due([hill.here], at=timezone.now()) == []
    journey.open(f"/sessions/{session.pk}/")
    journey.look("esketamine-session-over")


def test_a_spray_is_given_device_by_device(own_cast, journey_of):
    hill = spray.there(own_cast)
    session = spray.started(hill)
    journey = journey_of("nurse", there=True)
    journey.open(f"/sessions/{session.pk}/")
    expect(journey.page.get_by_role("button", name="Give the next device")).to_be_visible()
    journey.look("esketamine-cockpit")
    journey.open("/practice/")
    journey.look("practice")
