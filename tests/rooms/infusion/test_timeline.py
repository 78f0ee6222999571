"""The one writer: no holes, nothing lost, nothing twice, nothing changed."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, connections, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from ketacare.infusion import actions, states
from ketacare.infusion.door import Batch, Row
from ketacare.infusion.models import Session, SessionEvent
from ketacare.infusion.queries import board, events_after, running_sessions, session_timeline, to_turn
from tests.rooms.infusion.treatment import QUIET, after, read, recovering, started


@pytest.mark.parametrize("change", ["update", "delete"])
def test_no_event_is_ever_changed_or_removed(cast, change):
    started(cast)
    rows = SessionEvent.objects.all()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        rows.update(by_name="nobody") if change == "update" else rows.delete()


def test_a_second_writer_cannot_take_the_same_number(cast):
    session = started(cast)
    row = session.events.last()
    row.pk = None
    with pytest.raises(DatabaseError), transaction.atomic():
        row.save(force_insert=True)


def test_the_same_transition_of_an_alarm_is_stored_once(cast):
    session = started(cast)
    read(cast, session, after(5), spo2=88)
    row = session.events.filter(kind="alarm").first()
    row.pk, row.seq = None, row.seq + 1000
    with pytest.raises(DatabaseError), transaction.atomic():
        row.save(force_insert=True)


def test_what_is_rolled_back_is_not_remembered(cast):
    session = started(cast)
    before = states.current(session)
    with transaction.atomic():
        read(cast, session, after(5), spo2=70)
        transaction.set_rollback(True)
    assert states.current(session) == before
    assert states.refolded(session) == before


def test_going_on_from_memory_gives_what_folding_everything_gives(own_cast):
    session = started(own_cast)
    for minutes in range(1, 9):
        read(own_cast, session, after(minutes), **QUIET | {"spo2": 98 - minutes})
        assert states.current(session) == states.refolded(session)


def test_memory_costs_one_query_and_the_board_a_fixed_number_per_session(own_cast):
    session = started(own_cast)
    read(own_cast, session, after(1), **QUIET)
    states.current(session)
    with CaptureQueriesContext(connection) as queries:
        states.current(session)
    assert len(queries) == 1
    with CaptureQueriesContext(connection) as queries:
        board(sites=[own_cast.here], at=after(2))
    assert len(queries) == 2


def test_a_reading_costs_a_fixed_number_of_queries_however_long_the_session_lasts(own_cast):
    session = started(own_cast)
    counts = set()
    for minutes in (1, 2, 30):
        with CaptureQueriesContext(connection) as queries:
            read(own_cast, session, after(minutes), **QUIET)
        counts.add(sum(query["sql"].startswith("SELECT") and "pg_notify" not in query["sql"] for query in queries))
    assert len(counts) == 1
    tells_the_streams = connection.vendor == "postgresql"  # SELECT pg_notify(...)
    assert counts.pop() <= 9 + tells_the_streams  # one of them asks for the alarm book in force


def test_a_reader_sees_every_row_after_its_cursor_in_order(cast):
    session = started(cast)
    read(cast, session, after(1), **QUIET)
    seen = [row.seq for row in events_after({session.pk: 3}, limit=1000)]
    assert seen == list(range(4, Session.objects.get(pk=session.pk).last_seq + 1))
    assert [one.event.seq for one in session_timeline(session, after_seq=3)] == seen


def test_the_lists_hold_who_is_here_and_whom_the_clock_watches(cast):
    session = started(cast)
    assert list(running_sessions(sites=[cast.here])) == [session]
    assert list(running_sessions(sites=[cast.there])) == []
    latest = session.events.order_by("-seq")[0].recorded_at
    assert to_turn(at=latest + timedelta(seconds=2)) == [session.pk]
    assert to_turn(at=latest + timedelta(seconds=0.5)) == []  # judged a moment ago by what was recorded


def test_an_accounting_of_the_dose_is_cached_for_the_rooms_above(cast):
    session = recovering(cast)
    assert session.course.treatments.filter(ended_at__gt=F("started_at")).count() == 1


WRITERS, ROWS = 4, 12


def test_four_writers_at_once_leave_no_hole_and_lose_no_row(own_cast):
    session = started(own_cast)
    first = Session.objects.get(pk=session.pk).last_seq + 1
    outcomes, problems = [], []
    nurse = own_cast.actor("nurse")

    def write(writer: int) -> None:
        try:
            for number in range(ROWS):
                moment = after(1) + timedelta(seconds=number, milliseconds=writer)
                batch = Batch(rows=[Row(at=moment, values={"spo2": 97, "heart_rate": 60 + writer})], source="device")
                outcomes.extend(actions.record_readings(session_id=session.pk, batch=batch, by=nurse, at=after(2)))
        except Exception as problem:  # noqa: BLE001  # told by the assertion below
            problems.append(problem)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(WRITERS)]
    for thread in threads:
        thread.start()
    cursor, seen = {session.pk: first - 1}, []
    while any(thread.is_alive() for thread in threads):
        for row in events_after(cursor, limit=1000):
            seen.append(row.seq)
            cursor[session.pk] = row.seq
        time.sleep(0.001)  # a reader that never rests keeps Python's lock from the writer that holds the database's
    for thread in threads:
        thread.join()
    seen += [row.seq for row in events_after(cursor, limit=1000)]
    last = Session.objects.get(pk=session.pk).last_seq
    assert not problems
    assert [one.status for one in outcomes] == ["stored"] * (WRITERS * ROWS)
    assert len({one.seq for one in outcomes}) == WRITERS * ROWS
    assert seen == list(range(first, last + 1))
    assert session.events.filter(kind="reading", seq__gte=first).count() == WRITERS * ROWS
    assert states.refolded(session) == states.current(session)
