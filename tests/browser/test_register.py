"""A day of the register: begun, counted, issued, given, wasted before a second person, closed."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from ketacare.stewardship import actions, checking, queries
from tests.browser.journey import Journey
from tests.cast import PASSWORD, Cast
from tests.rooms.infusion import today
from tests.rooms.stewardship import vault

pytestmark = pytest.mark.browser


def sign(page, email: str, password: str = PASSWORD) -> None:
    page.get_by_label("Second person: e-mail address").fill(email)
    page.get_by_label("Second person: own password").fill(password)


def test_a_day_of_the_register_from_the_delivery_to_the_close(
    journey_of: Callable[[str], Journey], own_cast: Cast
) -> None:
    cast = own_cast
    walk = journey_of("custodian")
    page = walk.page
    page.goto(reverse("stewardship:register"))
    walk.look("register-none")
    page.get_by_role("link", name="Begin the register").click()
    lot = page.get_by_role("region", name="Lot 1")
    for label, value in (("Strength", "50"), ("Content", "100"), ("How many", "3")):
        lot.get_by_label(label).fill(value)
    lot.get_by_label("Lot", exact=False).and_(lot.locator("[name$=-lot]")).fill("K1")
    lot.get_by_label("Expires on").fill("2027-06-30")
    walk.look("register-begin")
    page.get_by_role("button", name="This is everything in the vault: begin").click()
    expect(page.get_by_text("Recorded: opening inventory, no. 1.")).to_be_visible()

    page.keyboard.press("c")
    page.get_by_label("unopened containers").fill("3")
    sign(page, "nurse@harbour.example")
    walk.look("register-count")
    page.get_by_role("button", name="Sign the count").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Opening of the day")
    walk.look("register-counted")

    session = today.started_with_drug(cast)
    journey_of("nurse")
    page.goto(reverse("stewardship:chair", args=[cast.here, cast.ada_course, 1]))
    expect(page.get_by_text("still running").first).to_be_visible()
    today.stopped(cast, session)
    page.reload()
    walk.look("register-chair")
    page.keyboard.press("w")
    page.get_by_label("Why").fill("Rest of the vial")
    sign(page, "prescriber@harbour.example", "wrong")
    page.get_by_role("button", name="Sign and waste").click()
    expect(page.get_by_text("Nothing was recorded")).to_be_visible()
    walk.look("register-waste")
    sign(page, "prescriber@harbour.example")
    page.get_by_role("button", name="Sign and waste").click()
    expect(page.get_by_text("closes", exact=False).first).to_be_visible()

    page.goto(reverse("stewardship:register"))
    page.keyboard.press("c")
    page.get_by_label("unopened containers").fill("1")
    sign(page, "prescriber@harbour.example")
    page.get_by_role("button", name="Sign the count").click()
    expect(page.get_by_text("-100")).to_be_visible()
    walk.look("register-gap")
    page.get_by_role("link", name="To the register").click()
    expect(page.get_by_text("1 open discrepancy")).to_be_visible()
    walk.look("register")
    page.get_by_role("link", name="Explain it").click()
    page.get_by_label("Why").fill("One vial stood in the second safe")
    sign(page, "prescriber@harbour.example")
    walk.look("register-discrepancy")
    page.get_by_role("button", name="Sign, both of us").click()
    expect(page.get_by_text("Explained and signed by two people.")).to_be_visible()
    assert not queries.open_discrepancies(cast.here).exists()
    assert not list(checking.disagreements())


def test_what_is_lost_and_what_an_inspector_reads(journey_of: Callable[[str], Journey], own_cast: Cast) -> None:
    cast, at = own_cast, timezone.now()
    vault.opened(cast, at=at - timedelta(hours=1))
    told = {"site_id": cast.here, "container_id": vault.vial(cast).pk, "mg": None, "reason": "Not in the safe"}
    row = actions.report_loss(**told, by=cast.actor("custodian"), at=at)
    walk = journey_of("custodian")
    page = walk.page
    page.goto(reverse("stewardship:loss-report", args=[row.own_discrepancies.get(kind="loss").pk]))
    walk.look("register-loss")
    page.goto(reverse("stewardship:file", args=[cast.here]))
    walk.look("register-file")
    with page.expect_download() as download:
        page.get_by_role("button", name="As PDF").click()
    assert download.value.suggested_filename.endswith(".pdf")
    page.goto(reverse("stewardship:vault-out", args=[cast.here]))
    walk.look("register-out")
