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
    a_second: float  # requests of each monitor
    values: int  # readings in a request
    seconds: float
    warm_s: float  # before that, sent and not counted
    run: str  # makes the keys of a run its own


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What became of a run."""

    took_ms: list[float]  # from due to acknowledged, in the order acknowledged
    stored: int  # warm-up included
    refused: list[str]
    lost: int  # requests without an answer


def send(pace: Pace) -> Sent:
    """Send from another process, which shares no lock with anything here, and wait for its end."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.monitors"], input=json.dumps(asdict(pace)), stdout=subprocess.PIPE, text=True, check=True
    )  # fmt: skip
    return Sent(**json.loads(done.stdout))


class Monitor:
    """One connection that is kept open. Requests queue on it when the server falls behind."""

    def __init__(self, pace: Pace, number: int) -> None:
        self.pace, self.number = pace, number
        self.waiting: asyncio.Queue[tuple[float, int]] = asyncio.Queue()
        self.took: list[tuple[float, float]] = []
        self.stored = self.lost = 0
        self.refused: list[str] = []

    async def run(self, began: float) -> None:
        place = urlsplit(self.pace.url)
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        sending = asyncio.create_task(self.sends(writer, place.netloc, began))
        for _ in range(round((self.pace.warm_s + self.pace.seconds) * self.pace.a_second)):
            due = await self.waiting.get()
            try:
                await asyncio.wait_for(self.answered(reader, *due), PATIENCE_S)
            except (TimeoutError, OSError, asyncio.IncompleteReadError):
                self.lost += 1
        await sending
        writer.close()

    async def sends(self, writer: asyncio.StreamWriter, host: str, began: float) -> None:
        first = began + random.random() / self.pace.a_second  # when in its second a monitor sends
        for number in range(round((self.pace.warm_s + self.pace.seconds) * self.pace.a_second)):
            due = first + number / self.pace.a_second
            await asyncio.sleep(max(0, due - time.monotonic()))
            writer.write(self.request(host, number))
            self.waiting.put_nowait((due, number))

    def request(self, host: str, number: int) -> bytes:
        names = list(VALUES)
        some = [names[(number + n) % len(names)] for n in range(self.pace.values)]
        row = {
            "key": f"{self.pace.run}-{self.number}-{number}",
            "values": {name: VALUES[name][number % len(VALUES[name])] for name in some},
        }
        body = json.dumps({"rows": [row]}).encode()
        head = (
            f"POST /door/readings HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {self.pace.tokens[self.number]}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    async def answered(self, reader: asyncio.StreamReader, due: float, number: int) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        reply: dict[str, Any] = json.loads(await reader.readexactly(length))
        now = time.monotonic()
        results = reply.get("rows", [])
        self.stored += sum(one["status"] == "stored" for one in results)
        if not results or any(one["status"] != "stored" for one in results):
            self.refused.append(str(reply))
        if number >= self.pace.warm_s * self.pace.a_second:
            self.took.append((now, (now - due) * 1000))


async def main() -> None:
    pace = Pace(**json.loads(sys.stdin.readline()))
    monitors = [Monitor(pace, number) for number in range(len(pace.tokens))]
    began = time.monotonic() + SETTLE_S
    await asyncio.gather(*(one.run(began) for one in monitors))
    took = [ms for _, ms in sorted(pair for one in monitors for pair in one.took)]
    found = Sent(
        took_ms=took,
        stored=sum(one.stored for one in monitors),
        refused=[said for one in monitors for said in one.refused][:5],
        lost=sum(one.lost for one in monitors),
    )
    print(json.dumps(asdict(found)))


if __name__ == "__main__":
    asyncio.run(main())
