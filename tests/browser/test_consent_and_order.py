"""From the consent talk to a signed order: what the patient reads, what the prescriber writes."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from ketacare.clinic.models import User
from ketacare.consent.models import Consent
from ketacare.planning.models import Order
from ketacare.planning.queries import order_view
from tests.browser.journey import Journey
from tests.rooms import steps
from tests.serving import cookie_of

pytestmark = pytest.mark.browser


def test_a_patient_reads_and_signs_on_the_clinics_tablet(server, own_cast, journey: Journey):
    now = timezone.now() - timedelta(minutes=5)
    steps.eligible(own_cast, at=now)
    steps.capable(own_cast, at=now)
    cookies = cookie_of(User.objects.get(pk=own_cast.ada_user))
    journey.page.context.add_cookies([{"name": n, "value": v, "url": server.url} for n, v in cookies.items()])
    page = journey.page
    journey.open(f"/courses/{own_cast.ada_course}/consent/")
    journey.look("consent-missing")
    page.get_by_role("link", name="Read and sign").click()
    expect(page.get_by_role("heading", name="Is this use approved?")).to_be_visible()
    journey.look("consent-document")
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_label("Type your full name to sign").fill("Ada Lindqvist")
    page.get_by_role("button", name="Sign", exact=True).click()
    expect(page.locator(".page-head .mark")).to_contain_text("In force")
    journey.look("consent-in-force")
    assert Consent.objects.get().signed_name == "Ada Lindqvist"


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
    page.get_by_label("First session on").fill(str(timezone.localdate()))
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
