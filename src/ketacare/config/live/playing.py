"""Plays a recording into a session: at its own pace, faster, or all at once as late entries."""

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils import timezone

from ketacare.config.live.frames import Frame
from ketacare.config.live.rows import Result
from ketacare.config.live.sending import Send
from ketacare.infusion.door import Row

MOST_AT_ONCE = 200
DIGEST = 16  # letters of what a row says, in its key


@dataclass(kw_only=True)
class Report:
    """What became of the rows so far."""

    counts: Counter[str] = field(default_factory=Counter)
    refused: list[Result] = field(default_factory=list)

    def add(self, results: Sequence[Result]) -> None:
        self.counts.update(one["status"] for one in results)
        self.refused += [one for one in results if one["status"] == "refused"]


def play(
    frames: Sequence[Frame], *, began_at: datetime, speed: float, send: Send, told: Callable[[Report], None]
) -> Report:
    """Send each row when its time has come; ``at`` is when it was first sent, its own time travels along."""
    report, started = Report(), time.monotonic()
    waiting = list(frames)
    first = waiting[0].after if waiting else None
    while waiting:
        due_in = (waiting[0].after - first).total_seconds() / speed - (time.monotonic() - started)
        if due_in > 0:
            time.sleep(due_in)
        elapsed = (time.monotonic() - started) * speed
        due = [one for one in waiting[:MOST_AT_ONCE] if (one.after - first).total_seconds() <= elapsed] or waiting[:1]
        del waiting[: len(due)]
        report.add(send([row_of(one, at=timezone.now(), began_at=began_at) for one in due]))
        told(report)
    return report


def backfill(frames: Sequence[Frame], *, began_at: datetime, send: Send, told: Callable[[Report], None]) -> Report:
    """Post everything as late entries at the recording's own times."""
    report = Report()
    for some in in_batches(frames):
        report.add(send([row_of(one, at=began_at + one.after, began_at=began_at) for one in some]))
        told(report)
    return report


def in_batches(frames: Sequence[Frame]) -> Iterator[Sequence[Frame]]:
    for start in range(0, len(frames), MOST_AT_ONCE):
        yield frames[start : start + MOST_AT_ONCE]


def row_of(frame: Frame, *, at: datetime, began_at: datetime) -> Row:
    """One moment of the recording as a row."""
    own = began_at + frame.after
    words = repr(sorted(frame.values.items()))
    return Row(
        at=at,
        values=frame.values,
        device_time=own.isoformat(),
        place=f"{frame.after.total_seconds():g} s",
        key=f"{own.isoformat()} {hashlib.sha256(words.encode()).hexdigest()[:DIGEST]}",
        at_is_told=False,
    )
