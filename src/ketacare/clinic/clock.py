"""The machine's two clocks, read at one moment: the time of day, and the seconds since it started."""

import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from django.utils import timezone

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, kw_only=True)
class Moment:
    """What both clocks showed."""

    at: datetime
    boot_id: str
    boot_s: float


def _run() -> tuple[str, int | None]:
    """What names this run of the machine, with the clock that counts from its start.

    Where the machine does not say, it is a run of this process only: durations across its restart are then by the time of day.
    """
    if BOOT_ID.exists() and hasattr(time, "CLOCK_BOOTTIME"):
        return BOOT_ID.read_text(encoding="ascii").strip(), time.CLOCK_BOOTTIME
    return f"process {uuid4()}", None


RUN, CLOCK = _run()


def now() -> Moment:
    """Both clocks now. A machine that slept has counted on, where it can."""
    boot_s = time.monotonic() if CLOCK is None else time.clock_gettime(CLOCK)
    return Moment(at=timezone.now(), boot_id=RUN, boot_s=boot_s)
