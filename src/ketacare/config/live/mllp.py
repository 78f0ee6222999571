"""MLLP, the frame around each HL7 message on a connection, read with bounds: nobody holds it open, nobody fills it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

START, END = b"\x0b", b"\x1c"
BETWEEN = b"\r\n"  # what may stand between two frames
MOST_BYTES = 256 * 1024
READ_BYTES = 4096


class BadFrame(Exception):
    """What came is no frame, or no end of one: the sender is told why and the connection is closed."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How long a sender may take, and how much it may send at once."""

    idle_s: float = 600  # between two messages
    frame_s: float = 20  # from the first byte of a message to its last
    most_bytes: int = MOST_BYTES


async def frames(reader: asyncio.StreamReader, limits: Limits) -> AsyncIterator[bytes]:
    """Every message of a connection, until it is closed or goes quiet; raises BadFrame for what is none."""
    while True:
        try:
            first = await asyncio.wait_for(_first_byte(reader), limits.idle_s)
        except TimeoutError:
            return
        if not first:
            return
        if first != START:
            raise BadFrame("a message begins with the byte 0B")
        try:
            yield await asyncio.wait_for(_rest(reader, limits.most_bytes), limits.frame_s)
        except TimeoutError:
            raise BadFrame(f"the message did not end within {limits.frame_s:g} s") from None
        except asyncio.LimitOverrunError:
            raise BadFrame(f"a message holds {limits.most_bytes} bytes at most") from None
        except asyncio.IncompleteReadError:
            return  # broken off in the middle: there is nobody left to tell, and it was not acknowledged


def framed(content: bytes) -> bytes:
    """A message as it goes over the wire."""
    return START + content + END + b"\r"


async def _first_byte(reader: asyncio.StreamReader) -> bytes:
    while (byte := await reader.read(1)) and byte in BETWEEN:
        pass
    return byte


async def _rest(reader: asyncio.StreamReader, most_bytes: int) -> bytes:
    """Up to the end; a start in the middle means that the sender has begun anew."""
    content = (await reader.readuntil(END))[: -len(END)]
    if len(content) > most_bytes:
        raise asyncio.LimitOverrunError("too large", len(content))
    return content.rsplit(START, maxsplit=1)[-1]
