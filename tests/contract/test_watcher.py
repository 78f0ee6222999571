"""The clock, and the one writer of readings."""

import logging
from datetime import timedelta
from threading import Thread

import pytest
from django.db import OperationalError, connection, connections
from django.utils import timezone

from ketacare.clinic.actor import Device
from ketacare.clinic.errors import ActionRefused
from ketacare.clinic.models import AuditSeal, Site
from ketacare.config.live import messenger, watcher
from ketacare.config.live import writer as writer_module
from ketacare.config.live.writer import Writer
from ketacare.infusion.delivering import Delivery, Sent
from ketacare.infusion.queries import state_of
from tests.rooms.infusion import today
from tests.rooms.infusion.treatment import again


def test_silence_raises_an_alarm_for_each_value_that_is_asked_for_and_once(cast):
    session = today.started(cast)
    later = timezone.now() + timedelta(minutes=25)
    watcher.turn(at=later)
    silent = {one.parameter for one in state_of(again(session)).alarms.active if one.rule == "ALM-19"}
    assert silent == {"spo2", "heart_rate", "bp_sys", "bp_dia", "resp_rate", "moaas"}
    before = again(session).last_seq
    watcher.turn(at=later)
    assert again(session).last_seq == before


def test_the_clock_seals_the_audit(cast):
    today.started(cast)
    watcher.turn(at=timezone.now())
    assert AuditSeal.objects.exists()


def test_a_job_that_fails_is_logged_and_keeps_no_other_from_its_turn(cast, monkeypatch, caplog):
    done = []

    def broken(at, write):
        raise RuntimeError("on purpose")

    monkeypatch.setattr(watcher, "JOBS", (broken, lambda at, write: done.append(at)))
    with caplog.at_level(logging.ERROR):
        watcher.turn(at=timezone.now())
    assert len(done) == 1
    assert "broken" in caplog.text


def test_what_waits_is_stored_together_and_a_refused_batch_undoes_itself_alone(own_cast):
    writer = Writer()

    def refused() -> int:
        Site.objects.create(name="Undone")
        raise ActionRefused("no", ["No."])

    first = writer.submit(lambda: Site.objects.create(name="First").pk)
    middle = writer.submit(refused)
    last = writer.submit(lambda: Site.objects.create(name="Last").pk)
    writer.close()
    thread = Thread(target=writer.run)
    thread.start()
    assert Site.objects.filter(pk__in=[first.result(20), last.result(20)]).count() == 2
    with pytest.raises(ActionRefused):
        middle.result(20)
    thread.join(20)
    assert not Site.objects.filter(name="Undone").exists()


def test_what_cannot_be_stored_together_is_stored_one_by_one_and_only_the_bad_one_fails(own_cast, monkeypatch):
    def bad(*, deliveries, **named):
        if deliveries[0].key == "bad":
            raise RuntimeError("on purpose")
        return [deliveries[0].key]

    def never(**named):
        raise RuntimeError("not together")

    monkeypatch.setattr(writer_module.actions, "deliver_readings", bad)
    monkeypatch.setattr(writer_module.actions, "deliver_together", never)
    writer, by, at = Writer(), Device(device_id=1, site_id=own_cast.here, name="Monitor"), timezone.now()
    futures = {
        key: writer.deliver(Sent(deliveries=[Delivery(values={}, place=key, key=key)], by=by, at=at))
        for key in ("a", "bad", "b")
    }
    writer.close()
    writer.run()
    assert (futures["a"].result(), futures["b"].result()) == (["a"], ["b"])
    with pytest.raises(RuntimeError, match="on purpose"):
        futures["bad"].result()


def test_nothing_is_acknowledged_when_the_commit_fails(own_cast, monkeypatch):
    def disk_full() -> None:
        raise OperationalError("disk full")

    writer = Writer()
    futures = [writer.submit(lambda name=name: Site.objects.create(name=name).pk) for name in ("Lost", "Gone")]
    writer.close()
    with monkeypatch.context() as patched:
        patched.setattr(connections["default"], "_commit", disk_full)
        writer.run()
    assert [type(one.exception(20)) for one in futures] == [OperationalError, OperationalError]
    assert not Site.objects.filter(name__in=["Lost", "Gone"]).exists()


def test_a_job_of_the_messenger_that_fails_keeps_no_other_from_its_turn(cast, monkeypatch, caplog):
    done = []

    def broken(at):
        raise RuntimeError("on purpose")

    monkeypatch.setattr(messenger, "JOBS", (broken, done.append))
    with caplog.at_level(logging.ERROR):
        messenger.turn(at=timezone.now())
    assert len(done) == 1
    assert "broken" in caplog.text


def test_a_course_is_locked_in_one_transaction_with_sessions_only_where_there_is_but_one_lock(db):
    through = []
    write = watcher.apart(through.append)
    write(lambda: None)
    assert len(through) == (connection.vendor == "sqlite")
