"""The whole way in, in English and in Spanish: a stranger's self-check on a phone, the first visit, the price, consent, the course."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from urllib.parse import urlsplit

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Response, expect

from ketacare.billing.models import Estimate
from ketacare.booking.models import Appointment
from ketacare.clinic.models import Patient
from ketacare.consent import queries
from ketacare.consent.document import document_for, separate_for
from ketacare.consent.models import Consent, TeachBackAnswer
from ketacare.consent.shapes import Text
from ketacare.frontdesk.models import ConsultationRequest
from ketacare.planning import actions as planning
from ketacare.planning.values import PlanInput
from tests.browser.conftest import screenshots
from tests.browser.journey import PHONE, Journey
from tests.browser.patient_steps import answer_all, check_oneself, draw
from tests.cast import Cast
from tests.rooms import steps
from tests.rooms.billing.paying import priced
from tests.rooms.booking.opened import another, opened
from tests.serving import Served

pytestmark = pytest.mark.browser
LARGEST_PAGE = 150_000  # bytes without images
PASSWORD = "four plain words here"
LOCALES = {"en": "en-GB", "es": "es-ES"}
WORDS = {
    "en": {
        "check": "Check for yourself",
        "go on": "Go on",
        "finish": "See what it comes to",
        "verdict": "worth a consultation",
        "ask": "Ask for a consultation and send my answers along",
        "send": "Send",
        "arrived": "Your request has arrived",
        "born": "Your date of birth",
        "password": "A new password",
        "again": "The same password again",
        "set": "Set my password",
        "log in": "Log in",
        "hello": "Hello María José",
        "decide": "Read and decide",
        "answer": "Answer the questions",
        "on": "Go on to your decision",
        "sign": "Sign",
        "signed": "Signed. Thank you.",
        "yes": "You said yes",
        "documents": "My documents",
        "booked": "session 6",
        "talk": "a talk, no treatment",
    },
    "es": {
        "check": "Hacer la prueba",
        "go on": "Continuar",
        "finish": "Ver el resultado",
        "verdict": "valer la pena una consulta",
        "ask": "Pedir una consulta y enviar mis respuestas",
        "send": "Enviar",
        "arrived": "Su solicitud ha llegado",
        "born": "Su fecha de nacimiento",
        "password": "Una contraseña nueva",
        "again": "La misma contraseña otra vez",
        "set": "Poner mi contraseña",
        "log in": "Entrar",
        "hello": "Hola, María José",
        "decide": "Leer y decidir",
        "answer": "Responder las preguntas",
        "on": "Seguir a su decisión",
        "sign": "Firmar",
        "signed": "Firmado. Gracias.",
        "yes": "Usted dijo que sí",
        "documents": "Mis documentos",
        "booked": "sesión 6",
        "talk": "una conversación, sin tratamiento",
    },
}


@pytest.fixture
def phone(browser: Browser, server: Served, language: str) -> Iterator[Journey]:
    """A stranger's phone that speaks their language, apart from the clinic's screens."""
    fresh = browser.new_context(
        base_url=server.url, viewport=PHONE, locale=LOCALES[language], has_touch=True, reduced_motion="reduce"
    )
    fresh.set_default_timeout(15_000)
    walk = Journey(page=fresh.new_page(), folder=screenshots())
    yield walk
    assert not walk.complaints, walk.complaints
    fresh.close()


class Way:
    """One person's way: their phone, their language and who they are to the clinic."""

    def __init__(self, phone: Journey, cast: Cast, language: str) -> None:
        self.phone, self.page, self.cast, self.language = phone, phone.page, cast, language
        self.words = WORDS[language]

    def look(self, name: str) -> None:
        """A page of the patient: in their language, on their phone."""
        assert self.page.locator("html").get_attribute("lang") == self.language
        self.phone.look(f"way-{name}-{self.language}", looks=("phone",))

    def press(self, what: str) -> None:
        self.page.get_by_role("button", name=self.words[what], exact=True).click()

    def follow(self, what: str) -> None:
        self.page.get_by_role("link", name=self.words[what]).first.click()


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_stranger_comes_by_a_self_check_and_a_consent_to_a_booked_course_and_a_sick_nurse_moves_nobody(
    phone: Journey, journey_of: Callable[..., Journey], own_cast: Cast, language: str
):
    opened(own_cast)
    another(own_cast, "nurse", "Olga")
    priced(own_cast, at=timezone.now() - timedelta(days=2))
    way = Way(phone, own_cast, language)
    checks_in_private_and_asks(way)
    desk = journey_of("front-desk")
    # The clinic's pages are the same in both runs: one of them looks at them.
    desk_looks = desk.look if language == "en" else lambda _: None
    way.cast = is_registered(desk, own_cast, desk_looks)
    way.path = is_offered_a_log_in(desk, way.cast)
    comes_in(way)
    now = timezone.now() - timedelta(minutes=2)
    steps.eligible(way.cast, at=now)
    steps.capable(way.cast, at=now)
    is_told_the_price(desk, way.cast, desk_looks)
    nurse = journey_of("nurse")
    is_talked_with(nurse, way.cast)
    reads_understands_and_signs(way)
    first_on = next_monday() + timedelta(days=7)
    plan = PlanInput(template_id="TPL-TRD-IV", setting="supervised_clinic", first_on=first_on)
    steps.weigh(way.cast, "70", at=now)
    planning.draft_plan(course_id=way.cast.ada_course, plan=plan, by=own_cast.actor("prescriber"), at=timezone.now())
    desk = journey_of("front-desk")
    is_booked(desk, way.cast, first_on, desk_looks)
    finds_the_course_on_the_phone(way)
    a_sick_nurse_moves_nobody(desk, own_cast, first_on, desk_looks)


def next_monday() -> date:
    today = timezone.now().date()
    return today + timedelta(days=7 - today.weekday())


def next_workday() -> date:
    """A day from tomorrow on at which the clinic is open."""
    tomorrow = timezone.now().date() + timedelta(days=1)
    return tomorrow if tomorrow.weekday() < 5 else next_monday()


def checks_in_private_and_asks(way: Way) -> None:
    """The stranger: nothing is kept before they send it."""
    page, sizes = way.page, []

    def weigh(reply: Response) -> None:
        if reply.ok and reply.request.resource_type != "image":
            sizes.append(len(reply.body()))

    page.on("response", weigh)
    way.phone.open("/self-check/")
    assert sum(sizes) < LARGEST_PAGE
    page.remove_listener("response", weigh)
    way.look("self-check-first")
    check_oneself(page, 0)
    way.press("go on")
    way.look("self-check-health")
    check_oneself(page, 1)
    way.press("finish")
    expect(page.get_by_text(way.words["verdict"])).to_be_visible()
    way.look("self-check-result")
    assert not ConsultationRequest.objects.exists()
    way.press("ask")
    page.locator("#id_given_name").fill("María José")
    page.locator("#id_family_name").fill("Núñez Ibáñez")
    page.locator("#id_born_on").fill("1988-04-09")
    page.locator("input[name='way'][value='phone']").check()
    page.locator("#id_phone").fill("+34 600 123 456")
    page.locator("select[name='site']").select_option(str(way.cast.here))
    page.locator("#id_consent").check()
    way.look("request")
    page.wait_for_function("document.forms[0].elements.work.value !== ''")
    way.press("send")
    expect(page.get_by_text(way.words["arrived"])).to_be_visible()
    way.look("request-received")
    kept = ConsultationRequest.objects.get()
    assert (kept.given_name, kept.family_name, kept.language) == ("María José", "Núñez Ibáñez", way.language)
    assert kept.self_check.verdict == "consult"


def is_registered(desk: Journey, cast: Cast, look: Callable[[str], None]) -> Cast:
    """The front desk finds the request, books the first visit and opens the record; the cast with the new person for Ada."""
    page = desk.page
    desk.open("/requests/")
    page.get_by_role("link", name="Open the request of María José Núñez Ibáñez").click()
    page.get_by_role("textbox", name="First visit").fill(f"{next_workday()}T10:00")
    page.get_by_label("With", exact=True).select_option(label=cast.user("prescriber").name)
    page.get_by_role("button", name="Keep the time").click()
    expect(page.get_by_text("booked with", exact=False)).to_be_visible()
    page.get_by_label("What the course is for").select_option(label="Treatment-resistant depression")
    page.get_by_label("Female").check()
    look("way-desk-request")
    page.get_by_role("button", name="Open the record and a course").click()
    page.get_by_role("link", name="Open the patient").click()
    expect(page.get_by_label("Patient", exact=True)).to_contain_text("María José Núñez Ibáñez")
    person = Patient.objects.get(family_name="Núñez Ibáñez")
    assert person.language == ConsultationRequest.objects.get().language
    return replace(cast, ada=person.pk, ada_course=person.courses.get().pk)


def is_offered_a_log_in(desk: Journey, cast: Cast) -> str:
    """The link that the front desk hands over, as a path of this server."""
    page = desk.page
    desk.open(f"/patients/{cast.ada}/log-in/")
    page.get_by_label("Their e-mail address").fill("maria@patients.example")
    page.get_by_label("Show me the link").check()
    page.get_by_role("button", name="Make a link").click()
    return urlsplit(page.get_by_label("Link", exact=True).input_value()).path


def comes_in(way: Way) -> None:
    """From the link to their own pages."""
    page, words = way.page, way.words
    way.phone.open(way.path)
    way.look("welcome")
    page.get_by_label(words["born"]).fill("1988-04-09")
    page.get_by_label(words["password"]).fill(PASSWORD)
    page.get_by_label(words["again"]).fill(PASSWORD)
    way.press("set")
    page.wait_for_url("**/accounts/login/")
    way.look("log-in")
    page.locator("#id_login").fill("maria@patients.example")
    page.locator("#id_password").fill(PASSWORD)
    way.press("log in")
    expect(page.get_by_role("heading", name=words["hello"])).to_be_visible()
    expect(page.get_by_text(words["talk"])).to_be_visible()  # the first visit is theirs already
    way.look("home-before")


def is_told_the_price(desk: Journey, cast: Cast, look: Callable[[str], None]) -> None:
    """The Good Faith Estimate comes before the consent."""
    page, today = desk.page, timezone.now().date()
    desk.open(f"/courses/{cast.ada_course}/account/estimate/")
    page.get_by_label("First service on").fill(f"{today}")
    page.get_by_label("Last service on").fill(f"{today + timedelta(days=60)}")
    page.get_by_label("No insurance").check()
    page.get_by_role("button", name="Work it out").click()
    page.get_by_role("button", name="Write it down").click()
    expect(page.get_by_text("on paper, by hand").first).to_be_visible()
    look("way-desk-estimate")
    assert Estimate.objects.get().given.count() == 1


def is_talked_with(nurse: Journey, cast: Cast) -> None:
    """The talk, held in the patient's language."""
    page = nurse.page
    nurse.open(f"/courses/{cast.ada_course}/consent/talk/")
    page.get_by_label("Who explained").select_option(label=cast.user("nurse").name)
    page.get_by_role("button", name="Keep the talk").click()
    page.wait_for_url("**/questions/**")


def reads_understands_and_signs(way: Way) -> None:
    """The consent to the treatment and the one to its being off-label, each read, answered and signed on the phone."""
    page, course = way.page, way.cast.ada_course
    treatment = document_for(indication="mdd_trd", language=way.language)
    way.phone.open("/my/")
    way.look("home-consent-waits")
    way.follow("decide")
    way.look("consents")
    signs(way, treatment, f"/courses/{course}/consent/sign/", wrong_first=True)
    way.look("consents-signed")
    signs(way, separate_for("off_label", language=way.language), f"/courses/{course}/consent/also/off_label/")
    expect(page.get_by_text(way.words["yes"])).to_have_count(2)
    consent = Consent.objects.get()
    assert (consent.language, consent.method, consent.signed_in) == (way.language, "drawn", "patient")
    assert TeachBackAnswer.objects.filter(is_right=False).count() == 1
    assert queries.consent_status(way.cast.course("ada"), timezone.now()).in_force


def signs(way: Way, text: Text, path: str, *, wrong_first: bool = False) -> None:
    """One text: no signature before its questions are answered rightly."""
    page = way.page
    way.page.locator(f"a[href^='{path}']").click()
    expect(page.get_by_role("heading", name=text.stated.title)).to_be_visible()
    expect(page.get_by_role("button", name=way.words["sign"], exact=True)).to_have_count(0)
    way.look(f"consent-{text.kind}")
    way.follow("answer")
    answer_all(page, text, wrong_first=wrong_first)
    way.look(f"consent-{text.kind}-questions")
    way.follow("on")
    for box in page.get_by_role("checkbox").all():
        box.check()
    draw(page)
    way.look(f"consent-{text.kind}-signing")
    way.press("sign")
    expect(page.get_by_text(way.words["signed"])).to_be_visible()


def is_booked(desk: Journey, cast: Cast, first_on: date, look: Callable[[str], None]) -> None:
    """All six sessions or none."""
    page = desk.page
    desk.open(f"/courses/{cast.ada_course}/book/")
    page.get_by_label("From", exact=False).first.fill(first_on.isoformat())
    page.get_by_role("button", name="Find times").press("Enter")
    expect(page.get_by_role("heading", name="Nearest to the plan")).to_be_visible()
    expect(page.get_by_text("Proved: no other way is better").first).to_be_visible()
    look("way-desk-proposals")
    page.get_by_role("button", name="Book 6 sessions", exact=True).press("Enter")
    expect(page.get_by_text("6 sessions are booked.")).to_be_visible()
    assert Appointment.objects.filter(state="booked", course=cast.ada_course).count() == 6


def finds_the_course_on_the_phone(way: Way) -> None:
    """Every visit, in the patient's language, and what they signed."""
    page = way.page
    way.phone.open("/my/")
    page.locator("main summary").click()
    expect(page.get_by_text(way.words["booked"])).to_be_visible()
    way.look("home-booked")
    way.follow("documents")
    way.look("documents")
    page.get_by_role("link", name=document_for(indication="mdd_trd", language=way.language).stated.title).click()
    way.look("signed")


def a_sick_nurse_moves_nobody(desk: Journey, cast: Cast, first_on: date, look: Callable[[str], None]) -> None:
    """The front desk sees what would change before it changes, and applies it."""
    page, first = desk.page, Appointment.objects.filter(session__isnull=False).order_by("starts_at").first()
    absent = first.nurse.name
    desk.open(f"/schedule/?on={first_on}")
    page.get_by_role("link", name="Somebody is absent").press("Enter")
    page.get_by_label("Who").select_option(label=absent)
    page.get_by_label("First day").fill(first_on.isoformat())
    page.get_by_label("Last day").fill(first_on.isoformat())
    look("way-desk-absence")
    page.get_by_role("button", name="Keep the absence").press("Enter")
    expect(page.get_by_text("1 of the day's appointments lacks")).to_be_visible()
    look("way-desk-day-lacks")
    page.get_by_role("link", name="Arrange the day anew").press("Enter")
    expect(page.get_by_text("nobody must be called")).to_be_visible()
    first.refresh_from_db()
    assert first.nurse.name == absent  # seen, and not done yet
    look("way-desk-day-plan")
    page.get_by_role("button", name="Apply 1 change").press("Enter")
    expect(page.get_by_role("cell", name=absent)).to_have_count(0)
    when = first.starts_at
    first.refresh_from_db()
    assert (first.nurse.name != absent, first.starts_at) == (True, when)
