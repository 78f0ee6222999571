"""What comes into the vault and what leaves it for good."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from django.db import IntegrityError, transaction

from ketacare.clinic import audit
from ketacare.clinic.actor import Actor, Staff, user_id
from ketacare.clinic.errors import ActionRefused, NotAllowed, Reason
from ketacare.clinic.models import Site
from ketacare.science.stewardship.ledger import SMALLEST
from ketacare.stewardship import journal, queries
from ketacare.stewardship.doing import CUSTODIAN, allowed, begun, need_reason, second_person
from ketacare.stewardship.journal import About, Move
from ketacare.stewardship.leaving import seen_out
from ketacare.stewardship.models import Account, Container, Movement, Register
from ketacare.stewardship.values import Chair, Delivery

K, M = Account.Kind, Movement.Kind
UNDOABLE = frozenset({M.OPENING, M.RECEIPT, M.ISSUE, M.RETURN, M.WASTE, M.BREAKAGE, M.EXPIRED, M.LOSS})


@transaction.atomic
def open_register(
    *, site_id: int, deliveries: Sequence[Delivery], by: Actor, at: datetime, nonce: str = ""
) -> Movement:
    """Begin a register with the opening inventory: what is in the vault now. An empty vault is an inventory, too."""
    site = allowed(site_id, "register.stock", by)
    said = journal.digest(did="open", deliveries=deliveries)
    if (kept := queries.register_of(site)) and (done := journal.done_before(kept, nonce, said, by=by)):
        return done
    law = queries.law_of(site)
    try:
        with transaction.atomic():
            register = Register.objects.create(
                site=site, opened_at=at, opened_by_id=user_id(by), jurisdiction=f"{law.id} {law.version}"
            )
    except IntegrityError as error:
        raise ActionRefused("register-kept", ["A register is kept at this site already."]) from error
    about = About(kind=M.OPENING, nonce=nonce, said=said)
    return _came(register, about, deliveries, by=by, at=at, did="register opened")


@transaction.atomic
def receive(
    *, site_id: int, deliveries: Sequence[Delivery], by: Actor, at: datetime, reason: str = "", nonce: str = ""
) -> Movement:
    """Take a delivery into the vault."""
    register = begun(site_id, "register.stock", by)
    said = journal.digest(did="receive", deliveries=deliveries, reason=reason)
    if done := journal.done_before(register, nonce, said, by=by):
        return done
    if not deliveries:
        raise ActionRefused("nothing-came", ["Say what was delivered."])
    about = About(kind=M.RECEIPT, reason=reason, nonce=nonce, said=said)
    return _came(register, about, deliveries, by=by, at=at, did="delivery received")


@transaction.atomic
def send_back(
    *,
    site_id: int,
    container_id: int,
    reason: str,
    by: Actor,
    at: datetime,
    witness: Staff | None = None,
    nonce: str = "",
) -> Movement:
    """A container leaves for good, expired or recalled: to a reverse distributor, or destroyed."""
    about = About(kind=M.EXPIRED, reason=reason, witness=witness, nonce=nonce)
    return seen_out(begun(site_id, "register.stock", by), about, container_id=container_id, mg=None, by=by, at=at)


@transaction.atomic
def report_loss(
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
    """Drug is gone and nobody knows where: it leaves the books, and the report to the authority begins."""
    register = begun(site_id, "register.stock", by)
    about = About(kind=M.LOSS, chair=chair, reason=reason, witness=witness, nonce=nonce)
    row = seen_out(register, about, container_id=container_id, mg=mg, by=by, at=at)
    lost = sum(line.amount.mg for line in row.lines.all())
    if not row.own_discrepancies.filter(kind="loss").exists():
        says = f"{lost:f} mg are gone: {reason.strip()}"
        gap = -int(lost / SMALLEST)
        journal.open_discrepancy(register.site, "loss", says, at=at, movement=row, gap_ug=gap)
    return row


@transaction.atomic
def undo_movement(
    *, site_id: int, number: int, reason: str, by: Actor, at: datetime, witness: Staff | None = None
) -> Movement:
    """Take back a movement that was written down wrong, by a counter-entry. Both stay; doses are corrected in the session."""
    register = begun(site_id, "register.stock", by)
    need_reason(reason)
    wrong = Movement.objects.filter(site=register.site, number=number).first()
    if wrong is None:
        raise NotAllowed("register.stock", f"stewardship.movement:{number}")
    _refuse_undoing(wrong)
    chair = Chair(course_id=wrong.course_id, number=wrong.session) if wrong.course_id else None
    seen = second_person(witness, by=by, site=register.site, at=at)
    about = About(kind=M.CORRECTION, chair=chair, reason=reason, undoes=wrong, witness=seen)
    row = journal.post(register, about, _backwards(wrong), by=by, at=at)
    audit.record(by=by, at=at, did="movement undone", on=row, details={"undoes": wrong.pk})
    return row


def _refuse_undoing(wrong: Movement) -> None:
    if wrong.kind not in UNDOABLE:
        who = "whoever corrects the session's timeline"
        raise ActionRefused("not-undoable", [Reason(text="A dose is corrected in its session.", who=who)])
    if Movement.objects.filter(undoes=wrong).exists():
        raise ActionRefused("undone", [f"No. {wrong.number} was taken back already."])
    for line in wrong.lines.select_related("container", "into"):
        if journal.amount_at(line.into, line.container).mg < line.amount.mg:
            text = f"{line.container} has been moved on since: take that back first."
            raise ActionRefused("moved-on", [Reason(text=text, who=CUSTODIAN)])


def _backwards(wrong: Movement) -> list[Move]:
    lines = wrong.lines.select_related("container", "out_of", "into").order_by("pk")
    return [
        Move(container=one.container, out_of=one.into, into=one.out_of, mg=one.amount.mg, exactly=one.amount)
        for one in lines
    ]


def _came(
    register: Register, about: About, deliveries: Iterable[Delivery], *, by: Actor, at: datetime, did: str
) -> Movement:
    problems = [f"{one.lot or 'Delivery'}: {problem}" for one in deliveries for problem in one.problems()]
    if problems:
        raise ActionRefused("bad-delivery", problems)
    supplier, vault = (journal.account(register.site, kind) for kind in (K.SUPPLIER, K.VAULT))
    boxes = [box for one in deliveries for box in _containers(register.site, one)]
    moves = [Move(container=box, out_of=supplier, into=vault, mg=box.content_mg) for box in boxes]
    row = journal.post(register, about, moves, by=by, at=at)
    audit.record(by=by, at=at, did=did, on=row)
    return row


def _containers(site: Site, one: Delivery) -> list[Container]:
    """The containers of a delivery; without serial numbers they go on counting where the lot stands."""
    known = Container.objects.filter(site=site, drug=one.drug, lot=one.lot.strip())
    if taken := sorted(known.filter(serial__in=one.serials).values_list("serial", flat=True)):
        raise ActionRefused("serial-known", [f"Already in the register: {', '.join(taken)}."])
    first = known.count() + 1
    serials = one.serials or tuple(f"no. {number}" for number in range(first, first + one.how_many))
    shared = {"site": site, "drug": one.drug, "lot": one.lot.strip(), "expires_on": one.expires_on}
    amounts = {"strength_ug_per_ml": int(one.mg_per_ml / SMALLEST), "content_ug": int(one.content_mg / SMALLEST)}
    return [Container.objects.create(serial=serial, **shared, **amounts) for serial in serials]
