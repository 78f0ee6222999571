"""POST /door/readings: the door by which bedside devices and replays bring readings, over the listener's own address.

    {"rows": [{"key": "417", "values": {"spo2": 97, "heart_rate": 71}, "at": "2026-03-02T09:00:10Z",
               "device_time": "2026-03-02T08:58:02Z", "sent_at": "2026-03-02T08:58:03Z", "device": "BED-3", "session": 12}]}

``key`` is the sender's own name for the row: with the same words again it is known already, with other words it is
refused. The reply comes once the rows are durable and says of each: stored, duplicate or refused with its problems. A
sender that got no reply sends the same rows again. A device's rows go into the session that it was paired with when they
were measured; ``session`` only makes sure. A gateway says with ``device`` for whom it speaks.

``at`` is the sender's word for when it happened. Without it, ``device_time`` and ``sent_at``, both by the device's own
clock, are corrected by how far that clock is off; without those, the row happened on arrival.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future
from datetime import datetime
from typing import Any

from ketacare.clinic import clock
from ketacare.clinic.actor import Actor, Device
from ketacare.clinic.errors import ActionRefused, NotAllowed
from ketacare.config.live.replies import Send, reply_json
from ketacare.config.live.rows import as_row, outcome_json, parse
from ketacare.config.live.runtime import running
from ketacare.config.live.threads import in_thread
from ketacare.config.live.who import Refused, as_request, known, sender
from ketacare.infusion import actions
from ketacare.infusion.delivering import Delivery, Sent
from ketacare.infusion.door import Batch, Outcome
from ketacare.science.errors import ScienceError

MOST_BYTES = 1_000_000
log = logging.getLogger(__name__)


async def application(scope: dict[str, Any], receive: Callable[[], Awaitable[dict]], send: Send) -> None:
    """Take one batch; answer when it is stored or refused."""
    try:
        if scope["method"] != "POST":
            raise Refused(405, "Post readings here.")
        body = await whole_body(receive)
        outcomes = await taken(scope, body)
    except Refused as refused:
        await reply_json(send, refused.status, {"error": refused.says})
    except ScienceError as error:
        problems = [{"place": one.place, "says": one.says} for one in error.problems]
        await reply_json(
            send, 400, {"error": "The batch cannot be read; nothing of it was stored.", "problems": problems}
        )
    except NotAllowed:
        await reply_json(send, 404, {"error": "No such session, or not yours to write to; nothing was stored."})
    except ActionRefused as refusal:
        reasons = [reason.text for reason in refusal.reasons]
        await reply_json(send, 409, {"error": "Refused; nothing was stored.", "problems": reasons})
    except Exception:
        log.exception("a batch of readings was not stored")
        await reply_json(send, 503, {"error": "Not stored. Send it again."})
    else:
        await reply_json(send, 200, {"rows": [outcome_json(one) for one in outcomes]})


async def taken(scope: dict[str, Any], body: bytes) -> list[Outcome]:
    """What became of each row of a batch, once it is durable."""
    by = known.get(scope) or await let_in(scope, body)
    try:
        return await asyncio.wrap_future(queued(parse(decoded(body)), by=by, arrived=clock.now()))
    except NotAllowed:
        known.forget(scope)
        await let_in(scope, body)  # a device that is in use no longer is told so
        raise


async def let_in(scope: dict[str, Any], body: bytes) -> Actor:
    """Who sends this; a device is known from now on."""
    by = await in_thread(lambda: sender(as_request(scope, body)))
    known.remember(scope, by)
    return by


def queued(rows: list[Delivery], *, by: Actor, arrived: clock.Moment) -> Future[list[Outcome]]:
    """Hand rows to the writer; gives what became of each, in the order they were sent, once that is durable."""
    if isinstance(by, Device):
        return running.writer.deliver(Sent(deliveries=rows, by=by, at=arrived.at, boot_s=arrived.boot_s))
    return running.writer.submit(lambda: charted(rows, by=by, at=arrived.at))


def charted(rows: list[Delivery], *, by: Actor, at: datetime) -> list[Outcome]:
    """A person's rows, a batch for each session; one that is refused undoes the others."""
    if any(one.session is None for one in rows):
        raise ActionRefused("no-session", ["Say which session each row belongs to."])
    results: dict[int | None, Iterator[Outcome]] = {}
    for session in dict.fromkeys(one.session for one in rows):
        theirs = [as_row(one, arrived_at=at) for one in rows if one.session == session]
        batch = Batch(rows=theirs, source="person")
        results[session] = iter(actions.record_readings(session_id=session, batch=batch, by=by, at=at))
    return [next(results[one.session]) for one in rows]


async def whole_body(receive: Callable[[], Awaitable[dict]]) -> bytes:
    """The body, refused as soon as it is too large."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refused(400, "The batch broke off.")
        body += message.get("body", b"")
        if len(body) > MOST_BYTES:
            raise Refused(413, f"At most {MOST_BYTES} bytes in one batch.")
        if not message.get("more_body"):
            return bytes(body)


def decoded(body: bytes) -> object:
    """What the JSON says."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refused(400, "The batch is not readable as JSON.") from error
