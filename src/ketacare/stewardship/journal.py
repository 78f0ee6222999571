"""The one writer of the register: locks it, knows a form that was sent before, takes the next number, writes the lines."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Max

from ketacare.clinic.actor import Actor, Staff, user_id
from ketacare.clinic.errors import ActionRefused, Reason
from ketacare.clinic.models import Site
from ketacare.science.stewardship.ledger import SMALLEST, Amount, exact, part_of
from ketacare.stewardship import queries
from ketacare.stewardship.models import Account, Container, Discrepancy, Line, Movement, Register
from ketacare.stewardship.values import Chair, plain

NEEDS_TWO = {"waste", "breakage", "expired", "loss", "correction"}  # movements among the acts of a jurisdiction


@dataclass(frozen=True, kw_only=True)
class Move:
    """So much of one container from one account into another; mL follow from what the first one holds."""

    container: Container
    out_of: Account
    into: Account
    mg: Decimal
    exactly: Amount | None = None  # where it undoes a line: with that line's mL


@dataclass(frozen=True, kw_only=True)
class About:
    """What a movement says beside its lines."""

    kind: str
    chair: Chair | None = None
    reason: str = ""
    undoes: Movement | None = None
    witness: Staff | None = None
    nonce: str = ""  # of the form: sent twice it is done once
    said: str = ""


def locked(site: Site | int) -> Register:
    """The register of a site, locked until the transaction ends; refused where none is kept."""
    register = Register.objects.select_for_update(of=("self",)).select_related("site").filter(site=site).first()
    if register is None:
        who = "a drug custodian, by the opening inventory"
        raise ActionRefused("no-register", [Reason(text="No register is kept at this site yet.", who=who)])
    return register


def digest(**said: object) -> str:
    """What a form said, as a digest: the same words sent again are known, others under its name are refused."""
    words = json.dumps({name: plain(value) for name, value in said.items()}, sort_keys=True)
    return hashlib.sha256(words.encode()).hexdigest()


def done_before(register: Register, nonce: str, said: str, *, by: Actor) -> Movement | None:
    """The movement that this form made when it was sent before."""
    found = Movement.objects.filter(nonce=nonce).first() if nonce else None
    if found is None:
        return None
    if (found.site_id, found.said, found.by) != (register.site_id, said, by.key):
        raise ActionRefused("form-used", ["This form was used for something else: open it anew."])
    return found


def account(site: Site, kind: str, chair: Chair | None = None) -> Account:
    """The account of a site, or of one of its sessions; made when it is first needed, under the register's lock."""
    of = {} if chair is None else {"course_id": chair.course_id, "number": chair.number}
    return Account.objects.get_or_create(site=site, kind=kind, **of)[0]


def post(register: Register, about: About, moves: Iterable[Move], *, by: Actor, at: datetime) -> Movement:
    """Write one movement with its lines under the next number. Belongs into the transaction of an action that holds the lock."""
    site = register.site
    newest = Movement.objects.filter(site=site).aggregate(newest=Max("number"))["newest"] or 0
    movement = Movement.objects.create(
        site=site,
        number=newest + 1,
        kind=about.kind,
        at=at,
        by=by.key,
        by_name=by.name,
        by_user_id=user_id(by),
        witness_id=about.witness.user_id if about.witness else None,
        course_id=about.chair.course_id if about.chair else None,
        session=about.chair.number if about.chair else None,
        reason=about.reason.strip(),
        undoes=about.undoes,
        nonce=about.nonce,
        said=about.said,
    )
    Line.objects.bulk_create(lines_of(movement, moves))
    if about.kind in NEEDS_TWO & queries.law_of(site).two_person_acts and about.witness is None:
        says = f"{movement.get_kind_display()} no. {movement.number} was seen by one person only."
        open_discrepancy(site, "unwitnessed", says, at=at, movement=movement)
    return movement


def lines_of(movement: Movement, moves: Iterable[Move]) -> list[Line]:
    """The lines of a movement, each in step with what the account it comes from holds then."""
    held: dict[tuple[int, int], Amount] = {}
    lines = []
    for move in moves:
        key = (move.out_of.pk, move.container.pk)
        if key not in held:
            held[key] = amount_at(move.out_of, move.container)
        part = move.exactly or part_of(held[key], exact(move.mg), mg_per_ml=move.container.mg_per_ml)
        held[key] -= part
        lines.append(line_of(movement, move, part))
    return lines


def line_of(movement: Movement, move: Move, part: Amount) -> Line:
    return Line(
        movement=movement,
        container=move.container,
        out_of=move.out_of,
        into=move.into,
        ug=int(part.mg / SMALLEST),
        ul=int(part.ml / SMALLEST),
    )


def amount_at(place: Account, container: Container) -> Amount:
    """What an account holds of a container now."""
    lines = Line.objects.filter(container=container)
    into, out = (queries.summed(lines.filter(**{side: place})) for side in ("into", "out_of"))
    return into.get(container.pk, queries.NOTHING)[1] - out.get(container.pk, queries.NOTHING)[1]


def open_discrepancy(site: Site, kind: str, says: str, *, at: datetime, **about: object) -> Discrepancy:
    """Write down that something has to be explained by two people."""
    return Discrepancy.objects.create(site=site, kind=kind, says=says, opened_at=at, **about)
