"""Eight monitors that send a reading a second, each again and again until it is acknowledged, and what became of the readings."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread

import httpx

from ketacare.infusion.models import Session, SessionEvent
from tests.bench.chairs import SPO2, token_of
from tests.bench.figures import says

EVERY_S, AGAIN_S = 1.0, 0.2


@dataclass(kw_only=True)
class Monitor:
    """One monitor: its readings are numbered, and the next one is sent when the one before is acknowledged."""

    url: str
    session: int
    chair: str
    acknowledged: dict[str, int] = field(default_factory=dict)  # key -> its number on the timeline
    refused: list[str] = field(default_factory=list)
    again: int = 0
    longest_s: float = 0.0

    def send(self, stop: Event) -> None:
        """Send until told to stop; the last one is sent until it is acknowledged."""
        headers = {"Authorization": f"Bearer {token_of(self.chair)}"}
        number = 0
        with httpx.Client(base_url=self.url, headers=headers, timeout=10, trust_env=False) as client:
            while not stop.is_set():
                number += 1
                began = time.monotonic()
                self.one(client, f"{self.chair}-{number}", number)
                took = time.monotonic() - began
                self.longest_s = max(self.longest_s, took)
                time.sleep(max(0, EVERY_S - took))

    def one(self, client: httpx.Client, key: str, number: int) -> None:
        values = {"spo2": SPO2[number % len(SPO2)], "heart_rate": 60 + number % 30}
        row = {"session": self.session, "key": key, "values": values}
        while True:
            try:
                reply = client.post("/door/readings", json={"rows": [row]})
            except httpx.TransportError:
                reply = None
            if reply is not None and reply.status_code == httpx.codes.OK:
                (result,) = reply.json()["rows"]
                if result["status"] == "refused":
                    self.refused.append(str(result))
                else:
                    self.acknowledged[key] = int(result["seq"])
                return
            self.again += 1
            time.sleep(AGAIN_S)


@contextmanager
def sending(url: str, sessions: list[Session]) -> Iterator[list[Monitor]]:
    """A monitor at every chair, for the length of a fault."""
    stop = Event()
    monitors = [Monitor(url=url, session=one.pk, chair=one.chair) for one in sessions]
    threads = [Thread(target=one.send, args=(stop,)) for one in monitors]
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
    lost = twice = holes = unordered = 0
    for one in monitors:
        rows = SessionEvent.objects.filter(session=one.session).order_by("seq")
        stored = [(row.sent_key, row.seq) for row in rows if row.sent_key]
        times = Counter(key for key, _ in stored)
        lost += sum((key, seq) not in set(stored) for key, seq in one.acknowledged.items())
        twice += sum(count - 1 for count in times.values())
        numbers = [int(key.rsplit("-", 1)[1]) for key, _ in stored]
        unordered += numbers != sorted(numbers)
        holes += [row.seq for row in rows] != list(range(1, len(rows) + 1))
    acknowledged = sum(len(one.acknowledged) for one in monitors)
    refused = sum(len(one.refused) for one in monitors)
    says(
        f"{acknowledged} readings acknowledged: {lost} lost, {twice} stored twice, {unordered} chairs out of order, "
        f"{holes} timelines with holes, {refused} refused; {sum(one.again for one in monitors)} sent again, "
        f"the longest wait {max(one.longest_s for one in monitors):.1f} s"
    )
    promises = {
        "no acknowledged reading is lost": lost,
        "none is stored twice": twice,
        "the order is kept": unordered,
        "a timeline has no holes": holes,
        "none is refused": refused,
        "readings were sent": not acknowledged,
    }
    return [promise for promise, count in promises.items() if count]
