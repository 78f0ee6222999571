"""``python -m tests.bench.monitors``: monitors that send at a fixed pace, in a process of their own, as told by a line of JSON.

Each reading has a moment at which it is due, whatever became of the one before; how long it took is counted from there to
the end of its answer, so that a server that falls behind cannot hide it.
"""

import asyncio
import json
import random
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import count
from typing import Any
from urllib.parse import urlsplit

SETTLE_S = 2
PATIENCE_S = 30
VALUES = {
    "spo2": (95, 96, 97, 98),
    "heart_rate": (68, 69, 70, 71, 72),
    "resp_rate": (13, 14, 15),
    "temp_c": (36.6, 36.7),
}


@dataclass(frozen=True, kw_only=True)
class Pace:
    """What a run sends."""

    url: str
    tokens: Sequence[str]  # a monitor each
    a_second: float | None  # requests of each monitor; None: the next as soon as the one before is answered
    values: int  # readings in a row
    seconds: float
    warm_s: float  # before that, sent and not counted
    run: str  # makes the keys of a run its own
    rows: int = 1  # in a request


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What became of a run."""

    answers: list[tuple[int, int, float, float]]  # monitor, number in its session, due, acknowledged; warm-up left out
    stored: int  # rows, warm-up included
    refused: list[str]
    lost: int  # requests without an answer

    @property
    def took_ms(self) -> tuple[float, ...]:
        """From due to acknowledged."""
        return tuple((acknowledged - due) * 1000 for _, _, due, acknowledged in self.answers)


def send(pace: Pace) -> Sent:
    """Send from another process, which shares no lock with anything here, and wait for its end."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.monitors"], input=json.dumps(asdict(pace)), stdout=subprocess.PIPE, text=True, check=True
    )  # fmt: skip
    return Sent(**json.loads(done.stdout))


class Monitor:
    """One connection that is kept open. A monitor sends its next request when the one before is answered; late ones count from when they were due."""

    def __init__(self, pace: Pace, number: int) -> None:
        self.pace, self.number = pace, number
        self.waiting: asyncio.Queue[tuple[float, int] | None] = asyncio.Queue()
        self.answers: list[tuple[int, int, float, float]] = []
        self.stored = self.lost = 0
        self.refused: list[str] = []

    async def run(self, began: float) -> None:
        place = urlsplit(self.pace.url)
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        sending = self.paced if self.pace.a_second else self.as_fast_as_answered
        sends = asyncio.create_task(sending(writer, place.netloc, began))
        while (due := await self.waiting.get()) is not None:
            try:
                await asyncio.wait_for(self.answered(reader, *due, began=began), PATIENCE_S)
            except (TimeoutError, OSError, asyncio.IncompleteReadError):
                self.lost += 1
            self.waiting.task_done()
        await sends
        writer.close()

    async def paced(self, writer: asyncio.StreamWriter, host: str, began: float) -> None:
        a_second = self.pace.a_second or 1
        first = began + random.random() / a_second  # when in its second a monitor sends
        for number in range(round((self.pace.warm_s + self.pace.seconds) * a_second)):
            due = first + number / a_second
            await asyncio.sleep(max(0, due - time.monotonic()))
            writer.write(self.request(host, number))
            self.waiting.put_nowait((due, number))
            await self.waiting.join()
        self.waiting.put_nowait(None)

    async def as_fast_as_answered(self, writer: asyncio.StreamWriter, host: str, began: float) -> None:
        await asyncio.sleep(began - time.monotonic())
        for number in count():
            now = time.monotonic()
            if now > began + self.pace.warm_s + self.pace.seconds:
                break
            writer.write(self.request(host, number))
            self.waiting.put_nowait((now, number))
            await self.waiting.join()
        self.waiting.put_nowait(None)

    def request(self, host: str, number: int) -> bytes:
        rows = [self.row(number * self.pace.rows + n) for n in range(self.pace.rows)]
        body = json.dumps({"rows": rows}).encode()
        head = (
            f"POST /door/readings HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {self.pace.tokens[self.number]}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    def row(self, number: int) -> dict[str, Any]:
        names = list(VALUES)
        some = [names[(number + n) % len(names)] for n in range(self.pace.values)]
        values = {name: VALUES[name][number % len(VALUES[name])] for name in some}
        return {"key": f"{self.pace.run}-{self.number}-{number}", "values": values}

    async def answered(self, reader: asyncio.StreamReader, due: float, number: int, *, began: float) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        reply: dict[str, Any] = json.loads(await reader.readexactly(length))
        now = time.monotonic()
        results = reply.get("rows", [])
        self.stored += sum(one["status"] == "stored" for one in results)
        if not results or any(one["status"] != "stored" for one in results):
            self.refused.append(str(reply))
        elif due >= began + self.pace.warm_s:
            self.answers += [(self.number, one["seq"], due, now) for one in results]


async def main() -> None:
    pace = Pace(**json.loads(sys.stdin.readline()))
    monitors = [Monitor(pace, number) for number in range(len(pace.tokens))]
    began = time.monotonic() + SETTLE_S
    await asyncio.gather(*(one.run(began) for one in monitors))
    found = Sent(
        answers=[answer for one in monitors for answer in one.answers],
        stored=sum(one.stored for one in monitors),
        refused=[said for one in monitors for said in one.refused][:5],
        lost=sum(one.lost for one in monitors),
    )
    print(json.dumps(asdict(found)))


if __name__ == "__main__":
    asyncio.run(main())
