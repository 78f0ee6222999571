"""Readings at a fixed rate on a slow disk: how long each waits until it is durable and acknowledged."""

import json
import statistics
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from ketacare.infusion.models import Session, SessionEvent
from tests.bench import chairs
from tests.bench.figures import Figure, says, show
from tests.bench.monitors import Pace, Sent, send
from tests.bench.place import address, clinic
from tests.serving import start, stop

ROOMS, SECONDS, WARM_S = 200, 15, 6
COMMIT_MS = 5
COMMITS = 3  # the goal: so many commits, 99 of 100
SLOW = "tests.bench.slow"


@dataclass(frozen=True, kw_only=True)
class Shape:
    """One way to send 600 readings a second."""

    label: str
    a_second: float  # requests of each room
    values: int
    gated: bool


SHAPES = (
    Shape(label=f"{ROOMS} rooms, one request a second of 3 readings", a_second=1, values=3, gated=True),
    Shape(label=f"{ROOMS} rooms, 3 requests a second of 1 reading", a_second=3, values=1, gated=False),
)


def run() -> int:
    with clinic("rate") as people:
        sessions = chairs.in_use(people, ROOMS)
        chairs.screened()
        figures, missed = [], False
        for number, shape in enumerate(SHAPES):
            sent, commits_ms = measured(sessions, shape, run=str(number))
            kept = SessionEvent.objects.filter(kind="reading", sent_key__startswith=f"{number}-").count()
            is_whole = sent.stored == kept and not sent.refused and not sent.lost
            figures.append(Figure(label=shape.label, values=sent.took_ms, tail=99))
            p99 = figures[-1].at(99)
            commit_ms = statistics.median(commits_ms)
            says(
                f"{shape.label}: p99 {p99:.1f} ms, {p99 / commit_ms:.1f} commit times ({len(commits_ms)} commits, median {commit_ms:.1f} ms); "
                f"{sent.stored} acknowledged, {kept} stored, {sent.lost} unanswered {sent.refused}"
            )
            missed = missed or not is_whole or (shape.gated and p99 > COMMITS * commit_ms)
        show("ms from due to durable and acknowledged", figures)
        says(
            f"the goal is {COMMITS} commit times for the first, and that none is lost: {'MISSED' if missed else 'met'}."
        )
    return int(missed)


def measured(sessions: list[Session], shape: Shape, *, run: str) -> tuple[Sent, list[float]]:
    """One run against a server of its own; what became of the readings, and how long each commit took."""
    told = Path(settings.VAR) / f"commits-{run}.json"
    server = start(address(), module=(SLOW, str(COMMIT_MS), str(told)))
    try:
        tokens = [chairs.token_of(one.chair) for one in sessions]
        pace = Pace(
            url=server.url,
            tokens=tokens,
            a_second=shape.a_second,
            values=shape.values,
            seconds=SECONDS,
            warm_s=WARM_S,
            run=run,
        )
        sent = send(pace)
    finally:
        stop(server)
    return sent, [one * 1000 for one in json.loads(told.read_text(encoding="ascii"))]
