"""SIGKILL of the server, which on SQLite is the database as well: what was acknowledged is there, once."""

import time
from pathlib import Path

from django.db import connection

from tests.bench import chairs
from tests.bench.figures import says
from tests.bench.place import address, clinic
from tests.faults.monitors import judged, sending
from tests.serving import free_port, start, stop

EVERY_S = 10  # from one kill to the next


def run(folder: Path, *, minutes: float) -> list[str]:
    kills = max(2, round(minutes * 60 / EVERY_S))
    down_s = []
    with clinic("kill") as people:
        sessions = chairs.in_use(people)
        port = free_port()
        server = start(address(), port=port)
        try:
            with sending(server.url, sessions) as monitors:
                for _ in range(kills):
                    time.sleep(EVERY_S)
                    server.kill()
                    began = time.monotonic()
                    server = start(address(), port=port)
                    down_s.append(time.monotonic() - began)
                time.sleep(2)
        finally:
            stop(server)
        connection.close()
        says(
            f"{kills} kills under {len(sessions)} chairs; from the kill to the next answer at most {max(down_s):.1f} s"
        )
        return judged(monitors)
