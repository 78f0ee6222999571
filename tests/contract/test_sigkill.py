"""SIGKILL in the middle of a replay: whatever was acknowledged is stored, and nothing is stored twice."""

import json
import os
import subprocess
import sys
from collections import Counter

from django.db import connection

from tests.rooms.infusion import today
from tests.rooms.infusion.bedside import TOKEN, monitor
from tests.rooms.infusion.treatment import again
from tests.serving import free_port, start, stop, wait_until

ROWS = 400
SPEED = 60  # ten rows a second
KILLS = 3


def recording(folder) -> str:
    """A made-up hour of a monitor, a row each six seconds."""
    lines = ["second,HR,SpO2,RESP"]
    lines += [f"{6 * n},{60 + n % 30},{95 + n % 4},{12 + n % 5}" for n in range(ROWS)]
    path = folder / "monitor.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def from_monitor(session) -> list[tuple[str, int]]:
    """What the monitor's own clock said of every stored row, with the row's number."""
    found = again(session).events.filter(kind="reading", by__startswith="device:").order_by("seq")
    return [(row.payload["device_time"], row.seq) for row in found]


def test_killing_the_server_during_a_replay_loses_no_acknowledged_row(own_cast, own_database, tmp_path):
    session = today.started(own_cast, device=monitor(own_cast))
    port = free_port()
    server = start(own_database, port=port)
    command = [sys.executable, "-m", "ketacare", "replay", "--session", str(session.pk), "--json"]
    command += ["--vitals", recording(tmp_path), "--speed", str(SPEED), "--server", server.url]
    environment = os.environ | {"KETACARE_DATABASE_URL": own_database, "KETACARE_DEVICE_TOKEN": TOKEN}
    replay = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        for number in range(1, KILLS + 1):
            wanted = number * ROWS // (KILLS + 2)
            wait_until(lambda wanted=wanted: len(from_monitor(session)) >= wanted, at_most_s=120)
            server.kill()
            connection.close()
            server = start(own_database, port=port)
        said, _ = replay.communicate(timeout=240)
    finally:
        replay.kill()
        stop(server)
    report = json.loads(said)
    stored = from_monitor(session)
    assert replay.returncode == 0
    assert report["refused"] == 0
    assert report["stored"] + report["duplicate"] == ROWS
    assert max(Counter(time for time, _ in stored).values()) == 1
    assert len(stored) == ROWS
    numbers = list(again(session).events.order_by("seq").values_list("seq", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))
