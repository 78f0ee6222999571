"""Something new is known of a patient who was found eligible: held, on the prescriber's list, seen, decided again."""

from collections.abc import Callable

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from ketacare.clinic.actor import System
from ketacare.clinic.models import Hold
from ketacare.evaluation import actions
from ketacare.evaluation.models import ScreeningSeen
from tests.browser.journey import Journey
from tests.cast import Cast
from tests.rooms.evaluation import answers

pytestmark = pytest.mark.browser


def test_what_changed_is_seen_and_a_new_decision_lifts_the_hold(
    journey_of: Callable[[str], Journey], own_cast: Cast
) -> None:
    answers.answer(own_cast, at=timezone.now())
    answers.decide(own_cast, at=timezone.now())
    said = {"renal.egfr": 24}
    actions.record_answers(course_id=own_cast.ada_course, answers=said, by=own_cast.actor("nurse"), at=timezone.now())
    watch = System(name="watch")
    actions.screen_course(course_id=own_cast.ada_course, by=watch, at=timezone.now(), anyway=True)

    walk = journey_of("prescriber")
    page = walk.page
    page.goto(reverse("worklist:today"))
    walk.look("today-changed")
    page.get_by_role("link", name="See what changed").click()
    expect(page.get_by_text("REL-14").first).to_be_visible()
    walk.look("evaluation-changes")
    page.get_by_role("button", name="I have seen this").click()
    expect(page.get_by_text("Seen by Harbour Prescriber")).to_be_visible()
    assert ScreeningSeen.objects.count() == 1

    answers.decide(own_cast, at=timezone.now(), overrides=answers.overrides(own_cast, at=timezone.now()))
    page.reload()
    expect(page.get_by_text("Decided to treat")).to_be_visible()
    expect(page.get_by_text("Override", exact=True)).to_be_visible()
    walk.look("evaluation-standing")
    assert not Hold.objects.filter(lifted_at__isnull=True).exists()
    page.goto(reverse("evaluation:decision", args=[own_cast.course("ada").decisions.latest("pk").pk]))
    expect(page.get_by_text("reproduced: same result")).to_be_visible()
    walk.look("evaluation-decision")
