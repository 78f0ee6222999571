"""Monitors that measure once a second whatever happens, keep what is not acknowledged and send it in order; and what became of it."""

import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Event, Thread

from ketacare.config.live.posting import Door, NotTaken
from ketacare.config.rooms.ways import OverHttp, OverMllp, Row, Way, message
from ketacare.infusion.models import Session, SessionEvent
from ketacare.interop.hl7v2 import read
from tests.bench.chairs import SPO2, token_of
from tests.bench.figures import says

EVERY_S, AGAIN_S, MOST_AT_ONCE = 1.0, 0.2, 100
END_S = 60  # how long what still waits at the end may take
IDLE_S = 0.005


@dataclass(kw_only=True)
class Monitor:
    """One monitor, its queue, and what it was told of each reading."""

    way: Way
    session: int
    chair: str
    wire_name: str = ""  # of one that talks HL7
    waiting: deque[Row] = field(default_factory=deque)
    acknowledged: list[str] = field(default_factory=list)  # keys, as the timeline keeps them
    answers: list[tuple[float, float]] = field(default_factory=list)  # when it was asked, when answered
    refused: list[str] = field(default_factory=list)
    measured: int = 0
    again: int = 0
    longest_s: float = 0.0

    def run(self, stop: Event) -> None:
        """Measure until told to stop, and send until all is acknowledged."""
        began = time.monotonic()
        while not stop.is_set() or self.waiting:
            now = time.monotonic()
            if stop.is_set() and now > began + EVERY_S * self.measured + END_S:
                return  # what is left in the queue is told as never acknowledged
            while not stop.is_set() and began + EVERY_S * self.measured <= now:
                self.measure()
            if not (self.waiting and self.send()):
                time.sleep(AGAIN_S if self.waiting else IDLE_S)

    def measure(self) -> None:
        """The next reading, numbered."""
        self.measured += 1
        values = {"spo2": SPO2[self.measured % len(SPO2)], "heart_rate": 60 + self.measured % 30}
        row = {"key": f"{self.session}-{self.measured}", "values": values, "device_time": datetime.now(UTC)}
        self.waiting.append(row)

    def send(self) -> bool:
        """Send what waits, the oldest first; whether there was an answer."""
        rows, asked = list(self.waiting)[:MOST_AT_ONCE], time.monotonic()
        try:
            statuses = self.way(rows)
        except NotTaken:
            self.again += 1
            return False
        now = time.monotonic()
        self.answers.append((asked, now))
        self.answered(rows[: len(statuses)], statuses)
        return True

    def answered(self, rows: Sequence[Row], statuses: Sequence[str]) -> None:
        """Only what has its answer leaves the queue."""
        for row, status in zip(rows, statuses, strict=True):
            self.waiting.popleft()
            waited = (datetime.now(UTC) - row["device_time"]).total_seconds()
            self.longest_s = max(self.longest_s, waited)
            (self.refused if status == "refused" else self.acknowledged).append(self.stored_key(row))

    def stored_key(self, row: Row) -> str:
        """What the timeline calls a row: the sender's key, or that which its message gives."""
        if not self.wire_name:
            return str(row["key"])
        return read(message(row, wire_name=self.wire_name)).rows[0].key

    def served_after(self, moment: float) -> float | None:
        """Seconds from a moment to the first answer to what was asked after it."""
        return next((at - moment for asked, at in self.answers if asked >= moment), None)


def over_http(url: str, session: Session) -> Monitor:
    """A monitor that posts to the server."""
    door = Door(url=url, token=token_of(session.chair), patience_s=0)
    return Monitor(way=OverHttp(door=door), session=session.pk, chair=session.chair)


def over_mllp(port: int, session: Session, *, wire_name: str) -> Monitor:
    """A monitor that talks HL7 with a gateway."""
    way = OverMllp(address=("127.0.0.1", port), wire_name=wire_name)
    return Monitor(way=way, session=session.pk, chair=session.chair, wire_name=wire_name)


@contextmanager
def sending(monitors: list[Monitor]) -> Iterator[list[Monitor]]:
    """Every monitor at work for the length of a fault, and then until its queue is empty."""
    stop = Event()
    threads = [Thread(target=one.run, args=(stop,)) for one in monitors]
    for thread in threads:
        thread.start()
    try:
        yield monitors
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def judged(monitors: list[Monitor]) -> list[str]:
    """Hold what was acknowledged against what is stored; print it; give what was promised and not kept."""
    found: Counter[str] = Counter()
    for one in monitors:
        rows = list(SessionEvent.objects.filter(session=one.session).order_by("seq").values_list("seq", "sent_key"))
        times = Counter(key for _, key in rows if key)
        found["lost"] += len(set(one.acknowledged) - times.keys())
        found["twice"] += times.total() - len(times)
        found["unordered"] += not in_order([key for _, key in rows if key])
        found["holes"] += [seq for seq, _ in rows] != list(range(1, len(rows) + 1))
        found["left"] += len(one.waiting)
    acknowledged = sum(len(one.acknowledged) for one in monitors)
    refused = sum(len(one.refused) for one in monitors)
    says(
        f"{acknowledged} readings acknowledged: {found['lost']} lost, {found['twice']} stored twice, "
        f"{found['unordered']} chairs out of order, {found['holes']} timelines with holes, {refused} refused, "
        f"{found['left']} never acknowledged; {sum(one.again for one in monitors)} tries without an answer, "
        f"the longest wait {max(one.longest_s for one in monitors):.1f} s"
    )
    promises = {
        "no acknowledged reading is lost": found["lost"],
        "none is stored twice": found["twice"],
        "the order is kept": found["unordered"],
        "a timeline has no holes": found["holes"],
        "every reading is acknowledged in the end": found["left"],
        "none is refused": refused,
        "readings were sent": not acknowledged,
    }
    return [promise for promise, count in promises.items() if count]


def in_order(keys: Sequence[str]) -> bool:
    """Whether the numbers in the keys only grow; a gateway adds to a key what makes it the message's own."""
    numbers = [int(key.split(" ")[0].rsplit("-", 1)[1]) for key in keys]
    return numbers == sorted(numbers)
