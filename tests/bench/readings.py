"""Readings made durable before they are acknowledged: the whole stack beside a raw insert on the same disk."""

import sqlite3
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connections

from ketacare.clinic import audit
from ketacare.clinic.actor import Device
from ketacare.infusion import actions, states, timeline
from ketacare.infusion.actions import readings
from ketacare.infusion.door import Batch, Row
from ketacare.infusion.models import Session
from tests.bench import chairs
from tests.bench.figures import Figure, in_turn, ratios, says, shares, show, timed
from tests.bench.place import address, clinic
from tests.bench.timers import timers
from tests.rooms.infusion import today, treatment
from tests.rooms.infusion.bedside import monitor
from tests.serving import Served, served

ROWS, RAW_ROWS, TOGETHER = 120, 1000, 8  # rows a round; rows that wait at once when eight chairs send one a second
SPO2 = (95, 96, 97, 98)
RAW = """CREATE TABLE event (id INTEGER PRIMARY KEY, session INTEGER, seq INTEGER, kind TEXT, at TEXT, payload TEXT,
         UNIQUE (session, seq))"""


LABELS = {
    "raw": "raw SQLite, WAL, synchronous=FULL: one row, one commit",
    "one": "ketacare, one row a batch",
    "many": f"ketacare, {TOGETHER} rows a batch",
    "http": "ketacare over HTTP, one monitor",
    "http many": f"ketacare over HTTP, {TOGETHER} monitors at once",
}


def run() -> None:
    with clinic("door") as people:
        at_the_door, door = today.started(people, device=monitor(people)), address()
    with served(door) as server, clinic("readings") as people:
        send = sender(treatment.started(people))
        raw = raw_insert(settings.VAR / "raw.sqlite3")
        post = poster(server, at_the_door.pk)
        found = in_turn(
            {
                "raw": lambda: RAW_ROWS / timed(lambda: [raw() for _ in range(RAW_ROWS)]),
                "one": lambda: ROWS / timed(lambda: [send(1) for _ in range(ROWS)]),
                "many": lambda: ROWS / timed(lambda: [send(TOGETHER) for _ in range(ROWS // TOGETHER)]),
                "http": lambda: ROWS / timed(lambda: post(1)),
                "http many": lambda: ROWS / timed(lambda: post(TOGETHER)),
            }
        )
        show("rows a second, durable", [Figure(label=LABELS[name], values=values) for name, values in found.items()])
        slower = [(LABELS[side], ratios(found["raw"], values)) for side, values in found.items() if side != "raw"]
        show("times slower than raw", [Figure(label=label, values=values) for label, values in slower])
        whole, parts = parted(send)
        shares("where the time of one row goes", parts, of=whole)
        says("before a row is acknowledged it is checked, judged by the alarm book, stored with its alarms, audited.")


def poster(server: Served, session_id: int) -> Callable[[int], None]:
    """Sends rows over HTTP, one a request, from so many monitors at once."""
    numbers = count(1)

    def one_monitor(rows: int) -> None:
        with chairs.monitor_of(server) as bedside:
            for _ in range(rows):
                chairs.post(bedside, session_id, next(numbers))

    return lambda monitors: chairs.all_at_once([partial(one_monitor, ROWS // monitors)] * monitors)


def sender(session: Session) -> Callable[[int], None]:
    """Sends batches, each row a second later than the one before."""
    by = Device(device_id=1, site_id=session.site_id, name="Monitor 1")
    seconds = count(1)

    def send(rows: int) -> None:
        waiting = [Row(at=at, values=values) for at, values in (row(next(seconds)) for _ in range(rows))]
        batch = Batch(rows=waiting, source="device", device=by.name)
        results = actions.record_readings(session_id=session.pk, batch=batch, by=by, at=waiting[-1].at)
        assert {one.status for one in results} == {"stored"}

    return send


def row(second: int) -> tuple[Any, dict[str, float]]:
    values = treatment.QUIET | {"spo2": SPO2[second % len(SPO2)], "heart_rate": 68 + second % 5}
    return treatment.START + timedelta(seconds=second), values


def raw_insert(path: Path) -> Callable[[], None]:
    """The least that any program must do to keep a row through a power cut."""
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute(RAW)
    seqs = count(1)
    payload = '{"schema": "reading/1", "values": {"bp_sys": 124, "spo2": 98}, "source": "device"}'

    def insert() -> None:
        seq = next(seqs)
        at = (treatment.START + timedelta(seconds=seq)).isoformat()
        values = (1, seq, "reading", at, payload)
        database.execute("INSERT INTO event (session, seq, kind, at, payload) VALUES (?, ?, ?, ?, ?)", values)

    return insert


def parted(send: Callable[[int], None]) -> tuple[float, dict[str, float]]:
    """How long rows take, and how much of that each part."""
    parts = {
        "commit: the disk": (connections["default"], "_commit"),
        "find and lock the session, ask for the permission": (readings, "allowed"),
        "what the session's events add up to": (states, "current_all"),
        "alarms: facts, rulebook, transitions": (timeline, "_judge"),
        "insert the events, step the cached columns": (timeline, "_store"),
        "audit event": (audit, "record_all"),
    }
    with timers(parts) as spent:
        whole = timed(lambda: [send(1) for _ in range(ROWS)])
    return whole, dict(spent)
