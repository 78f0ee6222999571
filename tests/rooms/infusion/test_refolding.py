"""What is cached of a session can be rebuilt from its events, and ``verify`` says when it differs."""

import json
from threading import Event, Thread

import pytest
from django.db import connection

from ketacare.config.cli import main
from ketacare.infusion import actions
from ketacare.infusion.models import Session, SessionEvent
from ketacare.infusion.refolding import differences
from ketacare.record.models import Treatment
from tests.rooms.infusion.treatment import RATE, after, read, recovering, settled, started


def test_a_session_is_what_its_events_add_up_to(cast):
    settled(cast)
    assert list(differences()) == []


@pytest.mark.parametrize(
    "column, value", [("status", "treating"), ("alarm_level", "black"), ("last_seq", 7), ("ended_at", after(39))]
)
def test_a_column_that_somebody_changed_is_found(cast, column, value):
    session = recovering(cast)
    Session.objects.filter(pk=session.pk).update(**{column: value})
    (found,) = differences()
    assert found.session == session.pk
    assert column in found.says


def test_a_dose_that_somebody_changed_is_found(cast):
    recovering(cast)
    Treatment.objects.update(given_mg=5)
    assert "given_mg" in next(differences()).says


def test_a_treatment_that_somebody_removed_is_found(cast):
    recovering(cast)
    Treatment.objects.all().delete()
    assert "treatment" in next(differences()).says


def test_an_entry_that_cannot_be_read_is_found_and_stops_nothing(cast):
    session = recovering(cast)
    SessionEvent.objects.create(
        session=session,
        seq=session.last_seq + 1,
        kind="dose",
        at=after(41),
        recorded_at=after(41),
        by="system:somebody",
        by_name="somebody",
        payload={"schema": "dose/9"},
    )
    (found,) = differences()
    assert found.session == session.pk
    assert "dose/9" in found.says


def test_a_dose_step_taken_back_after_the_end_counts_at_once(cast):
    session, nurse = started(cast), cast.actor("nurse")
    actions.change_rate(session_id=session.pk, rate_mg_per_h=RATE / 2, by=nurse, at=after(10))
    actions.stop_treatment(session_id=session.pk, reason="wishes to stop", by=nurse, at=after(30))
    slower = session.events.get(kind="dose", payload__step="rate")
    mistaken = {"schema": "note/1", "text": "The pump was never turned down."}
    actions.correct_event(session_id=session.pk, seq=slower.seq, payload=mistaken, by=nurse, at=after(45))
    assert list(differences()) == []
    assert Treatment.objects.get().given_mg == RATE / 2  # mg in half an hour


def test_verify_names_the_session_and_ends_with_1(cast, capsys):
    session = recovering(cast)
    Session.objects.filter(pk=session.pk).update(alarm_level="black")
    assert main(["verify", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["sessions"][0]["session"] == session.pk


def test_a_session_under_way_raises_no_false_alarm(own_cast):
    """Readings arrive by another connection all the while that the session is being refolded."""
    session = started(own_cast)
    stop = Event()

    def monitor() -> None:
        seconds = 0
        while not stop.is_set():
            seconds += 1
            read(own_cast, session, after(seconds / 60), source="device", heart_rate=70)
        connection.close()

    bedside = Thread(target=monitor)
    bedside.start()
    try:
        found = [one for _ in range(15) for one in differences()]
    finally:
        stop.set()
        bedside.join()
    assert found == []
