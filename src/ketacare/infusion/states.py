"""What a session's events add up to, read from the database. A state once folded is gone on from, never folded twice.

The memory is only a shortcut: it holds committed events, and what it holds is checked against the table each time it is used.
"""

from collections import OrderedDict
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import F

from ketacare.clinic.prepared import Prepared
from ketacare.infusion.models import Session, SessionEvent
from ketacare.science.monitoring.events import Event, from_json
from ketacare.science.monitoring.timeline import State, fold

LAST = Prepared(
    lambda sessions: SessionEvent.objects.filter(session__in=sessions, seq=F("session__last_seq")).only(
        "session_id", "seq", "recorded_at"
    )
)
KEPT = 400  # sessions whose state is kept in memory; a day has fewer


class Kept(NamedTuple):
    """A state, and the last row that is in it."""

    state: State
    last: tuple[int, int, object] | None  # seq, row id, recorded_at


_memory: OrderedDict[tuple[str, int], Kept] = OrderedDict()


def current(session: Session) -> State:
    """Return what all events of a session add up to, as of now in the database."""
    kept = _memory.get(_key(session), Kept(State(), None))
    known_seq = kept.last[0] if kept.last else 0
    rows = list(session.events.filter(seq__gte=known_seq).order_by("seq"))
    if kept.last is not None:
        if not rows or _mark(rows[0]) != kept.last:
            kept, rows = Kept(State(), None), list(session.events.order_by("seq"))
        else:
            rows = rows[1:]
    if rows:
        kept = Kept(fold(map(event_of, rows), kept.state), _mark(rows[-1]))
        transaction.on_commit(partial(_keep, _key(session), kept))
    return kept.state


def current_all(sessions: Sequence[Session]) -> dict[int, State]:
    """The same for many sessions, by id: one query for all of which nothing new has been written since."""
    found = {}
    for row in LAST.rows([one.pk for one in sessions]):
        kept = _memory.get((str(connection.settings_dict["NAME"]), row.session_id))
        if kept is not None and kept.last == _mark(row):
            found[row.session_id] = kept.state
    return {one.pk: found[one.pk] if one.pk in found else current(one) for one in sessions}


def remember(session: Session, state: State, last: SessionEvent) -> None:
    """Keep a state for next time, once the transaction that wrote its last event is committed."""
    transaction.on_commit(partial(_keep, _key(session), Kept(state, _mark(last))))


def forget() -> None:
    """Forget every state: the next reader folds anew."""
    _memory.clear()


def refolded(session: Session) -> State:
    """Return what all events of a session add up to, from the first one, without the memory."""
    return fold(map(event_of, session.events.order_by("seq")))


def event_of(row: SessionEvent) -> Event:
    """The event that a row stores."""
    return Event(
        seq=row.seq,
        at=row.at,
        recorded_at=row.recorded_at,
        by=row.by,
        by_name=row.by_name,
        payload=from_json(row.payload, stored=True),
        supersedes=row.supersedes,
        boot_id=row.boot_id,
        boot_s=row.boot_s,
    )


def _key(session: Session) -> tuple[str, int]:
    return str(connection.settings_dict["NAME"]), session.pk


def _mark(row: SessionEvent) -> tuple[int, int, object]:
    return row.seq, row.pk, row.recorded_at


def _keep(key: tuple[str, int], kept: Kept) -> None:
    _memory[key] = kept
    _memory.move_to_end(key)
    while len(_memory) > KEPT:
        _memory.popitem(last=False)
