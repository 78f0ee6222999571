"""A recording as the rows that a bedside device would have sent: what was measured at one moment is one row."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby

from ketacare.interop.errors import BadInput
from ketacare.interop.recordings import Recording, Row
from ketacare.science.errors import Problem
from ketacare.science.monitoring.parameters import measured

READINGS = measured("reading")
OURS = {"temperature": "temp_c"}  # where a recording's name for a reading is not the session's


@dataclass(frozen=True, kw_only=True)
class Frame:
    """Everything a recording has for one moment."""

    after: timedelta  # since the recording began
    values: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class Frames:
    """A recording, checked and ready to send; ``device`` names it the same whenever it is read."""

    device: str
    frames: tuple[Frame, ...]
    not_sent: dict[str, int]  # parameters that a session does not chart, and how many values each had


def frames_of(recording: Recording) -> Frames:
    """Prepare a recording, or raise BadInput with the place of every value that no session may hold."""
    wanted = [row for row in recording.rows if name_of(row) in READINGS]
    problems = list(_problems(wanted))
    if not wanted:
        problems = [Problem(place=recording.file, says="holds nothing that a session charts")]
    if problems:
        raise BadInput(problems)
    frames = tuple(
        Frame(after=after, values={name_of(row): float(row.value) for row in rows})
        for after, rows in groupby(sorted(wanted, key=_moment), key=_moment)
    )
    not_sent = Counter(row.parameter for row in recording.rows if name_of(row) not in READINGS)
    return Frames(device=f"recording {_digest(frames)}", frames=frames, not_sent=dict(not_sent))


def name_of(row: Row) -> str:
    """The session's name for a reading."""
    return OURS.get(row.parameter, row.parameter)


def _moment(row: Row) -> timedelta:
    return row.device_time


def _problems(rows: Sequence[Row]) -> Iterator[Problem]:
    for row in rows:
        if complaint := READINGS[name_of(row)].complaint(float(row.value)):
            yield Problem(place=row.place, says=f"{row.parameter}: {complaint}")


def _digest(frames: tuple[Frame, ...]) -> str:
    return hashlib.sha256(repr(frames).encode()).hexdigest()[:16]
