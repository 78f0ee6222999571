"""Ways to hand rows to the door: straight into the database, or over HTTP to a server that may fall over meanwhile."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from ketacare.clinic.actor import Actor
from ketacare.clinic.errors import ActionRefused
from ketacare.config.live.rows import Result, outcome_json
from ketacare.infusion import actions
from ketacare.infusion.door import Batch, Row

GIVE_UP_S = 120
WAIT_S = 0.2
LONGEST_WAIT_S = 5
REPLY_S = 30
TRY_AGAIN = {502, 503, 504}
Send = Callable[[Sequence[Row]], list[Result]]


@dataclass(frozen=True, kw_only=True)
class Direct:
    """Hands rows to the action itself."""

    session_id: int
    device: str
    by: Actor

    def __call__(self, rows: Sequence[Row]) -> list[Result]:
        batch = Batch(rows=rows, source="device", device=self.device)
        done = actions.record_readings(session_id=self.session_id, batch=batch, by=self.by, at=timezone.now())
        return [outcome_json(one) for one in done]


@dataclass(frozen=True, kw_only=True)
class OverHttp:
    """Posts rows to a running server, the same again and again until it says what became of them."""

    url: str
    token: str
    session_id: int

    def __call__(self, rows: Sequence[Row]) -> list[Result]:
        body = json.dumps({"rows": [row_json(self.session_id, row) for row in rows]}).encode()
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}
        address = f"{self.url.rstrip('/')}/door/readings"
        if not address.startswith(("http://", "https://")):
            raise ActionRefused("server", ["The server's address begins with http:// or https://."])
        request = urllib.request.Request(address, data=body, headers=headers)  # noqa: S310  (checked above)
        return list(answered(request)["rows"])


def answered(request: urllib.request.Request) -> dict[str, Any]:
    """The server's answer. One that is not there or not ready is asked again; nothing counts as sent before it answers."""
    deadline, wait = time.monotonic() + GIVE_UP_S, WAIT_S
    while True:
        try:
            with urllib.request.urlopen(request, timeout=REPLY_S) as reply:  # noqa: S310  # an address the operator gave
                return json.load(reply)
        except urllib.error.HTTPError as error:
            if error.code not in TRY_AGAIN:
                raise ActionRefused("door", [said(error)]) from error
        except (OSError, ValueError):
            pass
        if time.monotonic() > deadline:
            raise ActionRefused(
                "no-server", [f"The server has not answered for {GIVE_UP_S} s; the last rows were not acknowledged."]
            )
        time.sleep(wait)
        wait = min(2 * wait, LONGEST_WAIT_S)


def said(error: urllib.error.HTTPError) -> str:
    """What the door said against a batch."""
    try:
        reply = json.load(error)
    except ValueError:
        return f"The server answered {error.code}."
    problems = [one if isinstance(one, str) else f"{one['place']}: {one['says']}" for one in reply.get("problems", [])]
    return " ".join([reply.get("error", f"The server answered {error.code}."), *problems])


def row_json(session_id: int, row: Row) -> dict[str, Any]:
    """One row as the door takes it."""
    return {
        "session": session_id,
        "key": row.key,
        "at": row.at.isoformat(),
        "values": dict(row.values),
        "device_time": row.device_time,
    }
