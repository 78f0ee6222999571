"""Rows a second through the whole door, beside the least that a database alone must do for the same rows."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings

from tests.bench import chairs
from tests.bench.figures import Figure, in_turn, ratios, says, show, timed
from tests.bench.monitors import Pace, send
from tests.bench.place import address, clinic
from tests.faults.postgres import Postgres
from tests.rooms.infusion.treatment import START
from tests.serving import served

MONITORS, SECONDS, WARM_S, ROUNDS = 32, 4, 1, 3
RAW_ROWS, TOGETHER, IN_A_REQUEST = 1000, 100, 10
COLUMNS = "session INTEGER, seq INTEGER, kind TEXT, at TEXT, payload TEXT"
PAYLOAD = json.dumps(
    {"schema": "reading/1", "values": {"spo2": 97, "heart_rate": 70, "resp_rate": 14}, "source": "device"}
)
LABELS = {
    "raw": "(a) raw SQLite, WAL, synchronous=FULL: one row, one commit",
    "batches": f"(b) the same, {TOGETHER} rows a commit",
    "copy": f"(c) PostgreSQL, COPY of {RAW_ROWS} rows, one commit",
    "door": f"the whole door, {MONITORS} monitors, a row a request",
    "door many": f"the whole door, {MONITORS} monitors, {IN_A_REQUEST} rows a request",
}


def run() -> None:
    folder = Path(settings.VAR)
    with clinic("door") as people, postgres(folder / "postgres") as copy:
        sessions = chairs.in_use(people, MONITORS)
        chairs.screened()
        tokens = [chairs.token_of(one.chair) for one in sessions]
        raw, runs = Raw(folder / "raw.sqlite3"), count()
        with served(address()) as server:

            def door(rows: int) -> float:
                name = f"run {next(runs)}"
                pace = Pace(
                    url=server.url,
                    tokens=tokens,
                    a_second=None,
                    values=3,
                    seconds=SECONDS,
                    warm_s=WARM_S,
                    run=name,
                    rows=rows,
                )
                sent = send(pace)
                assert not sent.lost, sent
                assert not sent.refused, sent.refused
                return len(sent.answers) / (
                    max(at for *_, at in sent.answers) - min(due for _, _, due, _ in sent.answers)
                )

            found = in_turn(
                {
                    "raw": lambda: RAW_ROWS / timed(lambda: raw.insert(1)),
                    "batches": lambda: RAW_ROWS / timed(lambda: raw.insert(TOGETHER)),
                    "copy": lambda: RAW_ROWS / timed(copy),
                    "door": lambda: door(1),
                    "door many": lambda: door(IN_A_REQUEST),
                },
                rounds=ROUNDS,
            )
    show("rows a second, durable", [Figure(label=LABELS[name], values=values) for name, values in found.items()])
    beside = [name for name in found if name != "door"]
    times = [Figure(label=LABELS[name], values=ratios(found[name], found["door"])) for name in beside]
    show("times as many as through the door, a row a request", times)
    says(
        "the door lets the device in, finds its session, checks each row, judges the alarms, stores, audits, and answers when it is durable."
    )


class Raw:
    """The least that any program must do to keep rows through a power cut."""

    def __init__(self, path: Path) -> None:
        self.database = sqlite3.connect(path, isolation_level=None)
        self.database.execute("PRAGMA journal_mode=WAL")
        self.database.execute("PRAGMA synchronous=FULL")
        self.database.execute(f"CREATE TABLE event (id INTEGER PRIMARY KEY, {COLUMNS}, UNIQUE (session, seq))")
        self.rows = rows()

    def insert(self, together: int) -> None:
        for _ in range(RAW_ROWS // together):
            some = [next(self.rows) for _ in range(together)]
            self.database.execute("BEGIN IMMEDIATE")
            self.database.executemany(
                "INSERT INTO event (session, seq, kind, at, payload) VALUES (?, ?, ?, ?, ?)", some
            )
            self.database.execute("COMMIT")


def rows() -> Iterator[tuple[Any, ...]]:
    for seq in count(1):
        yield 1, seq, "reading", (START + timedelta(seconds=seq)).isoformat(), PAYLOAD


@contextmanager
def postgres(folder: Path) -> Iterator[Callable[[], None]]:
    """Copies rows into a table of a PostgreSQL server of our own."""
    server = Postgres(folder)
    try:
        with psycopg.connect(server.url, autocommit=True) as database:
            database.execute(f"CREATE TABLE event (id SERIAL PRIMARY KEY, {COLUMNS}, UNIQUE (session, seq))")
            waiting = rows()

            def copy() -> None:
                with (
                    database.transaction(),
                    database.cursor().copy("COPY event (session, seq, kind, at, payload) FROM STDIN") as stream,
                ):
                    for _ in range(RAW_ROWS):
                        stream.write_row(next(waiting))

            yield copy
    finally:
        server.stop()
