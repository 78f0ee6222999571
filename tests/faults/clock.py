"""The server's clock is put an hour forward, right again, an hour back, and right again: each step is told, durations stay right."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.db import connection
from django.utils import timezone

from ketacare.config.live.posting import Door
from ketacare.config.rooms.ways import Row
from ketacare.infusion.models import Session
from ketacare.infusion.states import refolded
from ketacare.science.monitoring.timeline import clock_steps
from tests.bench import chairs
from tests.bench.chairs import token_of
from tests.bench.figures import says
from tests.bench.place import address, clinic
from tests.faults.monitors import Monitor, judged, over_http, sending
from tests.serving import Served, first_line, free_port, stop

SHIFTS_S = (3600.0, 0.0, -3600.0, 0.0)
STEPS_S = [3600.0, -3600.0, -3600.0, 3600.0]  # from one of them to the next
NEAR_S = 1.0
LEAST_S = 3  # from one step to the next


def run(folder: Path, *, minutes: float) -> list[str]:
    shift = folder / "clock"
    told(shift, 0.0)
    with clinic("clock") as people:
        sessions = chairs.in_use(people)
        started = {one.pk: refolded(one).started_at for one in sessions}
        server = shifted(shift, address())
        try:
            with sending(at_work(server.url, sessions)) as monitors:
                for seconds in SHIFTS_S:
                    time.sleep(max(LEAST_S, minutes * 60 / len(SHIFTS_S)))
                    told(shift, seconds)
                time.sleep(LEAST_S)
        finally:
            stop(server)
        connection.close()
        return [*judged(monitors), *(problem for one in sessions for problem in wrong(one, started[one.pk]))][:20]


@dataclass(kw_only=True)
class WithoutClock:
    """A monitor that does not say when it measured: what it sends happened when it came."""

    door: Door

    def __call__(self, rows: Sequence[Row]) -> list[str]:
        plain = [{"key": row["key"], "values": row["values"]} for row in rows]
        return [str(one["status"]) for one in self.door.post(plain)]


def at_work(url: str, sessions: list[Session]) -> list[Monitor]:
    """Half of the monitors have a clock of their own, which nobody steps."""
    found = [over_http(url, one) for one in sessions]
    for one in found[::2]:
        one.way = WithoutClock(door=Door(url=url, token=token_of(one.chair), patience_s=0))
    return found


def told(file: Path, seconds: float) -> None:
    """Set the server's clock; a reader sees the old number or the new one, never half."""
    fresh = file.with_suffix(".new")
    fresh.write_text(str(seconds), encoding="ascii")
    fresh.replace(file)


def shifted(file: Path, database: str) -> Served:
    command = [sys.executable, "-m", "tests.faults.shifted", str(file), "serve", "--port", str(free_port())]
    environment = os.environ | {"KETACARE_DATABASE_URL": database}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    return Served(process=process, url=first_line(process).strip())


def wrong(session: Session, started_at: object) -> list[str]:
    """What one session says that is not so, now that its clock is right again."""
    state, now = refolded(session), timezone.now()
    steps = [step.stepped_s for _, step in clock_steps(state)]
    off = abs(state.started_at - started_at) if state.started_at else timedelta.max
    silent = [one.key for one in state.alarms.all if one.key == "ALM-19/spo2"]
    age = now - state.series["spo2"][-1].at
    says(f"{session.chair}: steps told {list(map(round, steps))} s; the start is off by {off.total_seconds():.3f} s")
    promises = {
        "each step is told, once": len(steps) != len(STEPS_S)
        or any(abs(one - meant) > NEAR_S for one, meant in zip(steps, STEPS_S, strict=True)),
        "the time since the start is right": off > timedelta(seconds=NEAR_S),
        "no value is called missing that came": bool(silent),
        "the last value is seconds old": not timedelta() <= age < timedelta(minutes=1),
    }
    return [f"{session.chair}: {promise}" for promise, is_broken in promises.items() if is_broken]
