"""Green is earned: nothing is called live unless something was made durable a moment ago.

The watcher writes one row every second and commits it, unless readings were committed within that second: they prove the same. A write that
fails, a database that lets nobody write for LIMIT_S and a disk with hardly any room left are red at once, on every page.
"""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from ketacare.clinic.models import WriteProbe

FRESH_S = 1  # what was proved so lately needs no other proof
LIMIT_S = 10  # the database may be busy for this long, and no longer
MEGABYTE = 1_000_000


class NoRoom(Exception):
    """The disk that the database lies on is nearly full."""


@dataclass(kw_only=True)
class Saving:
    """What this process knows of writing."""

    seconds: Callable[[], float] = time.monotonic
    proved_s: float | None = field(default=None)
    stored_s: float | None = field(default=None)  # the same, by readings
    failed: bool = False
    no_room: bool = False  # on the disk: a small write that still fits proves nothing about the next

    def proved(self) -> None:
        """Something was committed."""
        self.proved_s, self.failed = self.seconds(), False

    def stored(self) -> None:
        """Readings were committed."""
        self.proved()
        self.stored_s = self.proved_s

    def has_failed(self) -> None:
        """A commit did not come about."""
        self.failed = True

    @property
    def is_unknown(self) -> bool:
        """Nothing was written yet: a process that has just begun, or one that never writes."""
        return self.proved_s is None and not self.failed and not self.no_room

    @property
    def has_just_stored(self) -> bool:
        """Whether readings were committed within the last second, so that no row need be written only to see whether one can."""
        return not self.failed and self.stored_s is not None and self.seconds() - self.stored_s < FRESH_S

    @property
    def works(self) -> bool:
        """Whether what is written now would be kept, as far as was proved."""
        return (
            not (self.failed or self.no_room)
            and self.proved_s is not None
            and self.seconds() - self.proved_s <= LIMIT_S
        )


saving = Saving()


def probe(at: datetime) -> None:
    """Write and commit one row, unless readings were committed just now; the proof counts, and so does its failure."""
    try:
        saving.no_room = not has_room()
        if saving.no_room:
            raise NoRoom(f"hardly any room is left on the database's disk: less than {settings.DISK_RESERVE_MB} MB")
        if saving.has_just_stored:
            return
        with transaction.atomic():
            WriteProbe.objects.update_or_create(pk=1, defaults={"at": at})
    except Exception:
        saving.has_failed()
        raise
    saving.proved()


def has_room() -> bool:
    """Whether the next hour would fit on the disk; of PostgreSQL's disk only its server knows."""
    if connection.vendor != "sqlite":
        return True
    left = shutil.disk_usage(Path(str(connection.settings_dict["NAME"])).parent).free
    return left >= settings.DISK_RESERVE_MB * MEGABYTE


def for_pages(request: Any) -> dict[str, object]:
    """For the base template: whether this page must warn that nothing can be saved."""
    return {"cannot_save": not saving.is_unknown and not saving.works}
