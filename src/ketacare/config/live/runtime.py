"""Starts and stops what runs beside the listener, in step with it (the ASGI lifespan)."""

import asyncio
import gc
import logging
import sys
from collections.abc import Callable
from threading import Event, Thread
from wsgiref.util import setup_testing_defaults

from ketacare.config.live import messenger, watcher
from ketacare.config.live.changes import Changes
from ketacare.config.live.writer import Writer

JOIN_S = 10
WRITE_S = 60
SWITCH_S = 0.0005  # a writer back from the disk waits for the interpreter no longer than this; Python's own is 5 ms
log = logging.getLogger(__name__)


class Runtime:
    """The loops of one process."""

    def __init__(self) -> None:
        self.changes = Changes()
        self.writer = Writer()
        self.stopping = asyncio.Event()
        self._stop = Event()
        self._threads: list[Thread] = []

    def start(self, warm: Callable[[], None]) -> None:
        """Start the loops, and let the first visitor find everything loaded."""
        sys.setswitchinterval(SWITCH_S)
        loops = {
            "changes": lambda: self.changes.watch(self._stop),
            "watcher": lambda: watcher.watch(self._stop, write=self._written),
            "messenger": lambda: messenger.run(self._stop),
            "writer": self.writer.run,
        }
        for name, loop in loops.items():
            thread = Thread(target=loop, name=f"ketacare-{name}", daemon=True)
            thread.start()
            self._threads.append(thread)
        warm()
        gc.collect()
        gc.freeze()  # what is loaded by now stays: looking through it for garbage held a reading up for 30 ms

    def _written(self, store: Callable[[], object]) -> object:
        """Have the writer store something between readings, and wait for it: two that lock the database wait for each other by polling."""
        return self.writer.submit(store).result(timeout=WRITE_S)

    def close_streams(self) -> None:
        """Let every open stream end, so that the listener can."""
        self.stopping.set()

    def stop(self) -> None:
        """Stop the loops and wait for what they are in the middle of."""
        self._stop.set()
        self.writer.close()
        for thread in self._threads:
            thread.join(timeout=JOIN_S)


running = Runtime()


async def lifespan(receive: Callable, send: Callable, *, warm: Callable[[], None]) -> None:
    """Answer the listener's start and stop."""
    await receive()
    await asyncio.to_thread(running.start, warm)
    await send({"type": "lifespan.startup.complete"})
    await receive()
    running.close_streams()
    await asyncio.to_thread(running.stop)
    await send({"type": "lifespan.shutdown.complete"})


def ask_once(wsgi: Callable, path: str) -> None:
    """Have a WSGI application answer one request of our own: templates, addresses and database are loaded then."""
    environ = {"PATH_INFO": path, "HTTP_HOST": "localhost"}
    setup_testing_defaults(environ)
    statuses: list[str] = []
    reply = wsgi(environ, lambda status, headers: statuses.append(status))
    for _ in reply:
        pass
    reply.close()
    log.info("warmed up on %s: %s", path, statuses)
