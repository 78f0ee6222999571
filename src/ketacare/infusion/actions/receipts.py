"""Done once, however often it is sent: a receipt is written in the transaction of what it is for."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from ketacare.clinic.actor import Actor
from ketacare.clinic.errors import ActionRefused
from ketacare.infusion.actions.bedside import add_note, chart_observation
from ketacare.infusion.actions.readings import record_readings
from ketacare.infusion.doing import allowed
from ketacare.infusion.door import OTHER_WORDS, Batch, Row
from ketacare.infusion.models import Receipt, Session
from ketacare.infusion.queued import Answer, Queued

PERMISSIONS: Mapping[str, str] = {
    "vitals": "infusion.record",
    "observation": "infusion.chart",
    "note": "infusion.chart",
}


@transaction.atomic
def claim_form(*, session_id: int, nonce: str, by: Actor, at: datetime) -> bool:
    """Whether a form comes for the first time; the receipt lasts if the transaction around both does."""
    _, is_first = _receipt(nonce, by=by, session_id=session_id, made_at=at)
    return is_first


@transaction.atomic
def release_form(*, nonce: str, by: Actor, at: datetime) -> None:
    """A form that was not taken may be sent again."""
    Receipt.objects.filter(author=by.key, key=nonce[: Receipt.LONGEST_KEY], made_at__lte=at).delete()


@transaction.atomic
def store_queued(*, session_id: int, entry: Queued, by: Actor, at: datetime) -> Answer:
    """Write down what its author charted while the server could not be reached: all of one entry, once, at its own time.

    The receipt comes before the session's lock, as with a form: the same entry may be under way as one, its answer lost.
    """
    made = {"session_id": session_id, "made_at": at, "charted_at": entry.charted_at, "words": entry.words}
    receipt, is_first = _receipt(entry.key, by=by, **made)
    session = allowed(session_id, PERMISSIONS[entry.kind], by)
    if not is_first:
        return _again(entry, receipt)
    before = session.last_seq
    known_rows = _write(session_id, entry, by=by, at=at)
    receipt.seqs = _numbers(session, by, after=before)
    receipt.save(update_fields=["seqs"])
    status = "stored" if receipt.seqs else "duplicate"
    return Answer(key=entry.key, status=status, seqs=tuple(known_rows + receipt.seqs))


def _receipt(key: str, *, by: Actor, **made: object) -> tuple[Receipt, bool]:
    return Receipt.objects.get_or_create(author=by.key, key=key[: Receipt.LONGEST_KEY], defaults=made)


def _again(entry: Queued, known: Receipt) -> Answer:
    """Sent before, from the queue or as a form, which leaves no words; or something else under the same key."""
    if known.words in ("", entry.words):
        return Answer(key=entry.key, status="duplicate", seqs=tuple(known.seqs))
    return Answer(key=entry.key, status="refused", problems=(OTHER_WORDS,))


def _write(session_id: int, entry: Queued, *, by: Actor, at: datetime) -> list[int]:
    """Through the act that the page itself would have used; tells what this person had charted already."""
    when, known = {"by": by, "at": at}, []
    if entry.reading:
        batch = Batch(rows=[Row(at=entry.happened_at, values=entry.reading)], source="person")
        (outcome,) = record_readings(session_id=session_id, batch=batch, **when)
        if outcome.status == "refused":
            raise ActionRefused("bad-entry", [str(one) for one in outcome.problems])
        known = [outcome.seq] if outcome.status == "duplicate" and outcome.seq else []
    if entry.observation:
        chart_observation(session_id=session_id, values=entry.observation, happened_at=entry.happened_at, **when)
    if entry.kind == "note":
        add_note(session_id=session_id, text=entry.text, happened_at=entry.happened_at, **when)
    return known


def _numbers(session: Session, by: Actor, *, after: int) -> list[int]:
    """The entries that this person has just written; alarms that followed are the machine's."""
    mine = session.events.filter(seq__gt=after, by=by.key)
    return list(mine.order_by("seq").values_list("seq", flat=True))
