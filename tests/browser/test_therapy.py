"""A therapist writes; the draft survives; nobody else can read it, by any address."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

SECRET = "She dreamt of the sea and told nobody else"


def test_a_therapist_writes_and_no_other_role_reads_it_by_any_address(own_cast, journey_of):
    journey = journey_of("therapist")
    page = journey.page
    journey.open(f"/courses/{own_cast.ada_course}/therapy/")
    journey.look("therapy-empty")
    page.get_by_role("link", name="Write down a session").click()
    page.get_by_label("Preparation").check()
    page.get_by_label("Minutes").fill("50")
    page.get_by_label("Shared summary").fill("Fears and hopes named; music chosen.")
    journey.look("therapy-session")
    page.get_by_role("button", name="Write it down").press("Enter")
    expect(page.get_by_text("Fears and hopes named")).to_be_visible()

    page.get_by_role("link", name="Add").click()
    page.get_by_label("Intention").check()
    page.get_by_label("In the patient's words").fill("To be able to mourn")
    page.get_by_label("Said so in the session").check()
    page.get_by_role("button", name="Share it with the care team").press("Enter")
    expect(page.get_by_text("To be able to mourn")).to_be_visible()
    journey.look("therapy")

    page.get_by_role("link", name="Your process notes").click()
    page.get_by_label("Process note").press_sequentially(SECRET, delay=1)
    expect(page.get_by_text("Kept as a draft at")).to_be_visible(timeout=15_000)
    journey.open(f"/courses/{own_cast.ada_course}/therapy/process-notes/")  # as after a log-out: the draft is there
    expect(page.get_by_label("Process note")).to_have_value(SECRET)
    journey.look("process-notes-draft")
    page.get_by_role("button", name="Keep the note").press("Enter")
    expect(page.get_by_text("The note is kept. Only you can read it.")).to_be_visible()
    expect(page.get_by_text(SECRET)).to_be_visible()
    journey.look("process-notes")
    page.get_by_role("link", name="Alone on a page").click()
    alone = page.url

    for role in ("prescriber", "administrator", "nurse"):
        journey_of(role)
        for address in (alone, f"/courses/{own_cast.ada_course}/therapy/process-notes/"):
            reply = page.goto(address)
            assert reply.status == 404
            expect(page.get_by_text(SECRET)).to_have_count(0)
    journey_of("prescriber")
    journey.open(f"/courses/{own_cast.ada_course}/therapy/")
    expect(page.get_by_text("To be able to mourn")).to_be_visible()
    expect(page.get_by_text(SECRET)).to_have_count(0)
