"""A referred patient is evaluated: what is missing, a finding with its source, a letter, the decision."""

from collections.abc import Callable

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from ketacare.clinic.models import DecisionRecord
from tests.browser.journey import Journey
from tests.cast import Cast
from tests.rooms.evaluation import answers

pytestmark = pytest.mark.browser
OLD_HEART_ATTACK = {
    "cv__had_mi_or_cv_event": True,
    "cv__days_since_mi_or_event": 1095,
    "cv__stable_cad": True,
    "cv__ecg_done": True,
    "cv__qtc_ms": 420,
    "cv__ecg_interpretation": "normal",
    "cv__bp_sys": None,
}


def test_from_what_is_missing_to_a_decision(journey_of: Callable[[str], Journey], own_cast: Cast) -> None:
    answers.answer(own_cast, at=timezone.now(), **OLD_HEART_ATTACK)
    walk = journey_of("prescriber")
    page = walk.page
    page.goto(reverse("evaluation:course", args=[own_cast.ada_course]))
    expect(page.locator("#disposition")).to_contain_text("Cannot be judged yet")
    walk.look("evaluation-missing")

    page.get_by_role("link", name="Systolic pressure, mean of two or more seated readings").click()
    page.get_by_label("Systolic pressure, mean of two or more seated readings").fill("122")
    walk.look("evaluation-questions")
    page.get_by_role("button", name="Save and go on").click()
    page.get_by_role("link", name="Back to the evaluation").click()
    expect(page.get_by_role("link", name="Systolic pressure, mean of two or more seated readings")).to_have_count(0)

    finding = page.locator("#REL-04")
    finding.get_by_role("link", name="cardiology").click()
    page.get_by_label("REL-04").check()
    page.get_by_label("Given by").fill("Dr Hale, licence 77")
    page.get_by_label("Specialty").fill("cardiology")
    page.get_by_label("Document").fill("Letter 12 of 2 March")
    today = timezone.now().date()
    page.get_by_label("Dated").fill(today.isoformat())
    page.get_by_label("Valid until").fill(today.replace(year=today.year + 1, day=1).isoformat())
    walk.look("evaluation-letter")
    page.get_by_role("button", name="File the letter").click()
    assert "cleared" in page.locator("#REL-04").inner_text()
    walk.look("evaluation-findings")

    for box in page.get_by_role("checkbox", name="I have read").all():
        box.check()
    page.get_by_label("Treat", exact=True).check()
    page.get_by_role("button", name="Record the decision").click()
    assert page.get_by_text("The decision is recorded.").is_visible()
    assert DecisionRecord.objects.get().decided == "treat"


def test_a_source_is_one_click_away_from_its_finding(journey_of: Callable[[str], Journey], own_cast: Cast) -> None:
    answers.answer(own_cast, at=timezone.now(), cv__bp_sys=166)
    walk = journey_of("prescriber")
    walk.page.goto(reverse("evaluation:course", args=[own_cast.ada_course]))
    walk.page.locator("#REL-01").get_by_role("link", name="[D-CLINIC]").click()
    assert walk.page.get_by_text("How it was read").is_visible()
    walk.look("evaluation-source")
