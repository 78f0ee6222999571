"""GET /live/sessions?ids=12,13&after=12:345,13:88&page=board: what happens in sessions, as it happens, over server-sent events.

Each stream keeps one cursor a session: the number of the last row it has sent. The id of a message is all cursors
together, so a browser that comes back with it as Last-Event-ID misses nothing and sees nothing twice. A beat tells the
page that silence is quiet, not loss, and is when log-in and permission are asked for again.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from ketacare.config.live import feed
from ketacare.config.live.replies import Send, reply_json
from ketacare.config.live.runtime import running
from ketacare.config.live.saving import saving
from ketacare.config.live.threads import in_thread, in_turn
from ketacare.config.live.who import Refused, as_request

BEAT_S = 2
RETRY_MS = 1000
MOST_SESSIONS = 50
Cursors = dict[int, int]
HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache, no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]


async def application(scope: dict[str, Any], receive: Callable[[], Awaitable[dict]], send: Send) -> None:
    """Open a stream, or say why not."""
    try:
        request = as_request(scope)
        query = parse_qs(scope["query_string"].decode("latin-1"))
        cursors = asked_for(query, request.headers.get("Last-Event-ID", ""))
        page = "board" if query.get("page") == ["board"] else "session"
        viewing = await in_thread(feed.open_for, request, list(cursors), page)
    except Refused as refused:
        await reply_json(send, refused.status, {"error": refused.says})
        return
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    ends = [asyncio.create_task(one) for one in (pump(viewing, cursors, send), until_gone(receive), until_stopping())]
    try:
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in ends:
            task.cancel()
        await asyncio.gather(*ends, return_exceptions=True)
    with contextlib.suppress(OSError):
        await send({"type": "http.response.body", "body": b""})


def asked_for(query: dict[str, list[str]], last_event_id: str) -> Cursors:
    """Which sessions, each from which row on: the last id that arrived, else what the page shows, else the beginning."""
    try:
        ids = [int(one) for one in query["ids"][0].split(",")]
        after = read_cursors(query.get("after", [""])[0]) | read_cursors(last_event_id)
    except (KeyError, ValueError) as error:
        raise Refused(400, "Ask for sessions as ?ids=12,13&after=12:345,13:88.") from error
    if len(ids) > MOST_SESSIONS:
        raise Refused(400, f"At most {MOST_SESSIONS} sessions in one stream.")
    return {session: after.get(session, 0) for session in ids}


def read_cursors(text: str) -> Cursors:
    pairs = (one.split(":") for one in text.split(",") if one)
    return {int(session): int(seq) for session, seq in pairs}


def write_cursors(cursors: Cursors) -> str:
    return ",".join(f"{session}:{seq}" for session, seq in sorted(cursors.items()))


async def pump(viewing: feed.Viewing, cursors: Cursors, send: Send) -> None:
    """Send what is new whenever something is, and a beat when it is time."""
    loop, woken = asyncio.get_running_loop(), asyncio.Event()

    def wake() -> None:
        loop.call_soon_threadsafe(woken.set)

    running.changes.listen(wake)
    try:
        async for message in messages(viewing, cursors, woken):
            await send({"type": "http.response.body", "body": message.encode(), "more_body": True})
    finally:
        running.changes.forget(wake)


async def messages(viewing: feed.Viewing, cursors: Cursors, woken: asyncio.Event) -> AsyncIterator[str]:
    """Everything one stream says, from its opening to the end of log-in or permission."""
    yield f"retry: {RETRY_MS}\n\n"
    next_beat = time.monotonic()
    while True:
        woken.clear()
        for change in await in_turn(lambda: list(feed.since(viewing, cursors))):
            cursors[change.session] = change.seq
            yield event("session", change.as_json(), number=write_cursors(cursors))
            woken.set()  # a long gap comes in parts: ask again before waiting
        if time.monotonic() >= next_beat:
            next_beat = time.monotonic() + BEAT_S
            if not await in_thread(feed.may_go_on, viewing):
                yield event("closed", {})
                return
            yield event("beat", {"at": timezone.now(), "saves": saving.works})
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(woken.wait(), timeout=max(0, next_beat - time.monotonic()))


def event(name: str, data: dict[str, Any], *, number: str = "") -> str:
    """One server-sent event."""
    head = f"id: {number}\n" if number else ""
    return f"{head}event: {name}\ndata: {json.dumps(data, cls=DjangoJSONEncoder)}\n\n"


async def until_gone(receive: Callable[[], Awaitable[dict]]) -> None:
    """Wait until the reader has gone away."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def until_stopping() -> None:
    """Wait until the server is asked to stop."""
    await running.stopping.wait()
