"""ketacare watch: the clock alone, for a service that runs it apart from the web application."""

import argparse
import signal
from threading import Event, Thread

from ketacare.config.live import messenger, watcher

JOIN_S = 30  # longer than a mail server may take


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """This command takes none."""


def run(options: argparse.Namespace) -> int:
    stop = Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    print("watching", flush=True)
    letters = Thread(target=messenger.run, args=(stop,), name="ketacare-messenger", daemon=True)
    letters.start()
    watcher.watch(stop)
    letters.join(JOIN_S)
    return 0
