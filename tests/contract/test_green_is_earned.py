"""A page is called live only while something was made durable a moment ago; else all pages say that nothing can be saved."""

import shutil
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from django.db import DatabaseError
from django.urls import reverse
from django.utils import timezone

from ketacare.clinic.models import WriteProbe
from ketacare.config.live import saving as probes
from ketacare.config.live import watcher, writer
from ketacare.config.live.saving import LIMIT_S, Saving, saving
from tests.rooms.infusion import today
from tests.serving import client, cookie_of, served, wait_until
from tests.streaming import messages

WARNING = "Nothing can be saved now."


@pytest.fixture(autouse=True)
def time_stands(monkeypatch) -> None:
    """However slow the machine is, what was proved in a test was proved just now."""
    monkeypatch.setattr(saving, "seconds", lambda: 0.0)


def test_what_was_committed_proves_for_a_while_that_writing_works():
    passed = [0.0]
    known = Saving(seconds=lambda: passed[0])
    assert (known.is_unknown, known.works) == (True, False)
    known.proved()
    assert known.works
    passed[0] = LIMIT_S + 1
    assert (known.is_unknown, known.works) == (False, False)


def test_a_write_that_failed_is_red_at_once_and_one_that_succeeds_is_green_again():
    known = Saving()
    known.proved()
    known.has_failed()
    assert not known.works
    known.proved()
    assert known.works


def test_the_watcher_proves_it_by_writing(cast):
    at = timezone.now()
    watcher.turn(at=at)
    assert WriteProbe.objects.get().at == at
    assert saving.works


def test_a_database_that_takes_nothing_turns_every_page_red(cast, browse, monkeypatch):
    watcher.turn(at=timezone.now())
    assert WARNING not in page(browse)

    def locked(*args, **named):
        raise DatabaseError("database is locked")

    monkeypatch.setattr(WriteProbe.objects, "update_or_create", locked)
    watcher.turn(at=timezone.now())
    assert not saving.works
    assert WARNING in page(browse)


def test_a_disk_that_is_nearly_full_turns_every_page_red_until_there_is_room(cast, browse, monkeypatch):
    monkeypatch.setattr(probes, "connection", SimpleNamespace(vendor="sqlite", settings_dict={"NAME": "/tmp/x"}))
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1_000_000))
    watcher.turn(at=timezone.now())
    assert WARNING in page(browse)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1_000_000_000_000))
    watcher.turn(at=timezone.now())
    assert WARNING not in page(browse)


def test_a_reading_that_still_fits_on_a_full_disk_turns_nothing_green(cast, monkeypatch):
    monkeypatch.setattr(probes, "connection", SimpleNamespace(vendor="sqlite", settings_dict={"NAME": "/tmp/x"}))
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1_000_000))
    watcher.turn(at=timezone.now())
    saving.proved()  # as the writer does after each commit
    assert not saving.works


def page(browse) -> str:
    return browse("nurse").get(reverse("infusion:board")).content.decode()


def test_a_batch_that_could_not_be_committed_is_red_at_once(cast, monkeypatch):
    saving.proved()

    @contextmanager
    def no_commit():
        yield
        raise DatabaseError("disk is full")

    monkeypatch.setattr(writer, "transaction", SimpleNamespace(atomic=no_commit))
    job = writer.Job(store=lambda: 1)
    writer.Writer()._store([job])
    with pytest.raises(DatabaseError):
        job.done.result()
    assert not saving.works


@pytest.mark.parametrize(("reserve_mb", "saves"), [("1", True), ("1000000000", False)])
def test_the_beat_of_a_live_page_says_whether_anything_can_be_saved(
    own_cast, own_database, monkeypatch, reserve_mb, saves
):
    monkeypatch.setenv("KETACARE_DISK_RESERVE_MB", reserve_mb)
    if own_database.startswith("postgres") and not saves:
        pytest.skip("of PostgreSQL's disk only its server knows")
    session, cookies = today.started(own_cast), cookie_of(own_cast.user("nurse"))
    with served(own_database) as server:
        with client(server, cookies) as reader:
            wait_until(lambda: (WARNING not in reader.get("/board/").text) is saves)
        for message in messages(server, cookies, ids=[session.pk]):
            if message.name == "beat":
                assert message.data["saves"] is saves
                break
