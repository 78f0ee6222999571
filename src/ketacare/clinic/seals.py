"""Sealing the audit trail in blocks, and checking every block.

A block covers the ids after the one before, up to its ``last_id``. On PostgreSQL a transaction may commit with a lower
id than one that is sealed already: ids missing from a block are listed in it as ``absent``, and one that comes within
LATE_WITHIN is taken into a later block as ``late``. Each block holds the hash of the block before and is signed; the
newest is also written to ``head.json`` beside the key, so that a tail cut off the database is noticed.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from ketacare.clinic import keys
from ketacare.clinic.models import AuditEvent, AuditSeal
from ketacare.clinic.writing import Write, directly

FIRST_PREVIOUS = hashlib.sha256(b"ketacare audit").hexdigest()
BLOCK_SIZE = 1000
SEAL_EVERY = timedelta(seconds=10)
LATE_WITHIN = timedelta(hours=1)
COLUMNS = ("pk", "at", "actor", "did", "on", "patients", "details")


def seal_pending(*, at: datetime, write: Write = directly) -> int:
    """Seal everything that waits; return the number of blocks made. Safe to run twice at once. ``write``: what stores a block."""
    made = 0
    while seal_next(at=at, write=write):
        made += 1
    return made


def seal_next(*, at: datetime, write: Write = directly) -> AuditSeal | None:
    """Seal one block of at most BLOCK_SIZE events; None when nothing waits or another sealer was faster.

    The block is made before anything is locked: events are never changed, and of two blocks of one number one is refused.
    """
    block = next_block(at=at)
    if block is None:
        return None
    try:
        write(transaction.atomic(partial(block.save, force_insert=True)))
    except IntegrityError:
        return None
    write_head(block)
    return block


def is_due(*, at: datetime) -> bool:
    """Whether the newest block is so old, or so many events wait, that another one should be made."""
    newest = AuditSeal.objects.order_by("-number").first()
    if newest is None or abs(at - newest.sealed_at) >= SEAL_EVERY:
        return True
    return AuditEvent.objects.filter(pk__gt=newest.last_id + BLOCK_SIZE).exists()


def next_block(*, at: datetime) -> AuditSeal | None:
    """The next block, unsaved."""
    newest = AuditSeal.objects.order_by("-number").first()
    after = newest.last_id if newest else 0
    rows = list(AuditEvent.objects.filter(pk__gt=after).order_by("pk").values_list(*COLUMNS)[:BLOCK_SIZE])
    late = late_ids(at=at)
    if not rows and not late:
        return None
    last = rows[-1][0] if rows else after
    late_rows = list(AuditEvent.objects.filter(pk__in=late).order_by("pk").values_list(*COLUMNS))
    block = AuditSeal(
        number=newest.number + 1 if newest else 1,
        first_id=after + 1,
        last_id=last,
        absent=sorted(set(range(after + 1, last + 1)) - {row[0] for row in rows}),
        late=late,
        count=len(rows) + len(late_rows),
        digest=digest([*late_rows, *rows]),
        previous=newest.seal if newest else FIRST_PREVIOUS,
        sealed_at=at,
    )
    block.seal = seal_of(block)
    block.signature = keys.sign(block.seal, settings.AUDIT_KEYS)
    return block


def late_ids(*, at: datetime) -> list[int]:
    """Ids that were absent from a recent block and have come since, in no block yet."""
    recent = AuditSeal.objects.filter(sealed_at__gt=at - LATE_WITHIN).values_list("absent", "late")
    absent, claimed = set(), set()
    for missing, late in recent:
        absent.update(missing)
        claimed.update(late)
    waiting = absent - claimed
    return sorted(AuditEvent.objects.filter(pk__in=waiting).values_list("pk", flat=True)) if waiting else []


def digest(rows: Iterable[tuple[Any, ...]]) -> str:
    """SHA-256 over the rows in order, one line of JSON each."""
    total = hashlib.sha256()
    for row in rows:
        total.update(line(row))
    return total.hexdigest()


def line(row: tuple[Any, ...]) -> bytes:
    """One event as the bytes that are sealed, the same on every engine."""
    pk, at, *rest = row
    return json.dumps([pk, at.astimezone(UTC).isoformat(), *rest], sort_keys=True, ensure_ascii=False).encode() + b"\n"


def seal_of(block: AuditSeal) -> str:
    """The hash of everything a block says."""
    said = [block.number, block.previous, block.first_id, block.last_id, block.absent, block.late, block.count]
    return hashlib.sha256(
        json.dumps([*said, block.digest, block.sealed_at.astimezone(UTC).isoformat()]).encode()
    ).hexdigest()


def write_head(block: AuditSeal) -> None:
    """Keep the newest seal outside the database, whole or not at all; never put an older one over a newer."""
    path = head_path()
    if (known := read_head()) and known["number"] >= block.number:
        return
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps({"number": block.number, "seal": block.seal, "signature": block.signature}), "utf-8")
    draft.replace(path)


def read_head() -> dict[str, Any] | None:
    """The newest seal that was made here, or None before the first."""
    path = head_path()
    return json.loads(path.read_text("utf-8")) if path.exists() else None


def head_path() -> Path:
    return Path(settings.AUDIT_KEYS) / "head.json"


def blocks() -> Iterator[AuditSeal]:
    """Every block, oldest first."""
    return AuditSeal.objects.order_by("number").iterator(chunk_size=2000)
