"""``ketacare replay``: at its pace, as late entries, from every format; what is wrong is refused whole."""

import json
import os
import subprocess
import sys

import pytest

from tests.rooms.infusion import today
from tests.rooms.infusion.treatment import again
from tests.shared_folder import SHARED, needs_shared

NURSE = "nurse@harbour.example"
GOOD = "minute,HR,SpO2,RESP,NBPSys,NBPDias,ABPSys\n0,70,97,14,120,80,70\n1,71,,14,,,\n2,72,98,15,124,82,71\n"


@pytest.fixture
def session(own_cast):
    return today.started(own_cast)


@pytest.fixture
def replay(own_database, session, tmp_path):
    def run(content: str | None, *options: str, email: str = NURSE, path=None) -> subprocess.CompletedProcess[str]:
        file = path or tmp_path / "recording.csv"
        if content is not None:
            file.write_text(content, encoding="utf-8")
        command = [
            sys.executable,
            "-m",
            "ketacare",
            "replay",
            "--session",
            str(session.pk),
            "--vitals",
            str(file),
            "--as",
            email,
        ]
        environment = os.environ | {"KETACARE_DATABASE_URL": own_database}
        return subprocess.run([*command, *options], env=environment, capture_output=True, text=True, timeout=300)

    return run


def recorded(session):
    return again(session).events.filter(kind="reading", payload__source="device").order_by("seq")


def test_a_recording_arrives_row_by_row_and_keeps_its_own_time(session, replay):
    done = replay(GOOD, "--speed", "600", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["stored"], told["refused"], told["not_sent"]) == (3, 0, {"art_sys": 2})
    rows = list(recorded(session))
    assert [row.payload["values"] for row in rows] == [
        {"heart_rate": 70, "spo2": 97, "resp_rate": 14, "bp_sys": 120, "bp_dia": 80},
        {"heart_rate": 71, "resp_rate": 14},
        {"heart_rate": 72, "spo2": 98, "resp_rate": 15, "bp_sys": 124, "bp_dia": 82},
    ]
    assert all(abs((row.at - row.recorded_at).total_seconds()) < 5 for row in rows)
    times = [row.payload["device_time"] for row in rows]
    assert len(set(times)) == 3


def test_a_finished_recording_is_posted_as_late_entries_at_its_own_times(session, replay):
    began = today.ago(minutes=10).isoformat()
    done = replay(GOOD, "--backfill", "--start", began)
    assert done.returncode == 0, done.stderr
    rows = list(recorded(session))
    assert [(row.at - rows[0].at).total_seconds() for row in rows] == [0, 60, 120]
    assert all((row.recorded_at - row.at).total_seconds() > 400 for row in rows)


def test_a_recording_sent_again_is_not_stored_again(session, replay):
    began = ["--backfill", "--start", today.ago(minutes=10).isoformat(), "--json"]
    replay(GOOD, *began)
    again_told = json.loads(replay(GOOD, *began).stdout)
    assert (again_told["stored"], again_told["duplicate"]) == (0, 3)
    assert recorded(session).count() == 3


@pytest.mark.parametrize(
    ("content", "place", "says"),
    [
        ("minute,HR\n0,70\n1,seventy\n", "line 3", "not a number"),
        ("minute,HR\n5,70\n4,71\n", "line 3", "earlier"),
        ("minute,HR\n5,70\n5,71\n", "line 3", "already"),
        ("minute,HR\n0,70\n1,400\n", "line 3", "300"),
        ("minute,Mood\n0,7\n", "line 1", "no parameter"),
        ("", "", "minute"),
    ],
    ids=["text in a number", "time runs backwards", "the same minute twice", "out of range", "unknown column", "empty"],
)
def test_a_bad_recording_is_refused_whole_with_its_place(session, replay, content, place, says):
    done = replay(content, "--speed", "1000")
    assert done.returncode == 2
    assert place in done.stderr
    assert says in done.stderr
    assert not recorded(session).exists()


def test_late_entries_that_would_lie_in_the_future_are_refused(session, replay):
    done = replay(GOOD, "--backfill", "--start", today.ago(minutes=0).isoformat())
    assert done.returncode == 1
    assert "--start" in done.stderr
    assert not recorded(session).exists()


@pytest.mark.parametrize("email", ["nobody@harbour.example", "nurse@hill.example", "therapist@harbour.example"])
def test_only_who_may_record_at_this_site_replays(session, replay, email):
    assert replay(GOOD, email=email).returncode == 1
    assert not recorded(session).exists()


@needs_shared
@pytest.mark.real_data
@pytest.mark.parametrize("name", ["s00001_numerics.csv", "s00001-2896-10-10-00-31n.hea"])
def test_a_real_monitors_recording_is_taken_over_whole(session, replay, name):
    file = SHARED / "data/vitals_mimic2_numerics" / name
    began = today.ago(minutes=3000).isoformat()
    done = replay(None, "--backfill", "--start", began, "--json", path=file)
    told = json.loads(done.stdout)
    assert done.returncode == 0
    assert told["stored"] == recorded(session).count() > 1800
