"""Between vault and chair: issue, return, waste, breakage."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from ketacare.clinic import audit
from ketacare.clinic.actor import Actor, Staff
from ketacare.clinic.errors import ActionRefused, Reason
from ketacare.stewardship import journal
from ketacare.stewardship.attribution import attribute
from ketacare.stewardship.doing import (
    CUSTODIAN,
    amount_meant,
    begun,
    container_at,
    of_site,
    today,
)
from ketacare.stewardship.journal import About, Move
from ketacare.stewardship.leaving import seen_out, taken_out
from ketacare.stewardship.models import Account, Container, Movement, Register
from ketacare.stewardship.values import Chair

K, M = Account.Kind, Movement.Kind


@transaction.atomic
def issue(
    *,
    site_id: int,
    chair: Chair,
    container_ids: Sequence[int],
    by: Actor,
    at: datetime,
    mg: Decimal | None = None,
    nonce: str = "",
) -> Movement:
    """Take drug out of the vault to the chair of a session: whole containers, or so many mg drawn from one of them."""
    register = begun(site_id, "register.keep", by)
    of_site(register.site, chair, "register.keep")
    said = journal.digest(did="issue", chair=chair, containers=list(container_ids), mg=mg)
    if done := journal.done_before(register, nonce, said, by=by):
        return done
    if len(set(container_ids)) != 1 and (mg is not None or not container_ids):
        raise ActionRefused("one-container", ["Choose the containers; an amount is drawn from one of them."])
    moves = [_issued(register, chair, one, mg, at=at) for one in dict.fromkeys(container_ids)]
    row = journal.post(register, About(kind=M.ISSUE, chair=chair, nonce=nonce, said=said), moves, by=by, at=at)
    attribute(register, chair, by=by, at=at)
    audit.record(by=by, at=at, did="drug issued", on=row)
    return row


@transaction.atomic
def return_drug(
    *,
    site_id: int,
    chair: Chair,
    container_id: int,
    mg: Decimal | None,
    by: Actor,
    at: datetime,
    nonce: str = "",
) -> Movement:
    """Bring drug back from a chair to the vault; no amount: everything that is left of the container."""
    about = About(kind=M.RETURN, chair=chair, nonce=nonce)
    return taken_out(begun(site_id, "register.keep", by), about, container_id=container_id, mg=mg, by=by, at=at)


@transaction.atomic
def waste(
    *,
    site_id: int,
    container_id: int,
    mg: Decimal | None,
    reason: str,
    by: Actor,
    at: datetime,
    chair: Chair | None = None,
    witness: Staff | None = None,
    nonce: str = "",
) -> Movement:
    """Throw drug away before a second person. Without one it is recorded at once, and stays open until somebody else signs."""
    about = About(kind=M.WASTE, chair=chair, reason=reason, witness=witness, nonce=nonce)
    return seen_out(begun(site_id, "register.keep", by), about, container_id=container_id, mg=mg, by=by, at=at)


@transaction.atomic
def record_breakage(
    *,
    site_id: int,
    container_id: int,
    mg: Decimal | None,
    reason: str,
    by: Actor,
    at: datetime,
    chair: Chair | None = None,
    witness: Staff | None = None,
    nonce: str = "",
) -> Movement:
    """A container broke, or was spilled, and nothing can be recovered: seen by two it is no loss."""
    about = About(kind=M.BREAKAGE, chair=chair, reason=reason, witness=witness, nonce=nonce)
    return seen_out(begun(site_id, "register.keep", by), about, container_id=container_id, mg=mg, by=by, at=at)


def _issued(register: Register, chair: Chair, container_id: int, mg: Decimal | None, *, at: datetime) -> Move:
    site = register.site
    vault = journal.account(site, K.VAULT)
    box = container_at(vault, container_id, "register.keep")
    _refuse_expired(box, today(site, at).isoformat())
    held_mg = journal.amount_at(vault, box).mg
    wanted = amount_meant(mg, held_mg=held_mg)
    if wanted > held_mg:
        text = f"The vault holds {max(held_mg, Decimal(0)):f} mg of {box.drug} {box}."
        raise ActionRefused("not-in-the-vault", [Reason(text=text, who=CUSTODIAN)])
    return Move(container=box, out_of=vault, into=journal.account(site, K.ROOM, chair), mg=wanted)


def _refuse_expired(box: Container, on: str) -> None:
    if box.expires_on is not None and box.expires_on.isoformat() < on:
        raise ActionRefused("expired", [Reason(text=f"{box.drug} {box} expired on {box.expires_on}.", who=CUSTODIAN)])
