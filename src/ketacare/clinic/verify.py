"""Checking the audit trail from its first event to the head that is kept outside the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from ketacare.clinic import keys, seals
from ketacare.clinic.models import AuditEvent, AuditSeal, AuditSubject

Row = tuple[Any, ...]


@dataclass(frozen=True, kw_only=True)
class AuditVerdict:
    """What was checked and the first thing that is wrong; ``broken`` is empty when all is well."""

    events: int
    blocks: int
    unsealed: int
    broken_block: int | None
    broken: str

    @property
    def sound(self) -> bool:
        return not self.broken


def audit_trail() -> AuditVerdict:
    """Check each block's place in the chain, signature, rows and index; name the first that is broken.

    A clinic may go on working meanwhile: the head is read first and everything else in one snapshot after it.
    """
    head = seals.read_head()
    with one_snapshot():
        return checked(head)


# How a transaction begins that only reads, sees one state throughout and keeps nobody waiting.
SNAPSHOT = {"sqlite": "BEGIN DEFERRED", "postgresql": "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"}


@contextmanager
def one_snapshot() -> Iterator[None]:
    """Read one state of the database, whatever is written meanwhile; inside a transaction there is one already."""
    if connection.in_atomic_block:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(SNAPSHOT[connection.vendor])
        try:
            yield
        finally:
            cursor.execute("COMMIT")


def checked(head: dict[str, Any] | None) -> AuditVerdict:
    """The verdict on the trail as it is now, against the head as it was."""
    rows = Peeked(events_with_index())
    public = keys.private_key(settings.AUDIT_KEYS).public_key()
    late = late_rows()
    previous, last, number, count = seals.FIRST_PREVIOUS, 0, 0, 0
    for block in seals.blocks():
        taken = rows.up_to(block.last_id)
        problem = wrong_chain(block, number, previous, last, public) or wrong_rows(block, taken, late)
        if problem:
            return AuditVerdict(events=count, blocks=number, unsealed=0, broken_block=block.number, broken=problem)
        previous, last, number, count = block.seal, block.last_id, block.number, count + block.count
    unsealed = sum(1 for _ in rows)
    problem = wrong_head(head, number)
    return AuditVerdict(
        events=count, blocks=number, unsealed=unsealed, broken_block=number + 1 if problem else None, broken=problem
    )


def wrong_chain(block: AuditSeal, number: int, previous: str, last: int, public: Any) -> str:
    """Why a block does not follow the one before it."""
    if block.number != number + 1:
        return f"block {number + 1} is missing"
    if block.previous != previous or block.first_id != last + 1:
        return "does not follow the block before it"
    if seals.seal_of(block) != block.seal:
        return "what it says was changed after it was sealed"
    if not keys.is_signed(block.seal, block.signature, public):
        return "its signature was not made with this installation's key"
    return ""


def wrong_rows(block: AuditSeal, rows: list[Row], late: dict[int, Row]) -> str:
    """Why a block's events are not those that were sealed."""
    absent = set(block.absent)
    mine = [late[pk] for pk in block.late if pk in late] + [row for row in rows if row[0] not in absent]
    for row in rows:
        if row[0] in absent and row[0] not in late and is_settled(block):
            return f"event {row[0]} stands where none was when the block was sealed"
    if len(mine) != block.count:
        return f"holds {len(mine)} events where {block.count} were sealed"
    if seals.digest(row[:-1] for row in mine) != block.digest:
        return "an event in it was changed after it was sealed"
    for row in mine:
        if sorted(row[5]) != row[-1]:
            return f"the index of event {row[0]} does not name its patients"
    return ""


def is_settled(block: AuditSeal) -> bool:
    """Whether the time in which a late event may still be taken in has passed."""
    return timezone.now() - block.sealed_at > seals.LATE_WITHIN


def wrong_head(head: dict[str, Any] | None, number: int) -> str:
    """Why the newest block is not the one that this installation sealed last."""
    if head is None:
        return ""
    if head["number"] > number:
        return f"the trail ends at block {number}, but block {head['number']} was sealed here: its tail was cut off"
    kept = AuditSeal.objects.get(number=head["number"])
    return "" if kept.seal == head["seal"] else f"block {head['number']} is not the one that was sealed here"


def late_rows() -> dict[int, Row]:
    """The events that a later block took in, by id."""
    claimed = [pk for late in AuditSeal.objects.exclude(late=[]).values_list("late", flat=True) for pk in late]
    return {row[0]: row for row in events_with_index(pk__in=claimed)} if claimed else {}


def events_with_index(**only: object) -> Iterator[Row]:
    """Every event in order, with the patients that the index names for it at the end."""
    rows = AuditEvent.objects.filter(**only).order_by("pk").values_list(*seals.COLUMNS).iterator(chunk_size=5000)
    of_event = {f"event__{key}": value for key, value in only.items()}
    pairs = AuditSubject.objects.filter(**of_event).order_by("event_id", "patient_id")
    index = Peeked(pairs.values_list("event_id", "patient_id").iterator(chunk_size=5000))
    for row in rows:
        yield (*row, [patient for event, patient in index.up_to(row[0]) if event == row[0]])


class Peeked:
    """An iterator over rows that can hand out those up to an id, without reading more than one beyond."""

    def __init__(self, rows: Iterator[Row]) -> None:
        self.rows = rows
        self.next = next(rows, None)

    def __iter__(self) -> Iterator[Row]:
        while self.next is not None:
            row, self.next = self.next, next(self.rows, None)
            yield row

    def up_to(self, last: int) -> list[Row]:
        taken = []
        while self.next is not None and self.next[0] <= last:
            taken.append(self.next)
            self.next = next(self.rows, None)
        return taken
