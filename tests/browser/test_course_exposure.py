"""What an order is predicted to come to, and regimens tried beside each other."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from ketacare.planning import actions
from ketacare.planning.values import PlanInput
from tests.rooms import steps

pytestmark = pytest.mark.browser


def test_from_a_plan_to_its_curves_and_their_sources(own_cast, journey_of):
    now = timezone.now() - timedelta(minutes=5)
    steps.eligible(own_cast, at=now)
    steps.capable(own_cast, at=now)
    steps.sign(own_cast, at=now)
    steps.weigh(own_cast, "70", at=now)
    plan = PlanInput(template_id="TPL-TRD-IV", setting="supervised_clinic", first_on=now.date())
    actions.draft_plan(course_id=own_cast.ada_course, plan=plan, by=own_cast.actor("prescriber"), at=now)
    journey = journey_of("prescriber")
    page = journey.page
    journey.open(f"/courses/{own_cast.ada_course}/plan/")
    page.get_by_role("link", name="Course exposure").click()
    expect(page.get_by_role("heading", name="Course exposure")).to_be_visible()
    page.get_by_label("Beside what the record names, also").select_option("rifampicin")
    page.get_by_role("button", name="Show what changes").click()
    expect(page.get_by_role("heading", name="A second medicine")).to_be_visible()
    journey.look("exposure")
    page.get_by_role("link", name="racemate_iv_venous").first.click()
    expect(page.get_by_role("heading", name="Parameters")).to_be_visible()
    journey.look("model")
    page.get_by_role("link", name="PK-OTTO21").first.click()
    expect(page.locator("main")).to_contain_text("Otto")
    journey.open("/models/")
    journey.look("models")


def test_regimens_are_tried_beside_each_other_without_a_mouse_and_kept_as_files(journey_of):
    journey = journey_of("nurse")
    page = journey.page
    journey.open("/settings/")
    page.get_by_role("link", name="Simulator").click()
    journey.look("simulator-empty")
    page.locator("summary").filter(has_text="B: compare").press("Enter")
    page.locator("#id_b-doses").fill("35 mg iv 60 min")
    page.locator("#id_b-weight_kg").fill("-3")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("not a weight above 0")
    expect(page.locator("#id_b-doses")).to_have_value("35 mg iv 60 min")
    journey.look("simulator-refused")
    page.locator("#id_b-weight_kg").fill("")
    page.get_by_text("C: compare with another").click()
    page.locator("#id_c-model").select_option("kamp2020_iv")
    page.get_by_label("Virtual people for the band").fill("200")
    page.get_by_role("button", name="Simulate").click()
    expect(page.locator("main")).to_contain_text("arterial and venous")
    journey.look("simulator")
    with page.expect_download() as kept:
        page.get_by_role("button", name="Download YAML of B").click()
    assert kept.value.suggested_filename == "simulation-B.yaml"
