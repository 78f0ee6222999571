"""What leaves a place for good: wasted, broken, sent back, lost. One way for all of them."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from ketacare.clinic import audit
from ketacare.clinic.actor import Actor
from ketacare.science.stewardship.ledger import SMALLEST
from ketacare.stewardship import journal
from ketacare.stewardship.doing import amount_meant, container_at, need_reason, of_site, second_person
from ketacare.stewardship.journal import About, Move
from ketacare.stewardship.models import Account, Container, Movement, Register

K, M = Account.Kind, Movement.Kind
GOES_TO = {M.WASTE: K.WASTE, M.BREAKAGE: K.WASTE, M.EXPIRED: K.RETURNED, M.LOSS: K.LOSS, M.RETURN: K.VAULT}
DID = {
    M.WASTE: "drug wasted",
    M.BREAKAGE: "breakage recorded",
    M.EXPIRED: "stock sent back",
    M.LOSS: "loss recorded",
    M.RETURN: "drug returned",
}


def seen_out(
    register: Register, about: About, *, container_id: int, mg: Decimal | None, by: Actor, at: datetime
) -> Movement:
    """Book what leaves for good: with a reason, and before a second person where there is one."""
    seen = second_person(about.witness, by=by, site=register.site, at=at)
    about = replace(about, reason=need_reason(about.reason), witness=seen)
    return taken_out(register, about, container_id=container_id, mg=mg, by=by, at=at)


def taken_out(
    register: Register, about: About, *, container_id: int, mg: Decimal | None, by: Actor, at: datetime
) -> Movement:
    """Book so much of a container out of the vault or a chair; more than is there is written down, and must be explained."""
    site, permission = register.site, "register.keep"
    chair = of_site(site, about.chair, permission)
    said = journal.digest(did=about.kind, chair=chair or "", container=container_id, mg=mg, reason=about.reason)
    if done := journal.done_before(register, about.nonce, said, by=by):
        return done
    place = journal.account(site, K.VAULT if chair is None else K.ROOM, chair)
    box = container_at(place, container_id, permission)
    held_mg = journal.amount_at(place, box).mg
    wanted = amount_meant(mg, held_mg=held_mg)
    move = Move(container=box, out_of=place, into=journal.account(site, GOES_TO[M(about.kind)]), mg=wanted)
    row = journal.post(register, replace(about, said=said), [move], by=by, at=at)
    if wanted > held_mg:
        explain_excess(row, box, excess_mg=wanted - max(held_mg, Decimal(0)), at=at)
    audit.record(by=by, at=at, did=DID[M(about.kind)], on=row)
    return row


def explain_excess(row: Movement, box: Container, *, excess_mg: Decimal, at: datetime) -> None:
    """Somebody has more in their hand than the register thinks: what they say is written down, and must be explained."""
    says = f"{row} is {excess_mg:f} mg more than the register held of {box.drug} {box}."
    gap = int(excess_mg / SMALLEST)
    about = {"movement": row, "course": row.course, "session": row.session}
    journal.open_discrepancy(row.site, "more-than-held", says, at=at, gap_ug=gap, **about)
