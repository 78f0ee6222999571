"""Short whole replies of the live addresses."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

Send = Callable[[dict[str, Any]], Awaitable[None]]
ALWAYS = [(b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]


async def reply(send: Send, status: int, body: bytes, *, content_type: str) -> None:
    """Send one reply whole."""
    headers = [(b"content-type", content_type.encode()), (b"content-length", str(len(body)).encode()), *ALWAYS]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def reply_json(send: Send, status: int, content: Mapping[str, Any]) -> None:
    await reply(send, status, json.dumps(content).encode(), content_type="application/json")
