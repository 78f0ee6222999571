"""Reads a live stream as a browser would: messages, their ids, and coming back with the last one."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from tests.serving import Served


@dataclass(frozen=True, kw_only=True)
class Message:
    """One server-sent event."""

    name: str
    id: str
    data: dict[str, Any]


def messages(
    server: Served,
    cookies: dict[str, str],
    *,
    ids: list[int],
    last_id: str = "",
    after: str = "",
    page: str = "session",
) -> Iterator[Message]:
    """Open a stream and yield what it says until it ends; closing the generator hangs up."""
    address = f"{server.url}/live/sessions?ids={','.join(map(str, ids))}&after={after}&page={page}"
    headers = {"Last-Event-ID": last_id} if last_id else {}
    with (
        httpx.Client(cookies=cookies, timeout=30, trust_env=False) as client,
        client.stream("GET", address, headers=headers) as reply,
    ):
        assert reply.status_code == 200, reply.read()
        fields: dict[str, str] = {}
        for line in reply.iter_lines():
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
            elif "event" in fields:
                yield Message(name=fields["event"], id=fields.get("id", ""), data=json.loads(fields["data"]))
                fields = {}
            else:
                fields = {}


def rows(found: list[Message], session: int) -> list[int]:
    """The numbers of a session's rows, in the order they came."""
    changes = [one.data for one in found if one.name == "session" and one.data["session"] == session]
    return [row["seq"] for change in changes for row in change["rows"]]
