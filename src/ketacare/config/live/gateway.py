"""The gateway: takes HL7 v2 messages over MLLP, hands their rows to the server, and acknowledges what is durable."""

import asyncio
import contextlib
import logging
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from itertools import count
from typing import Any

from ketacare.config.live.mllp import BadFrame, Limits, framed, frames
from ketacare.config.live.posting import NotTaken, Post, Result
from ketacare.interop.hl7v2 import Complaint, Header, Read, WireRow, acknowledgement, read, verdict_of

MOST_CONNECTIONS = 500
WRITE_S = 10
LONGEST_REASON = 300
CODES = {"device": "204", "key": "205"}  # what a refusal is about -> table 0357
log = logging.getLogger(__name__)


@dataclass(kw_only=True)
class Gateway:
    """One listening gateway and its figures."""

    post: Post
    zone: tzinfo = UTC
    limits: Limits = field(default_factory=Limits)
    counts: Counter[str] = field(default_factory=Counter)
    open: dict["asyncio.Task[None]", asyncio.StreamWriter] = field(default_factory=dict)
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from its first message to its last."""
        task = asyncio.current_task()
        if len(self.open) >= MOST_CONNECTIONS or task is None:
            self.counts["connections turned away"] += 1
            writer.close()
            return
        self.open[task] = writer
        self.counts["connections"] += 1
        try:
            await self._talk(reader, writer)
        except (OSError, TimeoutError):
            self.counts["connections broken"] += 1
        except Exception:
            log.exception("a connection failed")  # and is closed: what was not acknowledged comes again
        finally:
            del self.open[task]
            writer.close()
            with contextlib.suppress(OSError, TimeoutError):
                await asyncio.wait_for(writer.wait_closed(), WRITE_S)

    async def close(self) -> None:
        """End every connection; what was not acknowledged on it comes again."""
        for writer in self.open.values():
            writer.close()
        if self.open:
            await asyncio.wait(tuple(self.open), timeout=WRITE_S)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async for raw in frames(reader, self.limits):
                await self._reply(writer, await self.answer(raw))
        except BadFrame as bad:
            self.counts["bad frames"] += 1
            complaint = Complaint(code="100", says=str(bad), rejects=True)
            self.post.tell(unreadable((), [complaint], key=f"frame {next(self.numbers)}"))
            await self._reply(writer, self._acknowledged(Header(), [complaint]))

    async def _reply(self, writer: asyncio.StreamWriter, content: bytes) -> None:
        writer.write(framed(content))
        await asyncio.wait_for(writer.drain(), WRITE_S)

    async def answer(self, raw: bytes) -> bytes:
        """The acknowledgement of one message, once everything in it that can be taken is durable."""
        found = read(raw, zone=self.zone)
        complaints = list(found.complaints)
        grave = [one for one in complaints if one.severity == "E"]
        told = [unreadable(found.names, grave, key=f"message {next(self.numbers)}")] if grave else []
        if found.rows:
            complaints += await self._handed_on(found, told)
        elif told:
            self.post.tell(told[0])
        self.counts[f"answered {verdict_of(complaints)}"] += 1
        return self._acknowledged(found.header, complaints)

    async def _handed_on(self, found: Read, told: list[dict[str, Any]]) -> list[Complaint]:
        """Hand the rows on; what the server has against them."""
        rows = [row_json(row) for row in found.rows]
        try:
            results = await self.post.send(rows + told)
        except NotTaken as refusal:
            return [Complaint(code="207", says=str(refusal))]
        self.counts.update(f"rows {one['status']}" for one in results[: len(rows)])
        return [one for row, result in zip(found.rows, results, strict=False) for one in _against(row, result)]

    def _acknowledged(self, header: Header, complaints: list[Complaint]) -> bytes:
        return acknowledgement(header, complaints, at=datetime.now(UTC), control_id=f"K{next(self.numbers)}")


def row_json(row: WireRow) -> dict[str, Any]:
    """One row as the door takes it."""
    moments = {"device_time": row.device_time, "sent_at": row.sent_at}
    told = {name: at.isoformat() for name, at in moments.items() if at is not None}
    return {"key": row.key, "device": list(row.names), "values": dict(row.values), **told}


def unreadable(names: tuple[str, ...], complaints: list[Complaint], *, key: str) -> dict[str, Any]:
    """What could not be read of a message, for the page that shows staff what was refused."""
    says = [f"{one.place}: {one.says}"[:LONGEST_REASON] for one in complaints]
    return {"key": key, "device": list(names), "unreadable": says}


def _against(row: WireRow, result: Result) -> list[Complaint]:
    if result["status"] != "refused":
        return []
    return [
        Complaint(code=CODES.get(one["place"], "102"), says=one["says"], segment="OBX", number=row.number)
        for one in result["problems"]
    ]
