"""Simulated rooms from nothing: prepared in an empty database, driven over both ways, killed, and accounted for."""

import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests import serving
from tests.contract import gateways
from tests.serving import wait_until

ROOMS = 2


@pytest.fixture
def empty_database(tmp_path) -> str:
    """A migrated database of its own, with nobody in it."""
    address = f"sqlite:///{tmp_path / 'rooms.sqlite3'}"
    ketacare(address, "migrate")
    return address


def ketacare(database: str, *words: str, wait: bool = True) -> subprocess.Popen[str]:
    environment = os.environ | {"KETACARE_DATABASE_URL": database}
    process = subprocess.Popen(
        [sys.executable, "-m", "ketacare", *words],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    if wait:
        said, errors = process.communicate(timeout=240)
        assert process.returncode == 0, errors
        process.said = said
    return process


def test_a_clinic_of_real_people_is_never_prepared(own_cast, own_database, tmp_path):
    process = ketacare(own_database, "rooms", "--prepare", "--devices", str(tmp_path / "r.json"), wait=False)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "not made up" in errors
    assert not (tmp_path / "r.json").exists()


def test_rooms_are_prepared_driven_through_a_kill_and_every_row_is_accounted_for(empty_database, tmp_path):
    file = tmp_path / "rooms.json"
    ketacare(empty_database, "rooms", "--prepare", "--rooms", str(ROOMS), "--devices", str(file))
    told = json.loads(file.read_text())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [one["status"] for one in told["rooms"]] == ["treating"] * ROOMS
    port = serving.free_port()
    server = serving.start(empty_database, port=port)
    try:
        words = ["--devices", str(file), "--server", server.url, "--speed", "5", "--json", "--grace", "60"]
        driving = ketacare(empty_database, "rooms", *words, wait=False)
        wait_until(lambda: rows_in(tmp_path) >= 20, at_most_s=60)
        server.kill()
        server = serving.start(empty_database, port=port)
        before = rows_in(tmp_path)
        wait_until(lambda: rows_in(tmp_path) >= before + 20, at_most_s=60)
        driving.send_signal(signal.SIGINT)
        said, errors = driving.communicate(timeout=120)
        figures = json.loads(said)
        assert (driving.returncode, figures["unanswered"], figures["refused"]) == (0, 0, 0), errors
        assert figures["stored"] + figures["duplicate"] == figures["measured"] == rows_in(tmp_path)
        gateway = gateways.start(server.url, token=told["gateway"])
        words = ["--devices", str(file), "--hl7", f"127.0.0.1:{gateway.port}", "--seconds", "4", "--json"]
        driven = ketacare(empty_database, "rooms", *words)
        gateways.stop(gateway)
        over_hl7 = json.loads(driven.said)
        assert over_hl7["stored"] == over_hl7["measured"] > 0
    finally:
        serving.stop(server)


def rows_in(folder: Path) -> int:
    """What the monitors have stored, as another process sees it."""
    with closing(sqlite3.connect(folder / "rooms.sqlite3", timeout=30)) as database:
        (number,) = database.execute("SELECT count(*) FROM infusion_sessionevent WHERE sent_key <> ''").fetchone()
    return number
