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
    journey.open(f"/courses/{own_cast.ada_course}/exposure/")
    expect(page.get_by_role("heading", name="Course exposure")).to_be_visible()
    journey.look("exposure")
    page.get_by_role("link", name="racemate_iv_venous").first.click()
    journey.look("model")
    journey.open("/models/")
    journey.look("models")
