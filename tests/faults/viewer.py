"""Somebody who watches the Board while things break: reads its stream as a browser does and notes how long it stood still."""

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from threading import Event, Thread

import httpx

from ketacare.infusion.models import SessionEvent
from tests.bench.figures import says
from tests.serving import Served
from tests.streaming import messages

AGAIN_S = 1.0  # after which a browser asks again: the stream's own "retry", and what the page does by itself
CATCH_UP_S = 10


@dataclass(kw_only=True)
class Viewer:
    """One page, the rows it was told of and when."""

    server: Served
    cookies: dict[str, str]
    sessions: list[int]
    last_id: str
    seen: dict[int, list[tuple[float, int]]] = field(default_factory=lambda: defaultdict(list))  # session -> when, seq
    returns: int = 0

    def run(self, stop: Event) -> None:
        """Watch, and come back with the last id whenever the stream ends."""
        while not stop.is_set():
            try:
                for message in messages(
                    self.server, self.cookies, ids=self.sessions, last_id=self.last_id, page="board"
                ):
                    self.take(message.id, message.data)
                    if stop.is_set():
                        return
            except (httpx.HTTPError, AssertionError):  # the stream broke, or an answer that is no stream
                self.returns += 1
            stop.wait(AGAIN_S)

    def take(self, number: str, told: dict) -> None:
        self.last_id = number or self.last_id
        for row in told.get("rows", ()):
            self.seen[told["session"]].append((time.monotonic(), row["seq"]))

    def still_s(self, *, after: float, until: float) -> float:
        """The longest that a chair got no new row in a span of time."""
        return max(
            (longest([at for at, _ in rows], after, until) for rows in self.seen.values()), default=until - after
        )

    def missed(self) -> int:
        """Rows that are stored and were not shown exactly once, in their order."""
        return sum(self._missed(session, rows) for session, rows in self.seen.items())

    def _missed(self, session: int, rows: list[tuple[float, int]]) -> int:
        shown = [seq for _, seq in rows]
        stored = SessionEvent.objects.filter(session=session, seq__gte=shown[0]).order_by("seq")
        wanted = list(stored.values_list("seq", flat=True))
        return len(set(wanted) ^ set(shown)) + len(shown) - len(set(shown)) + (shown != sorted(shown))


def longest(moments: list[float], after: float, until: float) -> float:
    """The longest time between two of these moments, in a span."""
    inside = [after, *(one for one in moments if after < one < until), until]
    return max(later - earlier for earlier, later in pairwise(inside))


@contextmanager
def watching(viewer: Viewer) -> Iterator[Viewer]:
    """Somebody at the Board for the length of a fault."""
    stop = Event()
    thread = Thread(target=viewer.run, args=(stop,))
    thread.start()
    try:
        yield viewer
        time.sleep(CATCH_UP_S / 5)
    finally:
        stop.set()
        thread.join()


def judged(viewer: Viewer, *, still_s: list[float], goal_s: float | None) -> list[str]:
    """What a viewer was without; what was promised and not kept."""
    missed, worst = viewer.missed(), max(still_s)
    says(
        f"the Board came back {viewer.returns} times; a chair stood still for {worst:.1f} s at most (readings come each second); {missed} rows not shown once"
    )
    promises = {
        f"a viewer sees the next value within {goal_s} s": goal_s is not None and worst > goal_s,
        "a viewer sees every row once": missed,
    }
    return [promise for promise, is_broken in promises.items() if is_broken]
