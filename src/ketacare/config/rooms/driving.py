"""Drives simulated rooms: each measures on its own clock, keeps what is not acknowledged, and sends it again in order."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Event, Thread

from ketacare.config.live.posting import NotTaken
from ketacare.config.rooms.figures import Figures
from ketacare.config.rooms.ways import Row, Way
from ketacare.science.monitoring.simulated import SimulatedPatient, shown

MOST_AT_ONCE = 100
REST_S = 0.2  # after a try without an answer
JOIN_S = 20


@dataclass(kw_only=True)
class Room:
    """One chair with its patient, its monitor and what waits to be acknowledged."""

    name: str
    person: SimulatedPatient
    way: Way
    begins_at_s: int  # of the infusion, when the run starts
    waiting: deque[tuple[float, Row]] = field(default_factory=deque)
    fresh: Event = field(default_factory=Event)  # something new waits


@dataclass(kw_only=True)
class Run:
    """All rooms of one run."""

    rooms: list[Room]
    figures: Figures
    speed: float
    rise: Callable[[float], float]
    diastolic_share: float
    run_id: str
    stopping: Event = field(default_factory=Event)
    giving_up: Event = field(default_factory=Event)

    def drive(self, *, seconds: float | None, grace_s: float) -> None:
        """Measure until told to stop or the time is over; then let what waits be acknowledged, for a while."""
        began = time.monotonic() + 1
        work = [(self.measure, room, number, began) for number, room in enumerate(self.rooms)]
        threads = [Thread(target=target, args=args, daemon=True) for target, *args in work]
        threads += [Thread(target=self.deliver, args=(room,), daemon=True) for room in self.rooms]
        for thread in threads:
            thread.start()
        self.stopping.wait(seconds)
        self.stopping.set()
        deadline = time.monotonic() + grace_s
        while any(room.waiting for room in self.rooms) and time.monotonic() < deadline:
            time.sleep(REST_S)
        self.giving_up.set()
        for thread in threads:
            thread.join(JOIN_S)

    def measure(self, room: Room, number: int, began: float) -> None:
        """One row each simulated second, each room at its own moment of the second."""
        second = 0
        while True:
            due = began + (second + number / len(self.rooms)) / self.speed
            if self.stopping.wait(max(0.0, due - time.monotonic())):
                return
            values = self.values(room, second)
            row = {"key": f"{room.name} {self.run_id} {second}", "values": values, "device_time": datetime.now(UTC)}
            self.figures.made(1)
            room.waiting.append((time.monotonic(), row))
            room.fresh.set()
            second += 1

    def values(self, room: Room, second: int) -> dict[str, float]:
        now = datetime.now(UTC)
        return shown(
            room.person,
            second=second,
            rise_mmhg=self.rise(room.begins_at_s + second),
            diastolic_share=self.diastolic_share,
            hour=now.hour + now.minute / 60,
        )

    def deliver(self, room: Room) -> None:
        """Send what waits, oldest first; nothing leaves the queue before it has its answer."""
        while not self.giving_up.is_set():
            room.fresh.clear()
            waiting = list(room.waiting)[:MOST_AT_ONCE]
            if not waiting:
                room.fresh.wait(REST_S)
                continue
            try:
                statuses = room.way([row for _, row in waiting])
            except NotTaken as refusal:
                self.figures.failed(str(refusal))
                time.sleep(REST_S)
                continue
            at = time.monotonic()
            self.figures.answered(statuses, [at - made_at for made_at, _ in waiting[: len(statuses)]])
            for _ in statuses:
                room.waiting.popleft()
