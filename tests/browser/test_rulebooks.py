"""A stricter limit: proposed, shown with the patients it concerns, approved by another person."""

from collections.abc import Callable

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from ketacare.clinic.models import RulebookRuling
from tests.browser.journey import Journey
from tests.cast import Cast
from tests.rooms.evaluation import answers

pytestmark = pytest.mark.browser


def test_from_a_proposal_past_the_patients_it_concerns_to_its_approval(
    journey_of: Callable[[str], Journey], own_cast: Cast
) -> None:
    answers.answer(own_cast, at=timezone.now(), cv__bp_sys=155, cv__bp_dia=84)
    walk = journey_of("prescriber")
    page = walk.page
    page.goto(reverse("clinic:settings"))
    page.get_by_role("link", name="Rulebooks in force").click()
    walk.look("rulebooks")
    page.locator("table a").filter(has_text="ligib").first.click()
    page.get_by_label("Systolic pressure treated first").fill("150")
    page.get_by_label("Why it should change").fill("Our cardiologist asks for it")
    page.get_by_role("button", name="Show what would change").click()
    expect(page.get_by_text("stricter than now")).to_be_visible()
    walk.look("rulebook-difference")
    page.get_by_role("button", name="Propose it").click()
    expect(page.get_by_text("has proposed a change")).to_be_visible()

    journey_of("second-prescriber")
    page.goto(reverse("worklist:today"))
    page.get_by_role("link", name="See whom it concerns").click()
    expect(page.get_by_text("does not fire → fires").first).to_be_visible()
    walk.look("rulebook-panel")
    page.get_by_role("button", name="Approve it").click()
    expect(page.get_by_text("Approved.", exact=True)).to_be_visible()
    walk.look("rulebook-history")
    assert RulebookRuling.objects.order_by("-pk").first().approved
