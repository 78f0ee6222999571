"""A patient on a phone, in English and Spanish: their pages, messages and the record taken along; and the nurse who answers."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from ketacare.clinic.models import Patient
from ketacare.portal.models import Thread
from tests.browser.journey import PHONE, Journey
from tests.cast import Cast
from tests.rooms.infusion import today
from tests.rooms.portal.talking import answered, written

pytestmark = pytest.mark.browser
DAY = timedelta(days=1)


@pytest.fixture
def on_phone(journey: Journey) -> Journey:
    """A walk on a screen of a phone's size."""
    journey.page.set_viewport_size(PHONE)
    return journey


def look(journey: Journey, name: str) -> None:
    journey.look(name)
    journey.page.set_viewport_size(PHONE)


def test_a_link_that_is_over_says_how_to_get_another(on_phone):
    on_phone.open("/welcome/nothing/")
    look(on_phone, "portal-welcome-over")


def logged_in(journey: Journey, cast: Cast, *, language: str = "en") -> None:
    """Ada, who has a session tomorrow, an answer waiting and some scores."""
    now = timezone.now()
    today.planned(cast, at=now + DAY)
    answered(cast, written(cast, at=now - DAY), at=now)
    journey.log_in("ada@patients.example", "correct horse battery staple")


WALK = ("day", "scores", "sessions", "messages", "access", "log-in")


def test_a_patient_reads_their_own_pages_on_a_phone(on_phone, own_cast):
    logged_in(on_phone, own_cast)
    expect(on_phone.page.get_by_text("1 new")).to_be_visible()
    look(on_phone, "portal-home")
    for name in WALK:
        on_phone.open(f"/my/{name}/")
        look(on_phone, f"portal-{name}")


def test_a_message_of_danger_is_met_with_whom_to_call_and_the_nurse_sees_it(
    on_phone, own_cast, journey_of: Callable[..., Journey], context
):
    logged_in(on_phone, own_cast)
    page = on_phone.page
    on_phone.open("/my/messages/")
    page.get_by_label("What is it about?").fill("Today")
    page.get_by_role("textbox", name="Your message").fill("I do not want to live any more.")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="Please call somebody now")).to_be_visible()
    look(on_phone, "portal-help")
    page.get_by_role("link", name="Back to my message").click()
    look(on_phone, "portal-thread")

    context.clear_cookies()
    nurse = journey_of("nurse")
    nurse.open("/")
    expect(nurse.page.get_by_text("Names words of danger")).to_be_visible()
    nurse.page.get_by_role("link", name="Open the message").first.click()
    nurse.look("portal-staff-thread")
    nurse.open("/messages/")
    nurse.look("portal-staff-threads")
    nurse.open(f"/patients/{own_cast.ada}/log-in/")
    nurse.look("portal-invite")
    assert Thread.objects.filter(names_danger=True).count() == 1


SPANISH = {
    "": "Hola, Ada",
    "day/": "El día del tratamiento",
    "scores/": "Mis puntuaciones",
    "sessions/": "Mis sesiones",
    "messages/": "Mensajes",
    "documents/": "Mis documentos",
    "access/": "Quién miró mi historia",
    "log-in/": "Mi acceso",
    "rights/": "Mi historia, mis derechos",
    "rights/correct/": "",
    "rights/erase/": "",
    "rights/close/": "",
    "record/": "Llevarme mi historia",
}
RIGHTS = ("rights", "rights/correct", "rights/erase", "rights/close", "record")


def test_a_patient_asks_about_their_record_and_takes_it_along(
    on_phone, own_cast, journey_of: Callable[..., Journey], context
):
    logged_in(on_phone, own_cast)
    page = on_phone.page
    for name in RIGHTS:
        on_phone.open(f"/my/{name}/")
        look(on_phone, f"portal-{name.replace('/', '-')}")
    with page.expect_download() as taken:
        page.get_by_role("button", name="To read or print (PDF)").click()
    assert taken.value.suggested_filename == "record.pdf"
    on_phone.open("/my/rights/correct/")
    page.get_by_role("textbox").fill("My phone number is another one.")
    page.get_by_role("button", name="Send my request").click()
    expect(page.get_by_text("My phone number is another one.")).to_be_visible()
    page.get_by_role("button", name="Research and registries").click()
    expect(page.get_by_text("not allowed")).to_be_visible()
    look(on_phone, "portal-rights-asked")

    context.clear_cookies()
    quality = journey_of("quality")
    quality.open("/rights/")
    quality.look("rights-requests")
    quality.page.get_by_role("link", name="Correct").first.click()
    quality.look("rights-request")
    quality.page.get_by_label("Refuse").check()
    quality.page.get_by_label("What was done, or why not").fill("It is the one you gave us today.")
    quality.page.get_by_role("button", name="Decide").click()
    expect(quality.page.get_by_text("Refused")).to_be_visible()
    quality.open(f"/patients/{own_cast.ada}/erasure/")
    quality.look("portal-erasure")


def test_the_same_pages_speak_spanish(on_phone, own_cast):
    Patient.objects.filter(pk=own_cast.ada).update(language="es")
    logged_in(on_phone, own_cast)
    for path, words in SPANISH.items():
        on_phone.open(f"/my/{path}")
        expect(on_phone.page.get_by_role("heading", level=1)).to_contain_text(words)
        assert on_phone.page.locator("html").get_attribute("lang") == "es"
        on_phone.look(f"portal-{path.replace('/', '-') or 'home-'}es", looks=("phone",))
