"""Ada taken through a session, by actions alone."""

from datetime import datetime, timedelta
from decimal import Decimal

from ketacare.clinic.actor import System
from ketacare.infusion import actions
from ketacare.infusion.door import Batch, Row
from ketacare.infusion.models import Session
from ketacare.infusion.queries import sessions, state_of
from ketacare.planning import actions as planning
from ketacare.planning.values import PlanInput, VialCheck
from ketacare.science.monitoring.way_home import way_home
from tests.cast import Cast
from tests.rooms import steps
from tests.rooms.evaluation import answers

MORNING = datetime.fromisoformat("2026-03-04T08:00:00+00:00")  # the day the plan begins
START = MORNING + timedelta(hours=1)
CLOCK = System(name="watch")
# what a quiet morning answers; false and 9999 h are answers that somebody gave
ANSWERS = {
    "patient.pregnancy_possible": False,
    "gate.uds_due": False,
    "gate.medicines_changed": False,
    "gate.last_meal_fatty": False,
    "gate.h_since_solids": 10,
    "gate.h_since_clear_fluids": 3,
    "gate.cssrs_risk_today": "none",
    "gate.intake_within_hold_hours": False,
    **dict.fromkeys(["gate.alcohol_h", "gate.cannabis_h", "gate.illicit_h", "gate.oxybate_h"], 9999),
    **dict.fromkeys(
        ["gate.acute_illness", "gate.new_psychosis", "gate.mania_signs", "gate.intoxication", "gate.delirium"], False
    ),
    **dict.fromkeys(
        ["gate.new_side_effect", "gate.new_urinary_symptom", "gate.vomiting_today", "gate.airway_infection"], False
    ),
    **dict.fromkeys(["gate.identity_two_identifiers", "gate.consent_reaffirmed_today", "gate.escort_named"], True),
    **dict.fromkeys(["gate.no_driving_agreed", "gate.not_sole_carer_until_next_day", "gate.adult_stays_tonight"], True),
    **dict.fromkeys(["gate.side_effects_asked", "gate.airway_looked_at", "gate.rems_enrolled"], True),
    **dict.fromkeys(["gate.oxygen_ready", "gate.suction_ready", "gate.bag_mask_airways_ready"], True),
    **dict.fromkeys(["gate.defibrillator_ready", "gate.crash_medicines_ready", "gate.acls_clinician_on_site"], True),
    **dict.fromkeys(["gate.second_person_on_site", "gate.vial_lot_expiry_checked", "gate.two_person_count"], True),
    "gate.standing_orders_in_force": True,
}
QUIET = {"bp_sys": 124, "bp_dia": 78, "heart_rate": 70, "spo2": 98, "resp_rate": 14}
HOME = {
    "home.suicide_screen": ("no_plan_or_intent", ""),
    "home.cannula_removed": (True, ""),
    "home.escort_present": (True, "Olaf, brother"),
    "home.not_sole_carer_until_next_day": (True, ""),
    "home.adult_stays_tonight": (True, ""),
    "home.written_instructions_given": (True, ""),
    "home.no_driving_receipt": (True, ""),
    "home.next_day_call_booked": (True, "Harbour Nurse, tomorrow at 10"),
}
SCORES = dict.fromkeys([item for score in way_home().assessments.values() for item in score.items], 2)
WELL = {
    "moaas": 5,
    "oriented": True,
    "on_air": True,
    "dissociation": 0,
    "end_organ_symptom": False,
    "nausea_controlled": True,
    "takes_fluids": True,
    "vomiting": False,
}


def after(minutes: float) -> datetime:
    """A time counted from the start of the drug."""
    return START + timedelta(minutes=minutes)


def read(
    cast: Cast,
    session: Session,
    at: datetime,
    *,
    source: str = "person",
    taken_at: datetime | None = None,
    **values: float,
):
    """One row through the door."""
    batch = Batch(rows=[Row(at=taken_at or at, values=values)], source=source)
    return actions.record_readings(session_id=session.pk, batch=batch, by=cast.actor("nurse"), at=at)


def ordered(cast: Cast) -> None:
    """Ada evaluated, decided on, consented, weighed, planned, with a signed order for her first session."""
    prescriber = cast.actor("prescriber")
    answers.answer(cast)
    answers.decide(cast)
    steps.capable(cast)
    steps.sign(cast)
    steps.weigh(cast, "70")
    plan = PlanInput(template_id="TPL-TRD-IV", setting="supervised_clinic", first_on=steps.FIRST_ON)
    planning.draft_plan(course_id=cast.ada_course, plan=plan, by=prescriber, at=steps.SIGNED)
    planning.sign_order(order_id=steps.draft(cast).pk, by=prescriber, at=steps.SIGNED)


def planned(cast: Cast) -> Session:
    """Ada with a signed order, and her first session on the list."""
    ordered(cast)
    return actions.plan_session(
        course=cast.course("ada"),
        number=1,
        planned_at=START,
        route="iv_ketamine",
        by=cast.actor("nurse"),
        at=steps.SIGNED,
    )


def checked_in(cast: Cast) -> Session:
    session = planned(cast)
    return actions.check_in(session_id=session.pk, chair="1", by=cast.actor("nurse"), at=MORNING)


def ready(cast: Cast, **answers: object) -> Session:
    """Everything asked and measured, right before the start."""
    session = checked_in(cast)
    given = {item: (value, "") for item, value in (ANSWERS | answers).items()}
    actions.attest_items(session_id=session.pk, answers=given, by=cast.actor("nurse"), at=START - timedelta(minutes=20))
    read(cast, session, START - timedelta(minutes=10), temp_c=36.7, **QUIET)
    actions.chart_observation(
        session_id=session.pk,
        values={"moaas": 5, "dissociation": 0},
        by=cast.actor("nurse"),
        at=START - timedelta(minutes=5),
    )
    return actions.mark_ready(session_id=session.pk, by=cast.actor("nurse"), at=START - timedelta(minutes=2))


def vial(cast: Cast) -> VialCheck:
    return VialCheck(computed_by=cast.user("prescriber").pk, label_matches=True)


def started(cast: Cast, **answers: object) -> Session:
    """The drug runs at 35 mg in 40 min."""
    session = ready(cast, **answers)
    read(cast, session, START - timedelta(seconds=30), **QUIET)
    return actions.start_treatment(session_id=session.pk, vial=vial(cast), by=cast.actor("nurse"), at=START)


def recovering(cast: Cast) -> Session:
    session = started(cast)
    for minutes in (10, 20, 30, 40):
        read(cast, session, after(minutes), **QUIET)
        actions.chart_observation(session_id=session.pk, values={"moaas": 5}, by=cast.actor("nurse"), at=after(minutes))
    return actions.end_infusion(session_id=session.pk, by=cast.actor("nurse"), at=after(40))


def settled(cast: Cast) -> Session:
    """An hour later, well, and everything charted."""
    session = recovering(cast)
    nurse = cast.actor("nurse")
    for minutes in (55, 70, 85, 99):
        read(cast, session, after(minutes), **QUIET)
        actions.chart_observation(session_id=session.pk, values={**WELL, **SCORES}, by=nurse, at=after(minutes))
    actions.attest_items(session_id=session.pk, answers=HOME, by=nurse, at=after(99))
    acknowledge_all(cast, session, after(99.5))
    return session


def acknowledge_all(cast: Cast, session: Session, at: datetime) -> None:
    for one in state_of(session).alarms.waiting:
        actions.acknowledge_alarm(
            session_id=session.pk, alarm=one.key, episode=one.number, by=cast.actor("nurse"), at=at
        )


def again(session: Session) -> Session:
    """The session as the database has it now."""
    return sessions().get(pk=session.pk)


RATE = Decimal("52.5")
