"""Zoe taken through an esketamine session at the clinic in New York, by actions alone; there the programme's rules apply."""

from datetime import timedelta

from ketacare.consent.document import document_for
from ketacare.infusion import actions
from ketacare.infusion.models import Session
from ketacare.planning import actions as planning
from ketacare.planning.values import OrderInput, PlanInput, VialCheck
from tests.cast import Cast
from tests.rooms import steps
from tests.rooms.evaluation import answers
from tests.rooms.infusion.treatment import (
    ANSWERS,
    HOME,
    MORNING,
    QUIET,
    SCORES,
    START,
    WELL,
    acknowledge_all,
    after,
    read,
)
from tests.rooms.planning.asking import EARLIER

SPRAY = {"gate.h_since_nasal_product": 9999}


def there(cast: Cast) -> Cast:
    """The cast as the clinic in New York sees it: zoe is who ada is here."""
    return steps.at_the_other_site(cast)


def ordered(cast: Cast, *, devices: int = 2) -> None:
    """Zoe decided on, consented, with a plan of nasal esketamine and a signed order of two devices."""
    prescriber = cast.actor("prescriber")
    answers.answer(cast, plan__route="in_esketamine")
    answers.decide(cast)
    steps.capable(cast)
    consented(cast)
    steps.weigh(cast, "70")
    plan = PlanInput(template_id="TPL-TRD-ESK", setting="supervised_clinic", first_on=steps.FIRST_ON)
    planning.draft_plan(course_id=cast.ada_course, plan=plan, by=prescriber, at=steps.SIGNED)
    order = planning.draft_order(
        course_id=cast.ada_course,
        order=OrderInput(session_number=1, devices=devices, earlier=EARLIER),
        by=prescriber,
        at=steps.SIGNED,
    )
    planning.sign_order(order_id=order.pk, by=prescriber, at=steps.SIGNED)


def consented(cast: Cast) -> None:
    """A signature under the document of the spray."""
    document = document_for(indication="mdd_trd", route="in_esketamine")
    steps.sign(cast, document=document)


def checked_in(cast: Cast) -> Session:
    """Zoe in her chair."""
    ordered(cast)
    session = actions.plan_session(
        course=cast.course("ada"),
        number=1,
        planned_at=START,
        route="in_esketamine",
        by=cast.actor("nurse"),
        at=steps.SIGNED,
    )
    return actions.check_in(session_id=session.pk, chair="1", by=cast.actor("nurse"), at=MORNING)


def ready(cast: Cast, **changes: object) -> Session:
    """Everything asked and measured, right before the first device."""
    session = checked_in(cast)
    given = {item: (value, "") for item, value in (ANSWERS | SPRAY | changes).items()}
    nurse = cast.actor("nurse")
    actions.attest_items(session_id=session.pk, answers=given, by=nurse, at=START - timedelta(minutes=20))
    read(cast, session, START - timedelta(minutes=10), temp_c=36.7, **QUIET)
    actions.chart_observation(
        session_id=session.pk, values={"moaas": 5, "dissociation": 0}, by=nurse, at=START - timedelta(minutes=5)
    )
    return actions.mark_ready(session_id=session.pk, by=nurse, at=START - timedelta(minutes=2))


def started(cast: Cast, **changes: object) -> Session:
    """The first device is given."""
    session = ready(cast, **changes)
    read(cast, session, START - timedelta(seconds=30), **QUIET)
    vial = VialCheck(computed_by=None, label_matches=True)
    return actions.start_treatment(session_id=session.pk, vial=vial, by=cast.actor("nurse"), at=START)


def recovering(cast: Cast) -> Session:
    """Both devices given, five minutes apart."""
    session = started(cast)
    nurse = cast.actor("nurse")
    read(cast, session, after(4.9), **QUIET)
    actions.give_device(session_id=session.pk, by=nurse, at=after(5))
    return actions.end_infusion(session_id=session.pk, by=nurse, at=after(6))


def discharged(cast: Cast) -> Session:
    """Two hours later, well, and home."""
    session = recovering(cast)
    nurse = cast.actor("nurse")
    for minutes in (15, 30, 40, 60, 80, 100, 115, 130):
        higher = {"bp_sys": 138.0} if minutes == 40 else {}
        read(cast, session, after(minutes), **(QUIET | higher))
        actions.chart_observation(session_id=session.pk, values={**WELL, **SCORES}, by=nurse, at=after(minutes))
    actions.attest_items(session_id=session.pk, answers=HOME, by=nurse, at=after(130))
    acknowledge_all(cast, session, after(130.5))
    return actions.discharge(session_id=session.pk, by=cast.actor("nurse"), at=after(131))
