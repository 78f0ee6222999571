"""Hands rows to a running server's door: all that waits goes in one batch, and each is answered when it is durable."""

import asyncio
import http.client
import json
import logging
import socket
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

Result = dict[str, Any]
MOST_ROWS = 500
TRY_EVERY_S = 0.2
REPLY_S = 10
LOOPBACK = {"127.0.0.1", "::1", "localhost"}
TRY_AGAIN = {429, 500, 502, 503, 504}
log = logging.getLogger(__name__)


class NotTaken(Exception):
    """The server did not take the rows: not reached, or it turned them away. Nothing counts as stored."""


@dataclass(kw_only=True)
class Door:
    """One connection to the door, kept open and made anew when it breaks."""

    url: str
    token: str
    ca: str | None = None
    patience_s: float = 6  # how long a batch is tried before its sender is told to send it again

    def __post_init__(self) -> None:
        place = urlsplit(self.url)
        if place.scheme not in ("http", "https") or not place.hostname:
            raise ValueError("The server's address begins with http:// or https://.")
        if place.scheme == "http" and place.hostname not in LOOPBACK:
            raise ValueError("Patients' data must not travel unencrypted: the server's address begins with https://.")
        self._place = place
        self._connection: http.client.HTTPConnection | None = None

    def post(self, rows: Sequence[dict[str, Any]]) -> list[Result]:
        """What became of each row; raises NotTaken when the server does not answer in time or turns the batch away."""
        body = json.dumps({"rows": list(rows)}).encode()
        deadline = time.monotonic() + self.patience_s
        while True:
            try:
                status, reply = self._asked(body)
            except (OSError, http.client.HTTPException, ValueError):
                self._close()
                status, reply = 503, {}
            if status == 200:
                return list(reply["rows"])
            if status not in TRY_AGAIN:
                raise NotTaken(str(reply.get("error", f"the server answered {status}")))
            if time.monotonic() + TRY_EVERY_S > deadline:
                raise NotTaken("not stored: the server does not answer; send it again")
            time.sleep(TRY_EVERY_S)

    def _asked(self, body: bytes) -> tuple[int, dict[str, Any]]:
        connection = self._connection or self._made()
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}
        connection.request("POST", "/door/readings", body=body, headers=headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read() or b"{}")

    def _made(self) -> http.client.HTTPConnection:
        host, port = self._place.hostname or "", self._place.port
        if self._place.scheme == "https":
            context = ssl.create_default_context(cafile=self.ca)
            self._connection = http.client.HTTPSConnection(host, port, timeout=REPLY_S, context=context)
        else:
            self._connection = http.client.HTTPConnection(host, port, timeout=REPLY_S)
        self._connection.connect()
        self._connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._connection

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None


@dataclass(kw_only=True)
class _Waiting:
    rows: list[dict[str, Any]]
    done: asyncio.Future[list[Result]] | None  # None: nobody waits for it


@dataclass(kw_only=True)
class Post:
    """Gathers what waits, posts it in the order it came, and wakes who waits."""

    door: Door
    most_waiting: int = 5000
    dropped: int = 0
    _queue: "asyncio.Queue[_Waiting]" = field(default_factory=asyncio.Queue)

    async def send(self, rows: list[dict[str, Any]]) -> list[Result]:
        """What became of the rows, once they are durable; raises NotTaken."""
        if self._queue.qsize() >= self.most_waiting:
            raise NotTaken("not stored: too much waits; send it again")
        done: asyncio.Future[list[Result]] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait(_Waiting(rows=rows, done=done))
        return await done

    def tell(self, row: dict[str, Any]) -> None:
        """Tell of something without waiting; when too much waits already, it is only counted."""
        if self._queue.qsize() >= self.most_waiting:
            self.dropped += 1
        else:
            self._queue.put_nowait(_Waiting(rows=[row], done=None))

    async def run(self) -> None:
        """Post until cancelled."""
        while True:
            waiting = [await self._queue.get()]
            while not self._queue.empty() and sum(len(one.rows) for one in waiting) < MOST_ROWS:
                waiting.append(self._queue.get_nowait())
            rows = [row for one in waiting for row in one.rows]
            try:
                results: list[Result] | NotTaken = await asyncio.to_thread(self.door.post, rows)
            except NotTaken as refusal:
                results = refusal
            except Exception:
                log.exception("a batch could not be posted")
                results = NotTaken("not stored: send it again")
            _answer(waiting, results)


def _answer(waiting: Sequence[_Waiting], results: list[Result] | NotTaken) -> None:
    at = 0
    for one in waiting:
        theirs = results if isinstance(results, NotTaken) else results[at : at + len(one.rows)]
        at += len(one.rows)
        if one.done is None or one.done.done():
            continue
        if isinstance(theirs, NotTaken):
            one.done.set_exception(theirs)
        else:
            one.done.set_result(theirs)
