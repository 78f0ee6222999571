"""Drug that was given before anybody had issued it, put down to the container that turned up."""

from datetime import datetime

from ketacare.clinic.actor import Actor
from ketacare.science.stewardship.ledger import Part, taken
from ketacare.stewardship import journal, queries
from ketacare.stewardship.journal import About, Move
from ketacare.stewardship.models import Account, Container, Movement, Register
from ketacare.stewardship.values import Chair

K, M = Account.Kind, Movement.Kind
UNKNOWN_STRENGTH_UG_PER_ML = 1000  # nobody knows from what it was drawn: its mL mean nothing and are not shown
NOT_ISSUED = "not issued"


def stand_in(register: Register, drug: str) -> Container:
    """The container that stands for drug which nobody had issued."""
    made = {"strength_ug_per_ml": UNKNOWN_STRENGTH_UG_PER_ML, "content_ug": 0}
    return Container.objects.get_or_create(
        site=register.site, drug=drug, lot="", serial=NOT_ISSUED, expires_on=None, defaults=made
    )[0]


def attribute(register: Register, chair: Chair, *, by: Actor, at: datetime) -> Movement | None:
    """Put what a patient was given without issue down to what is at the chair now, as far as it reaches."""
    site = register.site
    given = [one for one in queries.held(queries.at_chair(site, chair, K.PATIENT)) if not one.container.lot]
    here = [one for one in queries.issued(site, chair) if one.container.lot]
    room, patient = journal.account(site, K.ROOM, chair), journal.account(site, K.PATIENT, chair)
    moves = []
    for open_one in given:
        parts = [Part(container=one.container, mg=one.amount.mg) for one in here]
        for part in taken(open_one.amount.mg, parts).parts:
            moves.append(Move(container=open_one.container, out_of=patient, into=room, mg=part.mg))
            moves.append(Move(container=part.container, out_of=room, into=patient, mg=part.mg))
    return journal.post(register, About(kind=M.ATTRIBUTION, chair=chair), moves, by=by, at=at) if moves else None
