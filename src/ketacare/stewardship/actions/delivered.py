"""The chart moves the vault: what the dose steps have delivered is booked from the chair to the patient."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from ketacare.clinic.actor import Actor
from ketacare.clinic.models import Course, Site
from ketacare.record.models import Treatment
from ketacare.science.stewardship.ledger import SMALLEST, Part, difference_to_book, taken
from ketacare.stewardship import journal, queries
from ketacare.stewardship.attribution import stand_in
from ketacare.stewardship.journal import About, Move
from ketacare.stewardship.models import Account, Discrepancy, Movement, Register
from ketacare.stewardship.values import Chair

K, M = Account.Kind, Movement.Kind
DRUGS = ("esketamine", "ketamine")  # the longer name first: it holds the other


@transaction.atomic
def book_delivered(
    *, treatment: Course, number: int, site: Site, delivered_mg: Decimal, lost_mg: Decimal, by: Actor, at: datetime
) -> Movement | None:
    """Book what has arrived since the last dose step from the chair to the patient; less than before is booked back.

    No permission of its own and never a refusal: the dose step whose transaction this belongs to was allowed, and what was
    given was given. What nobody had issued opens a discrepancy. Treatments begun before the register was are not in it.
    """
    register = Register.objects.select_for_update(of=("self",)).select_related("site").filter(site=site).first()
    if register is None or _began_before(register, treatment, number):
        return None
    chair = Chair(course_id=treatment.pk, number=number)
    patient = queries.held(queries.at_chair(site, chair, K.PATIENT))
    open_mg = difference_to_book(delivered_mg=delivered_mg, booked_mg=queries.total_mg(patient))
    if not open_mg:
        return None
    moves = _given(register, chair, open_mg, at=at) if open_mg > 0 else _given_back(register, chair, -open_mg, patient)
    reason = (
        f"{lost_mg:f} mg lost from the line so far: not in the patient, waste it before two people." if lost_mg else ""
    )
    return journal.post(register, About(kind=M.DOSE, chair=chair, reason=reason), moves, by=by, at=at)


def _began_before(register: Register, course: Course, number: int) -> bool:
    began = Treatment.objects.filter(course=course, number=number).values_list("started_at", flat=True).first()
    return began is not None and began < register.opened_at


def _given(register: Register, chair: Chair, mg: Decimal, *, at: datetime) -> list[Move]:
    site = register.site
    room, patient = journal.account(site, K.ROOM, chair), journal.account(site, K.PATIENT, chair)
    here = [Part(container=one.container, mg=one.amount.mg) for one in queries.held([room]) if one.container.lot]
    drawn = taken(mg, here)
    moves = [Move(container=one.container, out_of=room, into=patient, mg=one.mg) for one in drawn.parts]
    if drawn.missing_mg:
        nobodys = stand_in(register, _drug_of(chair))
        moves.append(Move(container=nobodys, out_of=room, into=patient, mg=drawn.missing_mg))
        _open_once(register, chair, drawn.missing_mg, at=at)
    return moves


def _given_back(register: Register, chair: Chair, mg: Decimal, booked: list[queries.Held]) -> list[Move]:
    """The last that went in comes back first, and what nobody had issued before all."""
    room = journal.account(register.site, K.ROOM, chair)
    patient = journal.account(register.site, K.PATIENT, chair)
    latest = [one for has_lot in (False, True) for one in reversed(booked) if bool(one.container.lot) is has_lot]
    parts = taken(mg, [Part(container=one.container, mg=one.amount.mg) for one in latest]).parts
    return [Move(container=one.container, out_of=patient, into=room, mg=one.mg) for one in parts]


def _open_once(register: Register, chair: Chair, mg: Decimal, *, at: datetime) -> None:
    """One open discrepancy a session: what comes on top is seen in the balance of the same."""
    of_session = {"course_id": chair.course_id, "session": chair.number}
    open_ones = Discrepancy.objects.filter(site=register.site, kind="not-issued", explanation__isnull=True)
    if open_ones.filter(**of_session).exists():
        return
    says = f"Session {chair.number}: {mg:f} mg and more were given that nobody had issued."
    gap = -int(mg / SMALLEST)
    journal.open_discrepancy(register.site, "not-issued", says, at=at, gap_ug=gap, **of_session)


def _drug_of(chair: Chair) -> str:
    row = Treatment.objects.filter(course=chair.course_id, number=chair.number).first()
    route = row.route if row else ""
    return next((drug for drug in DRUGS if drug in route), DRUGS[-1])
