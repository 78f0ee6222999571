"""A patient taken along the pathway, by actions alone: what a test of a later room starts from."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from ketacare.clinic.actor import Actor
from ketacare.clinic.models import Course
from ketacare.consent import actions as consent
from ketacare.consent.document import document_for, separate_for
from ketacare.consent.models import CapacityAssessment, Consent, ConsentTalk, SeparateConsent
from ketacare.consent.separate import is_off_label
from ketacare.consent.shapes import Document, Text
from ketacare.consent.signature import Signature
from ketacare.consent.talk import Talk
from ketacare.planning import actions as planning
from ketacare.planning.models import CoursePlan, Order
from ketacare.planning.values import EarlierDoses, OrderInput, PlanInput
from ketacare.record import actions as record
from ketacare.record.models import Treatment
from tests.cast import NOW, Cast
from tests.rooms.evaluation import answers

SIGNED = NOW + timedelta(hours=1)
FIRST_ON = date(2026, 3, 4)


def at_the_other_site(cast: Cast) -> Cast:
    """The same cast seen from the other site: there, zoe is who ada is here."""
    return replace(
        cast,
        here=cast.there,
        there=cast.here,
        staff=cast.staff_there,
        staff_there=cast.staff,
        ada=cast.zoe,
        zoe=cast.ada,
        ada_course=cast.zoe_course,
        zoe_course=cast.ada_course,
    )


def eligible(cast: Cast, *, at: datetime = NOW) -> Course:
    """Ada's course, every question answered as for a healthy patient, and the decision to treat."""
    answers.answer(cast, at=at)
    answers.decide(cast, at=at)
    return cast.course("ada")


def capable(cast: Cast, *, at: datetime = NOW, **said: bool) -> CapacityAssessment:
    """A prescriber's judgement of Ada's capacity: able, unless an answer says otherwise."""
    document = document_for(indication="mdd_trd")
    given = dict.fromkeys(document.question_ids, True) | said
    return consent.record_capacity(course_id=cast.ada_course, answers=given, by=cast.actor("prescriber"), at=at)


def talked(cast: Cast, *, at: datetime = SIGNED, course_id: int | None = None) -> ConsentTalk:
    """The talk about consent with Ada, held by the nurse without an interpreter."""
    return consent.record_talk(
        course_id=cast.ada_course if course_id is None else course_id,
        talk=Talk(explained_by=cast.user("nurse"), questions="Can I eat before? Told: not for six hours."),
        by=cast.actor("nurse"),
        at=at,
    )


def understood(cast: Cast, text: Text, *, at: datetime = SIGNED, course_id: int | None = None) -> None:
    """Every question about a text, answered rightly at once."""
    for question in text.stated.teach_back:
        consent.answer_question(
            course_id=cast.ada_course if course_id is None else course_id,
            text=text,
            question=question.id,
            choice=question.right,
            by=cast.actor("nurse"),
            at=at,
        )


def signature(cast: Cast, text: Text, **changes: object) -> Signature:
    """Ada's signature under a text, typed with a nurse there, with whatever a test changes about it."""
    usual = {
        "document_sha256": text.reference.sha256,
        "name": str(cast.patient("ada")),
        "method": "on-screen",
        "confirmed": text.confirmation_ids,
        "is_present": True,
    }
    return Signature(**(usual | changes))


def give(
    cast: Cast, kind: str, *, at: datetime = SIGNED, by: Actor | None = None, **changes: object
) -> SeparateConsent:
    """Ada's yes to one separate consent, after its talk."""
    text = separate_for(kind)
    talked(cast, at=at)
    understood(cast, text, at=at)
    given = signature(cast, text, **changes)
    return consent.give_separate(
        course_id=cast.ada_course, kind=kind, signature=given, by=by or cast.actor("nurse"), at=at
    )


def sign(
    cast: Cast,
    *,
    at: datetime = SIGNED,
    by: Actor | None = None,
    course_id: int | None = None,
    document: Document | None = None,
    **changes: object,
) -> Consent:
    """Ada's signature for treatment, after the talk and its questions, and her yes to off-label use."""
    wanted = document or document_for(indication="mdd_trd")
    talked(cast, at=at, course_id=course_id)
    understood(cast, wanted, at=at, course_id=course_id)
    signed = consent.sign_consent(
        course_id=cast.ada_course if course_id is None else course_id,
        signature=signature(cast, wanted, **changes),
        by=by or cast.actor("nurse"),
        at=at,
    )
    if is_off_label(signed.indication, signed.route):
        give(cast, "off_label", at=at, by=by)
    return signed


def consented(cast: Cast) -> Consent:
    """Ada, eligible, able to decide, and signed."""
    eligible(cast)
    capable(cast)
    return sign(cast)


def weigh(cast: Cast, kg: str, *, at: datetime = NOW, height_cm: str | None = "170") -> None:
    """Ada on the scales, and against the wall."""
    values = {"weight_kg": Decimal(kg)} | ({"height_cm": Decimal(height_cm)} if height_cm else {})
    record.record_vitals(patient=cast.patient("ada"), values=values, measured_at=at, by=cast.actor("nurse"), at=at)


def planned(cast: Cast, *, kg: str = "70", first_on: date = FIRST_ON) -> CoursePlan:
    """Ada, consented, weighed, with a plan of six sessions."""
    consented(cast)
    weigh(cast, kg)
    plan = PlanInput(template_id="TPL-TRD-IV", setting="supervised_clinic", first_on=first_on)
    return planning.draft_plan(course_id=cast.ada_course, plan=plan, by=cast.actor("prescriber"), at=SIGNED)


def draft(cast: Cast, *, at: datetime = SIGNED, earlier: EarlierDoses | None = None, **changes: object) -> Order:
    """An order for Ada's first session at the template's dose, with whatever a test changes about it."""
    values = {
        "session_number": 1,
        "dose_mg_per_kg": Decimal("0.5"),
        "concentration_mg_ml": Decimal(50),
        "duration_min": Decimal(40),
        "diluted_to_ml": Decimal(50),
        "earlier": earlier or EarlierDoses(had_elsewhere=False),
    }
    order = OrderInput(**(values | changes))
    return planning.draft_order(course_id=cast.ada_course, order=order, by=cast.actor("prescriber"), at=at)


def ordered(cast: Cast, **changes: object) -> Order:
    """Ada, planned, with a signed order for her first session."""
    planned(cast)
    order = draft(cast, **changes)
    return planning.sign_order(order_id=order.pk, by=cast.actor("prescriber"), at=SIGNED)


def treated(cast: Cast, number: int = 1, *, started_at: datetime, given_mg: str = "35") -> Treatment:
    """What the session's single writer leaves of a treatment."""
    return Treatment.objects.create(
        course=cast.course("ada"),
        number=number,
        route="iv_ketamine",
        started_at=started_at,
        ended_at=started_at + timedelta(minutes=40),
        given_mg=Decimal(given_mg),
    )
