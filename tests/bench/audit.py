"""What the audit costs: its share of a page on a slow disk, and checking a long trail."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from django.db import connection, connections
from django.test import Client
from django.urls import reverse

from ketacare.clinic import audit as trail
from ketacare.clinic import seals, verify
from tests.bench.figures import ROUNDS, Figure, says, show, timed
from tests.bench.place import browser, clinic
from tests.bench.timers import timers
from tests.cast import NOW, Cast
from tests.rooms import steps

COMMIT_S, REQUESTS, EVENTS, GOAL_S = 0.005, 20, 1_000_000, 60
WRITES = ("INSERT", "UPDATE", "DELETE")


def run() -> None:
    with clinic("audit") as people:
        pages(people)
        long_trail(people)


def pages(people: Cast) -> None:
    """How much of a page is its audit event when every commit waits for the disk."""
    steps.weigh(people, "70")
    client = browser(people.user("nurse"))
    addresses = {
        "a patient's chart": reverse("worklist:patient", args=[people.ada]),
        "patients list": reverse("worklist:patients"),
    }
    times, parts = [], []
    with slow_commits():
        for name, address in addresses.items():
            client.get(address)
            whole, share = zip(*[visited(client, address) for _ in range(ROUNDS)], strict=True)
            times.append(Figure(label=name, values=whole))
            parts.append(Figure(label=name, values=share))
    show(f"ms a page, each commit takes {COMMIT_S * 1000:.0f} ms longer", times)
    show("percent of it that is the audit", parts)
    says(
        "a page that names a patient waits for one commit, its audit event's; a write waits for none more than its own."
    )


def visited(client: Client, address: str) -> tuple[float, float]:
    """Milliseconds a page, and the percentage of it that is the audit."""
    with timers({"audit": (trail, "record")}) as spent:
        whole = timed(lambda: [client.get(address) for _ in range(REQUESTS)])
    return whole * 1000 / REQUESTS, 100 * spent["audit"] / whole


@contextmanager
def slow_commits() -> Iterator[None]:
    """Every commit takes longer: those of transactions, and those of statements outside of one."""
    database = connections["default"]
    commit = database._commit

    def late_commit() -> None:
        time.sleep(COMMIT_S)
        commit()

    def late_statement(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith(WRITES) and not database.in_atomic_block:
            time.sleep(COMMIT_S)
        return execute(sql, params, many, context)

    with ExitStack() as stack:
        stack.enter_context(patch.object(database, "_commit", late_commit))
        stack.enter_context(connection.execute_wrapper(late_statement))
        yield


def long_trail(people: Cast) -> None:
    """Check a trail of a million events, sealed in blocks of a thousand."""
    fill(people)
    at = NOW
    while seals.seal_next(at=at):
        at += timedelta(hours=1)
    verdict = None

    def check() -> None:
        nonlocal verdict
        verdict = verify.audit_trail()

    took = timed(check)
    assert verdict is not None
    assert verdict.sound, verdict.broken
    show(
        f"seconds to verify {verdict.events:,} events in {verdict.blocks:,} blocks",
        [Figure(label="once", values=(took,))],
    )
    says(f"the goal is {GOAL_S} s; every row, the index of patients, the chain and every signature are checked.")


def fill(people: Cast) -> None:
    """Events as a busy clinic writes them, made inside the database. Not by actions: this is for measuring only."""
    event = """INSERT INTO clinic_auditevent (id, at, actor, did, "on", patients, details)
        WITH RECURSIVE n(i) AS (SELECT max(id) + 1 FROM clinic_auditevent UNION ALL SELECT i + 1 FROM n LIMIT %s)
        SELECT i, '2026-03-02 09:00:00', 'staff:' || (i %% 30 + 1), 'saw worklist:patient', '', '[' || %s || ']', '{}' FROM n"""
    subject = """INSERT INTO clinic_auditsubject (event_id, patient_id)
        SELECT id, %s FROM clinic_auditevent WHERE id > (SELECT max(event_id) FROM clinic_auditsubject)"""
    with connection.cursor() as cursor:
        cursor.execute(event, [EVENTS, people.ada])
        cursor.execute(subject, [people.ada])
