"""A paper that ran out: refused at the bedside, on the worklist, renewed, confirmed; and a worklist walked by keyboard."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from ketacare.clinic import actions
from ketacare.clinic.models import Qualification
from ketacare.infusion import actions as infusion
from tests import cast as people
from tests.rooms.infusion.today import started
from tests.rooms.outcomes.caring import troubled

pytestmark = pytest.mark.browser


def lapse(cast) -> None:
    """The nurse's life-support card ran out yesterday."""
    now = timezone.now()
    row = Qualification.objects.get(user=cast.staff["nurse"], kind="basic_life_support")
    actions.end_qualification(
        qualification_id=row.pk, reason="Made shorter for the test", by=cast.actor("quality"), at=now
    )
    people.paper(
        cast.staff["nurse"],
        "basic_life_support",
        recorder=cast.actor("administrator"),
        seer=cast.actor("quality"),
        expires_on=(now - timedelta(days=2)).date(),
    )


def test_a_paper_that_ran_out_is_refused_with_words_then_renewed_and_confirmed(own_cast, journey_of):
    session = started(own_cast)
    infusion.pause(session_id=session.pk, by=own_cast.actor("nurse"), at=timezone.now())
    lapse(own_cast)
    journey = journey_of("nurse")
    page = journey.page
    journey.open(f"/sessions/{session.pk}/")
    page.get_by_role("button", name="Resume").first.click()
    expect(page.get_by_text("Basic life support (BLS): ran out on")).to_be_visible()
    journey.look("refused-not-qualified")
    journey.open("/?kind=papers")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your qualifications")).to_be_visible()
    page.get_by_label("What it is").select_option("basic_life_support")
    page.get_by_label("Issued by").fill("Resuscitation Council")
    page.get_by_label("Valid from").fill(timezone.now().date().isoformat())
    page.get_by_label("Last day").fill((timezone.now() + timedelta(days=700)).date().isoformat())
    page.get_by_role("button", name="Record it").press("Enter")
    expect(page.get_by_text("no second person has seen the paper yet").first).to_be_visible()
    journey.look("qualifications-mine")
    journey_of("administrator")
    journey.open("/")
    expect(page.get_by_role("link", name="Papers to confirm 1")).to_be_visible()
    journey.look("today-administrator")
    journey.open("/settings/qualifications/")
    journey.look("qualifications")
    page.get_by_role("link", name="Harbour Nurse").click()
    page.get_by_role("button", name="I have seen the paper: Basic life support (BLS)").click()
    expect(page.get_by_text("Confirmed: Basic life support (BLS), Harbour Nurse.")).to_be_visible()
    journey.look("qualifications-person")
    page.get_by_role("link", name="It counts no more: Licence to practise").click()
    journey.look("qualification-end")
    journey_of("nurse")
    journey.open(f"/sessions/{session.pk}/")
    page.get_by_role("button", name="Resume").first.click()
    expect(page.get_by_text("ran out on")).to_have_count(0)


def test_a_worklist_is_walked_narrowed_and_taken_from_by_keyboard(own_cast, journey_of):
    for _ in range(3):
        actions.place_hold(
            course=own_cast.course("ada"),
            reason="Blood pressure too high twice.",
            lifts_when="Two readings below the limit.",
            by=own_cast.actor("nurse"),
            at=timezone.now() - timedelta(hours=3),
        )
    troubled(own_cast, answer=3)
    journey = journey_of("prescriber")
    page = journey.page
    journey.open("/")
    journey.look("today-worklist")
    rows = page.locator("[data-work] [data-row]")
    page.keyboard.press("j")
    expect(rows.nth(0)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(rows.nth(0)).to_be_focused()
    page.keyboard.press("t")
    expect(page.get_by_text("You have taken the alert.")).to_be_visible()
    journey.open("/")
    expect(page.locator("[data-work]").get_by_text("you", exact=True).first).to_be_visible()
    page.get_by_role("link", name="Holds").click()
    expect(page.get_by_role("status").first).to_contain_text("to do")
    expect(page.locator("[data-work] tbody tr").filter(has_not_text="On hold")).to_have_count(0)
    journey.look("today-narrowed")
