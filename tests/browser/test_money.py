"""The price of a course, told before it and billed after it, at the front desk."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from ketacare.billing.models import Estimate
from ketacare.infusion import actions as infusion
from tests.browser.test_esketamine import measured_and_quiet, ready, watched_for_two_hours
from tests.cast import day_at
from tests.rooms import steps
from tests.rooms.billing.paying import priced
from tests.rooms.infusion import spray
from tests.rooms.infusion.treatment import HOME

pytestmark = pytest.mark.browser
MINUTE = timedelta(minutes=1)


def test_an_estimate_is_given_a_session_happens_and_the_bill_says_how_it_differs(own_cast, journey_of):
    hill, begin = spray.there(own_cast), timezone.now() - 131 * MINUTE
    priced(hill, at=begin - timedelta(days=1))
    desk = journey_of("front-desk", there=True)
    page = desk.page
    desk.open(f"/courses/{hill.ada_course}/account/")
    expect(page.get_by_text("No estimate yet")).to_be_visible()
    page.locator("body").press("e")
    expect(page.get_by_role("heading", name="Good Faith Estimate")).to_be_visible()
    for label, count in (
        ("Ketamine session, into a vein", "0"),
        ("Ketamine itself", "0"),
        ("Esketamine session, up to 56 mg", "1"),
    ):
        page.get_by_label(label, exact=True).fill(count)
    today = day_at(hill.here)
    page.get_by_label("First service on").fill(f"{today:%Y-%m-%d}")
    page.get_by_label("Last service on").fill(f"{today + timedelta(days=60):%Y-%m-%d}")
    page.get_by_label("No insurance").check()
    desk.look("money-make-estimate")
    page.get_by_role("button", name="Work it out").click()
    expect(page.get_by_text("In all: 950.00 USD")).to_be_visible()
    page.get_by_role("button", name="Write it down").click()
    expect(page.get_by_text("On paper, by hand").first).to_be_visible()
    page.get_by_label("Instalments").fill("3")
    page.get_by_role("button", name="Arrange it").click()
    expect(page.get_by_text("316.67 USD").first).to_be_visible()
    desk.look("money-estimate")
    assert Estimate.objects.get().given.count() == 1

    session = ready(hill, begin)
    watched_for_two_hours(hill, session, begin)
    nurse, now = hill.actor("nurse"), timezone.now()
    infusion.attest_items(session_id=session.pk, answers=HOME, by=nurse, at=now)
    measured_and_quiet(hill, session)
    infusion.discharge(session_id=session.pk, by=nurse, at=timezone.now())

    desk.open(f"/courses/{hill.ada_course}/account/")
    page.get_by_role("link", name="Write down a service").click()
    page.get_by_label("What was done").select_option("follow_up")
    desk.look("money-service")
    page.get_by_role("button", name="Write it down").click()
    desk.look("money-account-before")
    page.locator("body").press("b")
    expect(page.get_by_text("the code pays for drug, visit and watching too")).to_be_visible()
    desk.look("money-make-superbill")
    page.get_by_role("button", name="Make the superbill").click()
    expect(page.get_by_text("G2082").first).to_be_visible()
    expect(page.get_by_text("Follow-up visit on", exact=False)).to_contain_text("paid for by G2082 of the same day")
    desk.look("money-superbill")
    page.get_by_role("link", name="Account").last.click()
    page.get_by_role("link", name="Record a payment").click()
    page.get_by_label("Amount").fill("200")
    page.get_by_label("Number of the receipt").fill("4111 1111 1111 1111")
    page.get_by_role("button", name="Record the payment").click()
    expect(page.get_by_text("Card numbers are never kept")).to_be_visible()
    page.go_back()
    page.get_by_label("Number of the receipt").fill("R-17")
    page.get_by_role("button", name="Record the payment").click()
    expect(page.get_by_text("500.00 USD to pay")).to_be_visible()
    desk.look("money-account")
    page.get_by_role("link", name="Prior authorisation of esketamine").click()
    desk.look("money-prior-authorisation")


def test_an_administrator_sets_prices_and_reads_where_the_codes_come_from(own_cast, journey_of):
    hill = steps.at_the_other_site(own_cast)
    priced(hill, at=timezone.now())
    admin = journey_of("administrator", there=True)
    page = admin.page
    admin.open("/settings/")
    page.get_by_role("link", name="Prices").click()
    expect(page.get_by_text("450.00 USD per session")).to_be_visible()
    admin.look("money-prices")
    page.locator("body").press("n")
    page.get_by_label("Price", exact=True).fill("480")
    page.get_by_label("What for").select_option("session.iv_ketamine")
    page.get_by_label("From").fill(f"{timezone.localdate() + timedelta(days=30):%Y-%m-%d}")
    admin.look("money-set-price")
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_text("480.00 USD")).to_be_visible()
    page.get_by_role("link", name="Codes and where they come from").click()
    admin.look("money-codes")
    page.go_back()
    page.get_by_role("link", name="Export for accounting").click()
    admin.look("money-export")
