"""The one reader of a process that notices that the database has changed, and tells everybody who listens."""

import logging
import time
from collections.abc import Callable, Iterator
from threading import Event

from django.db import DatabaseError, connection

from ketacare.infusion.timeline import CHANNEL

POLL_S = 0.1
FALLBACK_S = 1  # a PostgreSQL notification that got lost is made up for after this long
log = logging.getLogger(__name__)


class Changes:
    """Calls every listener, from a thread of its own, whenever somebody has committed."""

    def __init__(self) -> None:
        self._listeners: set[Callable[[], None]] = set()

    def listen(self, listener: Callable[[], None]) -> None:
        self._listeners.add(listener)

    def forget(self, listener: Callable[[], None]) -> None:
        self._listeners.discard(listener)

    def watch(self, stop: Event) -> None:
        """Wait for changes until told to stop. A lost connection is made anew; nobody misses more than the wait."""
        noticed = {"sqlite": _noticed_on_sqlite, "postgresql": _noticed_on_postgres}[connection.vendor]
        while not stop.is_set():
            try:
                for _ in noticed(stop):
                    self.tell()
            except DatabaseError:
                log.exception("the reader of changes lost its connection")
                time.sleep(FALLBACK_S)
            finally:
                connection.close()

    def tell(self) -> None:
        for listener in tuple(self._listeners):
            listener()


def _noticed_on_sqlite(stop: Event) -> Iterator[None]:
    """``data_version`` of a connection that never writes changes when any other connection commits."""
    before = None
    with connection.cursor() as cursor:
        while not stop.wait(POLL_S):
            (version,) = cursor.execute("PRAGMA data_version").fetchone()
            if version != before:
                before = version
                yield


def _noticed_on_postgres(stop: Event) -> Iterator[None]:
    """The timeline's writer notifies in its transaction; the time-out is the fallback."""
    connection.ensure_connection()
    postgres = connection.connection
    postgres.execute(f"LISTEN {CHANNEL}")
    while not stop.is_set():
        for _ in postgres.notifies(timeout=FALLBACK_S, stop_after=1):
            pass
        yield
