"""What anybody may read: on a phone, by keyboard, in both languages, from a figure to its source in one click."""

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Response, expect

from ketacare.planning.actions import settle_practice
from ketacare.planning.practices import PUBLIC_OUTCOMES, PUBLIC_PROFILE
from ketacare.public import education
from tests.browser.journey import PHONE, Journey
from tests.cast import Cast

pytestmark = pytest.mark.browser
MOST_KB = 150


def sent_kb(page: Page, path: str) -> float:
    """What came over the line for a page, without images."""
    replies = []

    def keep(reply: Response) -> None:
        replies.append(reply)

    page.on("response", keep)
    page.goto(path)
    texts = [one.request.sizes() for one in replies if one.request.resource_type != "image"]
    page.remove_listener("response", keep)
    return sum(one["responseBodySize"] + one["responseHeadersSize"] for one in texts) / 1000


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_page_to_read_is_open_to_all_and_small(journey: Journey, language: str):
    assert sent_kb(journey.page, f"/welcome/?language={language}") < MOST_KB
    journey.look(f"public-welcome-{language}")
    for one in education.pages(language):
        journey.open(f"/learn/{one.front.id}/")
        expect(journey.page.get_by_role("heading", level=1)).to_have_text(one.front.title)
        expect(journey.page.locator("footer")).to_contain_text("112")
        journey.look(f"public-{one.front.id}-{language}")


def test_a_figure_leads_to_its_source_and_the_language_follows_the_reader(journey: Journey):
    page = journey.page
    page.set_viewport_size(PHONE)
    journey.open("/welcome/")
    page.get_by_role("link", name="Español").click()
    page.get_by_role("link", name="¿Cuánto tarda y cuánto dura?").click()
    page.get_by_role("link", name="Cerca de la mitad se sintió mucho mejor al día siguiente").click()
    claim = page.locator("#claim-one-infusion")
    expect(claim).to_be_in_viewport()
    claim.get_by_text("Fuente", exact=True).click()
    expect(claim).to_contain_text("Han 2016")
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("How fast, and for how long?")


def test_a_page_is_read_without_a_script_and_by_keyboard(journey: Journey):
    page = journey.page
    journey.open("/learn/long-term/")
    assert page.locator("script").count() == 0
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Go to the text")).to_be_focused()


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_clinic_shows_itself(journey: Journey, own_cast: Cast, language: str):
    for name in (PUBLIC_PROFILE, PUBLIC_OUTCOMES):
        by = own_cast.actor("prescriber")
        settle_practice(site_id=own_cast.here, name=name, value=True, reason="Openness", by=by, at=timezone.now())
    journey.open(f"/clinics/{own_cast.here}/?language={language}")
    expect(journey.page.locator("main")).to_contain_text("Prescriber" if language == "en" else "Médico que receta")
    journey.look(f"public-clinic-{language}")
