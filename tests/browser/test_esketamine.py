"""An esketamine session in a real browser: devices five minutes apart, two hours, going home, an adverse event, the form."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from ketacare.consent.document import document_for
from ketacare.infusion import actions
from ketacare.infusion.door import Batch, Row
from ketacare.infusion.models import Session
from ketacare.planning import actions as planning
from ketacare.planning.values import OrderInput, PlanInput, VialCheck
from tests.cast import Cast, day_at
from tests.rooms import steps
from tests.rooms.evaluation import answers
from tests.rooms.infusion import spray
from tests.rooms.infusion.treatment import ANSWERS, HOME, QUIET, SCORES, WELL, acknowledge_all
from tests.rooms.planning.asking import EARLIER

pytestmark = pytest.mark.browser
MINUTE = timedelta(minutes=1)


def ready(cast: Cast, begin: datetime) -> Session:
    """Everything asked and measured right before a first device at ``begin``, on the real clock."""
    before, prescriber, nurse = begin - 60 * MINUTE, cast.actor("prescriber"), cast.actor("nurse")
    answers.answer(cast, plan__route="in_esketamine", at=before)
    answers.decide(cast, at=before)
    steps.capable(cast, at=before)
    document = document_for(indication="mdd_trd", route="in_esketamine")
    steps.sign(cast, at=before, document=document)
    steps.weigh(cast, "70", at=before)
    plan = PlanInput(template_id="TPL-TRD-ESK", setting="supervised_clinic", first_on=begin.date())
    planning.draft_plan(course_id=cast.ada_course, plan=plan, by=prescriber, at=before)
    order = OrderInput(session_number=1, devices=2, earlier=EARLIER)
    row = planning.draft_order(course_id=cast.ada_course, order=order, by=prescriber, at=before)
    planning.sign_order(order_id=row.pk, by=prescriber, at=before)
    session = actions.plan_session(
        course=cast.course("ada"), number=1, planned_at=begin, route="in_esketamine", by=nurse, at=before
    )
    actions.check_in(session_id=session.pk, chair="1", by=nurse, at=begin - 30 * MINUTE)
    given = {item: (value, "") for item, value in (ANSWERS | spray.SPRAY).items()}
    actions.attest_items(session_id=session.pk, answers=given, by=nurse, at=begin - 20 * MINUTE)
    for minutes in (10, 1):
        read(cast, session, begin - minutes * MINUTE, temp_c=36.7, **QUIET)
    actions.chart_observation(
        session_id=session.pk, values={"moaas": 5, "dissociation": 0}, by=nurse, at=begin - 1 * MINUTE
    )
    return actions.mark_ready(session_id=session.pk, by=nurse, at=begin - 0.5 * MINUTE)


def read(cast: Cast, session: Session, at: datetime, **values: float) -> None:
    batch = Batch(rows=[Row(at=at, values=values)], source="person")
    actions.record_readings(session_id=session.pk, batch=batch, by=cast.actor("nurse"), at=at)


def watched_for_two_hours(cast: Cast, session: Session, begin: datetime) -> None:
    """Both devices, then every reading and look of two hours; a pressure of 138 at 40 minutes."""
    nurse = cast.actor("nurse")
    vial = VialCheck(computed_by=None, label_matches=True)
    actions.start_treatment(session_id=session.pk, vial=vial, by=nurse, at=begin)
    read(cast, session, begin + 4.9 * MINUTE, **QUIET)
    actions.give_device(session_id=session.pk, by=nurse, at=begin + 5 * MINUTE)
    actions.end_infusion(session_id=session.pk, by=nurse, at=begin + 6 * MINUTE)
    for minutes in (15, 30, 40, 60, 80, 100, 115, 130):
        at = begin + minutes * MINUTE
        read(cast, session, at, **(QUIET | ({"bp_sys": 138.0} if minutes == 40 else {})))
        actions.chart_observation(session_id=session.pk, values={**WELL, **SCORES}, by=nurse, at=at)
    acknowledge_all(cast, session, begin + 130.5 * MINUTE)


def measured_and_quiet(cast: Cast, session: Session) -> None:
    """A fresh reading, and what silence has raised while the pictures were taken is acknowledged."""
    now = timezone.now()
    read(cast, session, now, **QUIET)
    actions.chart_observation(session_id=session.pk, values={**WELL, **SCORES}, by=cast.actor("nurse"), at=now)
    acknowledge_all(cast, session, timezone.now())


def live(page: Page) -> None:
    expect(page.locator("#live-state")).to_have_text("Live.")


def test_the_first_device_is_given_and_the_next_must_wait_five_minutes(own_cast, journey_of):
    hill = spray.there(own_cast)
    session = ready(hill, timezone.now())
    nurse = journey_of("nurse", there=True)
    page = nurse.page
    nurse.open(f"/sessions/{session.pk}/gate/")
    page.get_by_role("button", name="Give the first dose").click()
    live(page)
    nurse.look("esketamine-cockpit")
    page.locator("body").press("d")
    expect(page.get_by_text("The rest between two devices is 5 min")).to_be_visible()


def test_two_hours_later_home_with_an_adverse_event_and_the_form_sent_by_a_person(own_cast, journey_of):
    hill, begin = spray.there(own_cast), timezone.now() - 131 * MINUTE
    session = ready(hill, begin)
    watched_for_two_hours(hill, session, begin)
    nurse = journey_of("nurse", there=True)
    page = nurse.page

    nurse.open(f"/sessions/{session.pk}/")
    live(page)
    page.locator("body").press("j")
    expect(page.get_by_role("heading", name="Adverse event in this session")).to_be_visible()
    write_down_a_stay_in_hospital(page)
    nurse.look("adverse-event")
    page.get_by_role("button", name="Write it down").click()
    live(page)
    expect(page.get_by_text("Adverse event, grade 3, serious: hypertension").first).to_be_visible()

    nurse.open(f"/sessions/{session.pk}/recovery/")
    expect(page.get_by_role("button", name="Sign and discharge")).to_be_disabled()
    for item, (value, note) in HOME.items():
        page.locator(f"[name='{item}']").select_option(value if isinstance(value, str) else "yes")
        if note:
            page.locator(f"[name='{item}.note']").fill(note)
    page.get_by_role("button", name="Save these answers").click()
    nurse.look("esketamine-recovery")
    page.get_by_role("link", name="The written sheet to take home").click()
    expect(page.get_by_text("555 0101")).to_be_visible()
    nurse.look("home-sheet")
    measured_and_quiet(hill, session)
    page.get_by_role("link", name="To the way home").click()
    page.get_by_role("button", name="Sign and discharge").click()
    expect(page.get_by_text("discharged").first).to_be_visible()

    nurse.open("/")
    for what in ("Report a serious adverse event", "Send an esketamine monitoring form", "Call the patient"):
        expect(page.get_by_role("row").filter(has_text=what)).to_have_count(1)
    nurse.look("today-after-a-session")
    page.get_by_role("row").filter(has_text="monitoring form").get_by_role("link", name="Fill in the form").click()
    for words in ("138/78 mmHg, minute 40", "hypertension", "7 days left"):
        expect(page.get_by_text(words).first).to_be_visible()
    page.get_by_label("Lot of the devices").fill("24X118")
    page.get_by_label("Yes").check()
    page.get_by_label("Sent to the programme on").fill(f"{day_at(hill.here)}")
    nurse.look("rems-form")
    page.get_by_role("button", name="Mark as submitted").click()
    expect(page.get_by_text("recorded it as sent on")).to_be_visible()

    nurse.open("/")
    expect(page.get_by_role("row").filter(has_text="monitoring form")).to_have_count(0)
    page.get_by_role("row").filter(has_text="Report a serious").get_by_role("link", name="Open the event").click()
    expect(page.get_by_text("15 days left").first).to_be_visible()
    nurse.look("adverse-event-case")
    page.get_by_role("link", name="Safety").click()
    expect(page.get_by_role("heading", name="Adverse events")).to_be_visible()
    nurse.look("adverse-events")


def write_down_a_stay_in_hospital(page: Page) -> None:
    """A rise of pressure that led to a stay in hospital; every question answered."""
    page.get_by_label("What happened", exact=False).first.select_option("hypertension")
    page.locator("[name='grade'][value='3']").check()
    for group in page.locator(".criteria fieldset").all():
        group.get_by_label("No", exact=True).check()
    page.locator("[name='serious_hospitalisation_initial_or_prolonged'][value='yes']").check()
    page.locator("[name='relatedness'][value='probable']").check()
    page.locator("[name='drug_action']").select_option("not_applicable")
    page.locator("[name='outcome']").select_option("recovering")
